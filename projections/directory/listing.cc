#include "projections/directory/listing.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "projections/directory/rows.h"

namespace daybook::directory {
namespace {

using projection::FilterField;
using projection::FilterType;
using projection::FilterValue;

// In the order of ValueOf.
constexpr FilterField kFields[] = {
    {"customer_id", FilterType::kText},
    {"display_name", FilterType::kText},
    {"kind", FilterType::kEnum, &customer::v1::CustomerKind_descriptor},
    {"state", FilterType::kEnum, &customer::v1::CustomerState_descriptor},
    {"region_code", FilterType::kText},
    {"language_code", FilterType::kText},
    {"industry.code", FilterType::kText},
    {"industry.label", FilterType::kText},
    {"size_band", FilterType::kEnum, &customer::v1::SizeBand_descriptor},
    {"registered_date", FilterType::kDate},
};

FilterValue Text(const std::string& text) { return {.present = !text.empty(), .text = text}; }
FilterValue Number(int64_t number) { return {.present = number != 0, .number = number}; }

FilterValue ValueOf(const rows::ListRow& row, size_t field) {
  switch (field) {
    case 0:
      return Text(row.customer_id());
    case 1:
      return Text(row.display_name());
    case 2:
      return Number(row.kind());
    case 3:
      return Number(row.state());
    case 4:
      return Text(row.region_code());
    case 5:
      return Text(row.language_code());
    case 6:
      return Text(row.industry().code());
    case 7:
      return Text(row.industry().label());
    case 8:
      return Number(row.size_band());
    default:
      return {.number = row.registered_day()};
  }
}

}  // namespace

absl::StatusOr<Order> OrderOf(std::string_view order_by) {
  constexpr std::string_view kDescending = " desc";
  auto direction = store::Direction::kForward;
  if (order_by.ends_with(kDescending)) {
    direction = store::Direction::kBackward;
    order_by.remove_suffix(kDescending.size());
    while (order_by.ends_with(' ')) order_by.remove_suffix(1);
    if (order_by.empty()) return absl::InvalidArgumentError("names no field before desc");
  }
  if (order_by.empty() || order_by == "customer_id") return Order{kById, direction};
  if (order_by == "display_name") return Order{kByName, direction};
  if (order_by == "registered_date") return Order{kByDay, direction};
  return absl::InvalidArgumentError(
      "is none of customer_id, display_name, registered_date, nor one of them with ' desc'");
}

absl::StatusOr<projection::Filter> FilterOf(std::string_view filter) {
  return projection::Filter::Parse(filter, kFields);
}

bool Matches(const projection::Filter& filter, const rows::ListRow& row) {
  return filter.Matches([&](size_t field) { return ValueOf(row, field); });
}

}  // namespace daybook::directory
