// The state of a stream in parts, one for each book, of which memory holds those that were asked
// for.
//
// Which parts there can be is read from a descriptor: the fields of internal.book.v1.State, each of
// the message that its book folds events into. A part is known by the type of that message. One
// that memory does not hold is not there at all: to ask for it stops the program, and no decision
// takes a customer's invoices for none because nobody loaded them.
//
// Concurrency: what the fields are, from any thread; Parts as a value.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "common/base/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::command {

// Books that can have a part; and the numbers of their fields, which end the keys of rows.
inline constexpr size_t kMaxParts = 32;
inline constexpr int kMaxPartNumber = 255;

// A field of State. Its index is its place among the fields, below PartCount().
struct PartField {
  int number = 0;
  const google::protobuf::Message* prototype = nullptr;
};
size_t PartCount();
const PartField& PartAt(size_t index);
// nullopt: State has no field of that type.
std::optional<size_t> FindPart(const google::protobuf::Descriptor& type);

namespace detail {
// What is looked up stays in `index`, which is -1 before.
size_t LookUpPart(const google::protobuf::Descriptor& type, std::atomic<int>* index);
template <class Part>
inline constinit std::atomic<int> index_of_part{-1};
}  // namespace detail

// There must be one; Books() has seen to it for what domains name.
template <class Part>
size_t IndexOfPart() {
  const int index = detail::index_of_part<Part>.load(std::memory_order_relaxed);
  if (index >= 0) return static_cast<size_t>(index);
  return detail::LookUpPart(*Part::descriptor(), &detail::index_of_part<Part>);
}

class PartSet {
 public:
  constexpr PartSet() = default;
  static PartSet All() { return PartSet(static_cast<uint32_t>((uint64_t{1} << PartCount()) - 1)); }
  static constexpr PartSet Of(size_t index) { return PartSet(uint32_t{1} << index); }
  template <class... Parts>
  static PartSet Of() {
    return (PartSet() | ... | Of(IndexOfPart<Parts>()));
  }

  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool Has(size_t index) const { return (bits_ >> index & 1) != 0; }
  constexpr bool HasAll(PartSet other) const { return (other.bits_ & ~bits_) == 0; }
  constexpr PartSet operator|(PartSet other) const { return PartSet(bits_ | other.bits_); }
  constexpr PartSet& operator|=(PartSet other) { return *this = *this | other; }
  constexpr PartSet Without(PartSet other) const { return PartSet(bits_ & ~other.bits_); }
  friend constexpr bool operator==(PartSet, PartSet) = default;
  // Calls `each` with every index, in ascending order.
  template <class Each>
  constexpr void ForEach(Each each) const {
    for (uint32_t rest = bits_; rest != 0; rest &= rest - 1) {
      each(static_cast<size_t>(std::countr_zero(rest)));
    }
  }

 private:
  explicit constexpr PartSet(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;
};

// The parts of one stream that are in memory.
class Parts {
 public:
  // Holds none.
  Parts() : all_(PartCount()) {}
  // Holds all, empty: a stream that was never heard of.
  static Parts Empty();

  PartSet held() const { return held_; }
  // Those that Edit was called for since the last call of SetUnedited.
  PartSet edited() const { return edited_; }
  void SetUnedited() { edited_ = PartSet(); }
  // One that is held; else the program stops.
  template <class Part>
  const Part& Get() const {
    return static_cast<const Part&>(At(IndexOfPart<Part>()));
  }
  template <class Part>
  Part& Edit() {
    const size_t index = IndexOfPart<Part>();
    google::protobuf::Message* const part = all_[index].get();
    DAYBOOK_CHECK(part != nullptr);
    edited_ |= PartSet::Of(index);
    return static_cast<Part&>(*part);
  }
  const google::protobuf::Message& At(size_t index) const {
    const google::protobuf::Message* const part = all_[index].get();
    DAYBOOK_CHECK(part != nullptr);
    return *part;
  }
  // Holds the part from now on, empty.
  google::protobuf::Message& Add(size_t index);
  // Holds it no more.
  void Remove(size_t index);
  // These of it, which must be held.
  Parts CopyOf(PartSet which) const;

 private:
  // More books than the few that are at hand take memory of their own.
  absl::InlinedVector<std::unique_ptr<google::protobuf::Message>, 3> all_;
  PartSet held_, edited_;
};

}  // namespace daybook::command
