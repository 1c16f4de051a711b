// Lists of documents of one kind: of a customer, or of all of them, in two steps (queries.h of
// common/projection, kit/list.h).
//
// Which documents a part looks at, by what is asked:
//   a field that an index knows (reference, number, external id): those of that value
//   a customer: theirs
//   an order that has an index: in that order, at most projection::kMostLooked
//   else: all of the partition, of which it keeps a page
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/document_number.h"
#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/list.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/two_clocks.h"
#include "daybook/internal/documents/v1/parts.pb.h"
#include "projections/documents/kinds.h"

namespace daybook::documents {

inline constexpr int kDefaultPage = 50;
inline constexpr int kLargestPage = 1'000;

struct Order {
  size_t field = 0;  // of the kind's Orders
  store::Direction direction = store::Direction::kForward;

  // Whether `a` comes behind `b`.
  bool Behind(std::string_view a, std::string_view b) const {
    return direction == store::Direction::kForward ? a > b : a < b;
  }
};

// `order_by` of a request, or the kind's own; errors are plain INVALID_ARGUMENT, to stand beside
// the field's name.
absl::StatusOr<Order> OrderOf(std::string_view order_by, std::string_view default_order,
                              absl::Span<const OrderField> fields);

// A list that is asked for.
template <class Kind>
struct Listing {
  std::string customer_id;  // empty = all
  projection::Filter filter;
  Order order;
  size_t page_size = kDefaultPage;
  bool full = false;
  std::string after;  // key of the last that was looked at; empty = from the beginning
  std::function<bool(const Document<Kind>&)> also = nullptr;  // beside the filter
  absl::Time deadline;
};

// Reads one partition into a part.
template <class Kind>
class PartReader {
 public:
  using ListPart = projection::ListPart;

  PartReader(const Listing<Kind>& listing, projection::TwoClocks clocks, const store::View& view,
             ListPart* part)
      : listing_(listing),
        clocks_(std::move(clocks)),
        view_(view),
        part_(*part),
        deadline_(listing.deadline, kDocumentsPerDeadline) {}

  absl::Status Read() {
    const OrderField& order = Kind::Orders()[listing_.order.field];
    for (const Pin& pin : Kind::Pins()) {
      const std::string* value = listing_.filter.PinnedText(pin.field);
      if (value != nullptr) return ReadPinned(pin, *value);
    }
    if (!listing_.customer_id.empty()) {
      std::string prefix;
      store::AppendText(&prefix, listing_.customer_id);
      return ReadAll(prefix);
    }
    return order.index == 0 ? ReadAll("") : ReadOrdered(order);
  }

 private:
  static constexpr int kDocumentsPerDeadline = 256;
  using Kept = std::pair<std::string, std::unique_ptr<Document<Kind>>>;

  // Whether the document of this row is there and wanted; its place in the order.
  absl::StatusOr<bool> Consider(Document<Kind>& document, std::string* key) {
    const Clocks clocks{clocks_.day.In(document.row.time_zone()), clocks_.read_us};
    ASSIGN_OR_RETURN(const bool there, Kind::Stand(view_, clocks, &document));
    if (!there) return false;
    if (!listing_.filter.Matches([&](size_t field) { return Kind::ValueOf(document, field); })) {
      return false;
    }
    if (listing_.also != nullptr && !listing_.also(document)) return false;
    key->clear();
    Kind::AppendOrder(listing_.order.field, document, key);
    AppendDocument(document.customer_id, document.id, key);
    return true;
  }

  // Keeps it if it may stand on the page.
  absl::Status Keep(std::unique_ptr<Document<Kind>>& document) {
    RETURN_IF_ERROR(deadline_.Check());
    std::string key;
    ASSIGN_OR_RETURN(const bool wanted, Consider(*document, &key));
    if (!wanted || (!listing_.after.empty() && !listing_.order.Behind(key, listing_.after))) {
      return absl::OkStatus();
    }
    kept_.emplace_back(std::move(key), std::move(document));
    document = std::make_unique<Document<Kind>>();
    if (kept_.size() > 4 * listing_.page_size + 1'000) Prune();
    return absl::OkStatus();
  }

  // Leaves those of one page and one more.
  void Prune() {
    const size_t most = listing_.page_size + 1;
    if (kept_.size() <= most) return;
    std::nth_element(kept_.begin(), kept_.begin() + static_cast<ptrdiff_t>(most), kept_.end(),
                     [this](const Kept& a, const Kept& b) { return Before(a, b); });
    kept_.resize(most);
  }
  bool Before(const Kept& a, const Kept& b) const {
    return listing_.order.Behind(b.first, a.first);
  }

  absl::Status Finish() {
    Prune();
    std::sort(kept_.begin(), kept_.end(),
              [this](const Kept& a, const Kept& b) { return Before(a, b); });
    std::string last;
    for (const auto& [key, document] : kept_) {
      if (Full()) {
        part_.set_frontier(last);
        break;
      }
      RETURN_IF_ERROR(Tell(key, *document));
      last = key;
    }
    return absl::OkStatus();
  }

  bool Full() const { return told_ == listing_.page_size || bytes_ >= projection::kMostBytes; }

  absl::Status Tell(std::string_view key, const Document<Kind>& document) {
    typename Kind::Message message;
    RETURN_IF_ERROR(Kind::Describe(view_, document, listing_.full, &message));
    auto& row = *part_.add_rows();
    row.set_key(std::string(key));
    message.SerializeToString(row.mutable_row());
    bytes_ += row.row().size();
    ++told_;
    return absl::OkStatus();
  }

  // Reads the row of a document that an index names.
  absl::Status Load(KeyPart part, std::string_view key, Document<Kind>* document) {
    std::string of_document;
    bool found = TakeDocument(part, key, &document->customer_id, &document->id);
    if (found) {
      AppendDocument(document->customer_id, document->id, &of_document);
      ASSIGN_OR_RETURN(found, view_.Read(Kind::kTable, of_document, &document->row));
    }
    return found ? absl::OkStatus() : projection::Malformed(Kind::kTable.name);
  }

  absl::Status ReadPinned(const Pin& pin, const std::string& value) {
    std::string prefix;
    if (pin.part == KeyPart::kNumber) {
      const auto number = ParseNumber(value);
      if (!number) return absl::OkStatus();  // no document bears that
      AppendDocumentNumber(*number, &prefix);
    } else {
      store::AppendText(&prefix, value);
    }
    if (!listing_.customer_id.empty()) store::AppendText(&prefix, listing_.customer_id);
    auto document = std::make_unique<Document<Kind>>();
    absl::Status status;
    RETURN_IF_ERROR(view_.Scan(pin.index, prefix, [&](std::string_view key, std::string_view) {
      status = Load(pin.part, key, document.get());
      if (status.ok()) status = Keep(document);
      return status.ok();
    }));
    RETURN_IF_ERROR(status);
    return Finish();
  }

  absl::Status ReadAll(const std::string& prefix) {
    auto document = std::make_unique<Document<Kind>>();
    absl::Status status;
    RETURN_IF_ERROR(
        view_.Scan(Kind::kTable.id, prefix, [&](std::string_view key, std::string_view bytes) {
          status = TakeDocument(KeyPart::kNothing, key, &document->customer_id, &document->id)
                       ? projection::ParseRow(Kind::kTable, bytes, &document->row)
                       : projection::Malformed(Kind::kTable.name);
          if (status.ok()) status = Keep(document);
          return status.ok();
        }));
    RETURN_IF_ERROR(status);
    return Finish();
  }

  // A document may stand under keys that it has no more, or not yet, at the clocks: it is shown at
  // the one that it has.
  absl::Status ReadOrdered(const OrderField& order) {
    const auto cursor = view_.NewCursor(order.index, listing_.order.direction, listing_.after);
    Document<Kind> document;
    std::string key, last;
    for (int looked = 0; cursor->valid(); cursor->Next(), ++looked) {
      if (Full() || looked == projection::kMostLooked) {
        part_.set_frontier(last);
        break;
      }
      RETURN_IF_ERROR(deadline_.Check());
      last = cursor->key();
      RETURN_IF_ERROR(Load(order.part, last, &document));
      ASSIGN_OR_RETURN(const bool wanted, Consider(document, &key));
      if (wanted && key == last) RETURN_IF_ERROR(Tell(key, document));
    }
    return cursor->status();
  }

  const Listing<Kind>& listing_;
  projection::TwoClocks clocks_;
  const store::View& view_;
  ListPart& part_;
  projection::DeadlineEvery deadline_;
  std::vector<Kept> kept_;
  size_t told_ = 0, bytes_ = 0;
};

}  // namespace daybook::documents
