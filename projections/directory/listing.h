// What a list of customers is asked for: order and filter.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "common/projection/kit/filter.h"
#include "common/store/store.h"
#include "projections/directory/rows.h"

namespace daybook::directory {

struct Order {
  store::Table<rows::ListRow> table;
  store::Direction direction;
};

// `order_by` of a request; errors are plain INVALID_ARGUMENT, to stand beside the field's name.
absl::StatusOr<Order> OrderOf(std::string_view order_by);

// The filter of a request; the same.
absl::StatusOr<projection::Filter> FilterOf(std::string_view filter);

bool Matches(const projection::Filter& filter, const rows::ListRow& row);

}  // namespace daybook::directory
