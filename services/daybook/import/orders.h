// Orders out of a CSV file.
//
//   ASSIGN_OR_RETURN(OrderFile file, ParseOrders(content, *Currency::Find("USD"), {}));
//   for (const BadRow& bad : file.bad_rows) ...
//
// Columns, in any case and order; others are passed over:
//   customer_id, order_date, amount   needed; an amount below zero is a return
//   order_id      the order's own name; without it rows are told apart by what they say. Of a
//                 return: the order that it is of, or empty
//   quantity      1 if there is no such column
//   due_date      empty: at once
//   paid_date     empty: not paid; without the column an order is paid on its day
//   name, email, region   of the customer: the first that the file says
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "services/daybook/import/order_format.h"

namespace daybook {

struct Order {
  std::string customer_id;
  std::string order_id;  // empty: the file does not say. Of a return: of the order that comes back
  absl::CivilDay date;
  std::optional<absl::CivilDay> due_date, paid_date;
  std::string quantity;      // canonical decimal, positive: `2`, `0.5`
  int64_t amount_minor = 0;  // of the file's currency; below zero: a return
  int64_t line = 0;
  // 0 for the first row that says this of this customer in the file, then 1, 2, ...: rows that look
  // alike are different orders. Of rows with an order id always 0, returns aside.
  int occurrence = 0;
  // Of a return: the order that it is taken off, its place in OrderFile::orders.
  size_t returned = 0;

  bool is_return() const { return amount_minor < 0; }
};

struct CustomerProfile {
  std::string name, email, region;
};

struct BadRow {
  int64_t line = 0;
  std::string reason;
};

// A row that says again what a row of the same order id has said.
struct RepeatedRow {
  int64_t line = 0;
  int64_t first_line = 0;  // of the row that said it
};

struct OrderFile {
  std::vector<Order> orders;  // as in the file
  std::vector<BadRow> bad_rows;
  std::vector<RepeatedRow> repeated_rows;
  std::map<std::string, CustomerProfile> customers;  // by id; those with something to say
  bool has_order_ids = false;                        // there is such a column
};

struct OrderReading {
  OrderFormat format = {};
  // Years before 1900 and days after this one are typing errors.
  absl::CivilDay last_day = absl::CivilDay(9999, 12, 31);
  // Amounts of more than this, either way, are typing errors as well; minor units.
  int64_t max_amount_minor = std::numeric_limits<int64_t>::max();
};

// Reads a whole file. INVALID_ARGUMENT if it is not UTF-8, or a column is missing or named twice;
// bad rows do not stop it: what cannot be read, an order id that comes again with other content, a
// return whose order is not in this file or has less left.
absl::StatusOr<OrderFile> ParseOrders(std::string_view content, const Currency& currency,
                                      const OrderReading& reading = {});

}  // namespace daybook
