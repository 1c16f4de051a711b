#include "services/daybook/orders.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/daybook/csv.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

constexpr const char* kColumns[] = {"customer_id", "order_date", "quantity", "amount"};

absl::Status Invalid(const std::string& why) { return absl::InvalidArgumentError(why); }

std::string Trimmed(std::string_view text) {
  return std::string(absl::StripAsciiWhitespace(ToAbsl(text)));
}

bool AllDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Which field of a row holds which of kColumns.
absl::StatusOr<std::vector<size_t>> FindColumns(const CsvRow& header) {
  if (!header.problem.empty()) return Invalid(Cat("line ", header.line, ": ", header.problem));
  std::vector<size_t> places;
  for (const char* column : kColumns) {
    std::vector<size_t> found;
    for (size_t i = 0; i < header.fields.size(); ++i) {
      if (absl::AsciiStrToLower(Trimmed(header.fields[i])) == column) found.push_back(i);
    }
    if (found.size() != 1) {
      return Invalid(Cat("line ", header.line, ": column '", column, "' is ",
                         found.empty() ? "missing" : "there more than once",
                         "; the header must name ", absl::StrJoin(kColumns, ", "),
                         ", with commas between"));
    }
    places.push_back(found[0]);
  }
  return places;
}

// The message of a status, after the name of what it is about.
absl::Status About(std::string_view column, const absl::Status& status) {
  return Invalid(Cat(column, ": ", status.message()));
}

// How a file spells an id, white space around it and accents apart from their letters, is its
// maker's doing.
absl::StatusOr<std::string> ParseCustomerId(std::string_view text) {
  RETURN_IF_ERROR(CheckText(text, text.size()));
  const std::string id = Trim(text);
  RETURN_IF_ERROR(CheckId(id, command::kMaxCustomerIdCharacters));
  return id;
}

absl::StatusOr<int64_t> ParseAmount(std::string_view text, const Currency& currency) {
  ASSIGN_OR_RETURN(const Decimal major, Decimal::Parse(text));
  ASSIGN_OR_RETURN(const int64_t minor, ToMinor(major, currency));
  if (major < Decimal()) return Invalid("must not be negative");
  if (ToMajor(minor, currency) != major) {
    return Invalid(Cat("finer than the smallest unit of ", currency.code()));
  }
  return minor;
}

absl::StatusOr<Order> ParseOrder(const CsvRow& row, const std::vector<size_t>& places,
                                 size_t columns, const Currency& currency) {
  if (!row.problem.empty()) return Invalid(row.problem);
  if (row.fields.size() != columns) {
    return Invalid(Cat(row.fields.size(), " fields where the header has ", columns));
  }
  Order order;
  order.line = row.line;
  const auto id = ParseCustomerId(row.fields[places[0]]);
  if (!id.ok()) return About("customer_id", id.status());
  order.customer_id = *id;
  const auto date = ParseDay(Trimmed(row.fields[places[1]]));
  if (!date.ok()) return About("order_date", date.status());
  order.date = *date;
  const auto quantity = Decimal::Parse(Trimmed(row.fields[places[2]]));
  if (!quantity.ok()) return About("quantity", quantity.status());
  if (*quantity <= Decimal()) return Invalid("quantity: must be more than 0");
  order.quantity = quantity->ToString();
  const auto amount = ParseAmount(Trimmed(row.fields[places[3]]), currency);
  if (!amount.ok()) return About("amount", amount.status());
  order.amount_minor = *amount;
  return order;
}

}  // namespace

absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text) {
  std::string digits(text);
  if (digits.size() == 10 && digits[4] == '-' && digits[7] == '-') {
    digits = digits.substr(0, 4) + digits.substr(5, 2) + digits.substr(8, 2);
  }
  int number = 0;
  if (digits.size() == 8 && AllDigits(digits) && absl::SimpleAtoi(digits, &number)) {
    const int year = number / 10000, month = number / 100 % 100, day = number % 100;
    const absl::CivilDay date(year, month, day);  // rolls over what does not exist
    if (year >= 1 && date.month() == month && date.day() == day) return date;
  }
  return Invalid(Cat("'", text, "' is no day; write 1997-01-31 or 19970131"));
}

absl::StatusOr<OrderFile> ParseOrders(std::string_view content, const Currency& currency) {
  const std::string_view mark = content.substr(0, 2);
  if (mark == "\xFF\xFE" || mark == "\xFE\xFF") {
    return Invalid("the file is UTF-16; save it as CSV in UTF-8");
  }
  CsvReader reader(content);
  CsvRow row;
  if (!reader.Next(&row))
    return Invalid(Cat("the file is empty; its first line must name ",
                       absl::StrJoin(kColumns, ", "), ", with commas between"));
  ASSIGN_OR_RETURN(const std::vector<size_t> places, FindColumns(row));
  const size_t columns = row.fields.size();

  OrderFile file;
  std::map<std::tuple<std::string, absl::CivilDay, std::string, int64_t>, int> seen;
  while (reader.Next(&row)) {
    auto order = ParseOrder(row, places, columns, currency);
    if (!order.ok()) {
      std::string why(order.status().message());
      // A quote may have swallowed rows: all of its lines are left out.
      if (row.last_line > row.line) why += Cat("; the row goes on to line ", row.last_line);
      file.bad_rows.push_back({row.line, std::move(why)});
      continue;
    }
    order->occurrence =
        seen[{order->customer_id, order->date, order->quantity, order->amount_minor}]++;
    file.orders.push_back(*std::move(order));
  }
  return file;
}

}  // namespace daybook
