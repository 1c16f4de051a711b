// How a file of orders spells fields, amounts and days. Said by people: a file that looks otherwise
// is refused with what to say, never guessed at, because 01/02/1997 and 1,500 have two readings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"

namespace daybook {

struct OrderFormat {
  enum class Days { kYearFirst, kDayFirst, kMonthFirst };

  char delimiter = ',';
  char decimal_mark = '.';
  Days days = Days::kYearFirst;

  // Words with commas between: `semicolon`, `tab`; `decimal-comma`; `dd/mm/yyyy`, `mm/dd/yyyy`,
  // `dd.mm.yyyy`. INVALID_ARGUMENT, plain, names the words there are.
  static absl::StatusOr<OrderFormat> Parse(std::string_view words);

  // Year first: `1997-01-31` or `19970131`; else two numbers and a year of four digits, with `/`,
  // `.` or `-` between. A day that exists. INVALID_ARGUMENT, plain.
  absl::StatusOr<absl::CivilDay> ParseDay(std::string_view text) const;

  // Of the currency's smallest unit, with a sign. No signs for thousands. INVALID_ARGUMENT, plain.
  absl::StatusOr<int64_t> ParseAmount(std::string_view text, const Currency& currency) const;
  // Canonical decimal.
  absl::StatusOr<std::string> ParseQuantity(std::string_view text) const;

  // ` (say --format semicolon)` if a header that has no column looks so; else empty.
  std::string HintFor(std::string_view header) const;

 private:
  absl::StatusOr<std::string> WithPoint(std::string_view text) const;
};

// The bytes are UTF-8, as they must be: INVALID_ARGUMENT, plain, names what they look like instead,
// and the first line that is not.
absl::Status CheckEncoding(std::string_view content);

}  // namespace daybook
