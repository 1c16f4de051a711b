// What the folds of standing.h have in common: the entries that count, and what stands between
// documents.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/base/text.h"
#include "common/base/wrapping.h"
#include "projections/documents/standing.h"

namespace daybook::documents {

using Entries = google::protobuf::RepeatedPtrField<rows::Entry>;

// Calls `each` with the entries that count, in the order of record, and the days from which they
// do. `day_of` says the day of an entry.
template <class DayOf, class Each>
void ForEachThatCounts(const Entries& entries, const Clocks& clocks, Newest* newest, DayOf&& day_of,
                       const Each& each) {
  for (int i = 0; i < entries.size(); ++i) {
    const rows::Entry& entry = entries[i];
    if (entry.recorded_us() > clocks.read_us) return;
    const int32_t day = day_of(i);
    if (day > clocks.day) continue;
    *newest = {day, entry.recorded_us()};
    each(entry, day);
  }
}
template <class Each>
void ForEachThatCounts(const Entries& entries, const Clocks& clocks, Newest* newest,
                       const Each& each) {
  ForEachThatCounts(entries, clocks, newest, [&](int i) { return entries[i].day(); }, each);
}

// Money between a document and others, by the other one.
class Stands {
 public:
  explicit Stands(std::vector<Stand>& all) : all_(all) { all_.clear(); }

  void Add(const rows::Entry& entry, int64_t amount_minor, int32_t day) {
    Stand& stand = Find(entry.other_id());
    stand.amount_minor = Plus(stand.amount_minor, amount_minor);
    stand.credit_note = entry.code() != 0;
    if (entry.kind() == rows::ENTRY_KIND_PUT) stand.day = day;
  }
  // What stood there.
  int64_t End(const rows::Entry& entry) {
    return std::exchange(Find(entry.other_id()).amount_minor, 0);
  }

  void Clear() {
    all_.clear();
    places_.clear();
    indexed_ = 0;
  }
  // Leaves out where nothing stands.
  void Finish() {
    std::erase_if(all_, [](const Stand& stand) { return stand.amount_minor == 0; });
  }

 private:
  Stand& Find(std::string_view id) {
    constexpr size_t kFew = 16;
    if (all_.size() <= kFew) {
      for (Stand& stand : all_) {
        if (stand.other_id == id) return stand;
      }
    } else {
      for (; indexed_ < all_.size(); ++indexed_) {
        places_.emplace(ToAbsl(all_[indexed_].other_id), indexed_);
      }
      const auto it = places_.find(ToAbsl(id));
      if (it != places_.end()) return all_[it->second];
    }
    return all_.emplace_back(Stand{.other_id = id});
  }

  std::vector<Stand>& all_;
  absl::flat_hash_map<absl::string_view, size_t> places_;
  size_t indexed_ = 0;
};

}  // namespace daybook::documents
