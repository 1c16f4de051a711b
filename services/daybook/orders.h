// Orders out of a CSV file with columns customer_id, order_date, quantity, amount.
//
//   ASSIGN_OR_RETURN(OrderFile file, ParseOrders(content, *Currency::Find("USD")));
//   for (const BadRow& bad : file.bad_rows) ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"

namespace daybook {

struct Order {
  std::string customer_id;
  absl::CivilDay date;
  std::string quantity;      // canonical decimal: `2`, `0.5`
  int64_t amount_minor = 0;  // of the file's currency; not negative
  int64_t line = 0;
  // 0 for the first row of this customer, date, quantity and amount in the file, then 1, 2, ...:
  // rows that look alike are different orders.
  int occurrence = 0;
};

struct BadRow {
  int64_t line = 0;
  std::string reason;
};

struct OrderFile {
  std::vector<Order> orders;  // as in the file
  std::vector<BadRow> bad_rows;
};

// Reads a whole file. INVALID_ARGUMENT if a column is missing or named twice; bad rows do not stop
// it. Header names in any case and order; other columns are passed over.
absl::StatusOr<OrderFile> ParseOrders(std::string_view content, const Currency& currency);

// `1997-01-31` or `19970131`; a day that exists.
absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text);

}  // namespace daybook
