#include "projections/documents/pages.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "daybook/internal/documents/v1/rows.pb.h"

namespace daybook::documents {

absl::StatusOr<Order> OrderOf(std::string_view order_by, std::string_view default_order,
                              absl::Span<const OrderField> fields) {
  constexpr std::string_view kDescending = " desc";
  if (order_by.empty()) order_by = default_order;
  Order order;
  if (order_by.ends_with(kDescending)) {
    order.direction = store::Direction::kBackward;
    order_by.remove_suffix(kDescending.size());
    while (order_by.ends_with(' ')) order_by.remove_suffix(1);
    if (order_by.empty()) return absl::InvalidArgumentError("names no field before desc");
  }
  std::string known;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == order_by) {
      order.field = i;
      return order;
    }
    absl::StrAppend(&known, known.empty() ? "" : ", ", ToAbsl(fields[i].name));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("is none of ", known, ", nor one of them with ' desc'"));
}

absl::StatusOr<PageAsked> PageAskedBy(const google::protobuf::Message& request,
                                      const std::string& page_token, absl::Time now) {
  ASSIGN_OR_RETURN(const std::string bytes, projection::AfterOf(request, page_token));
  if (bytes.empty()) return PageAsked{now, projection::kEverything, {}};
  rows::PageToken token;
  if (!token.ParseFromString(bytes) || token.after().empty() || token.read_us() < 0 ||
      token.now_us() < 0) {
    return projection::PageTokenMalformed();
  }
  return PageAsked{absl::FromUnixMicros(token.now_us()), token.read_us(), token.after()};
}

std::string TokenOf(const google::protobuf::Message& request, int64_t now_us, int64_t read_us,
                    const std::string& after) {
  rows::PageToken token;
  token.set_now_us(now_us);
  token.set_read_us(read_us);
  token.set_after(after);
  return projection::PageTokenFor(request, token.SerializeAsString());
}

void AddToPart(const Order& order, size_t page_size, projection::ListPart one,
               projection::ListPart* all) {
  const auto behind = [&](const auto& a, const auto& b) { return order.Behind(a.key(), b.key()); };
  if (!one.frontier().empty() &&
      (all->frontier().empty() || order.Behind(all->frontier(), one.frontier()))) {
    all->set_frontier(one.frontier());
  }
  for (auto& row : *one.mutable_rows()) *all->add_rows() = std::move(row);
  auto& rows = *all->mutable_rows();
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return behind(b, a); });
  if (rows.size() > static_cast<int>(page_size)) {
    rows.DeleteSubrange(static_cast<int>(page_size), rows.size() - static_cast<int>(page_size));
    const std::string& last = rows[rows.size() - 1].key();
    if (all->frontier().empty() || order.Behind(all->frontier(), last)) all->set_frontier(last);
  }
}

}  // namespace daybook::documents
