// Money: int64 of the currency's smallest unit ("minor") inside, google.type.Money on the wire.
//
//   const Currency* eur = Currency::Find("EUR");
//   ASSIGN_OR_RETURN(int64_t cents, MinorOf(money));         // refuses 0.001 EUR
//   ASSIGN_OR_RETURN(total, Add(total, cents));              // refuses, never wraps
//   *response.mutable_total() = MoneyOf(total, *eur);
//
// Errors of MinorOf, ToMinor and MultiplyToMinor are plain INVALID_ARGUMENT or OUT_OF_RANGE whose
// message stands beside a field's name; those of the arithmetic are refusals with AMOUNT_OVERFLOW.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "common/base/decimal.h"
#include "google/type/money.pb.h"

namespace daybook {

// A row of ISO 4217. The digits are ISO's, not those of a locale library (which show IQD and MGA
// without any).
class Currency {
 public:
  // Null if `code` is not in the table: codes with a minor unit (metals, test codes and units of
  // account have none) that are in use, or were in the age of the euro. Case matters. A row never
  // leaves the table, for books have the code; one that goes out of use gets its last month.
  static const Currency* Find(std::string_view code);

  // One that this program's table lacks, as a log that has it says; nullopt: no currency is so.
  static std::optional<Currency> OfLog(std::string_view code, int digits);

  constexpr std::string_view code() const { return {code_, 3}; }
  constexpr int digits() const { return digits_; }  // after the point: 0 to 4

  // Minor units in a major unit, 10^digits.
  int64_t factor() const;

  // The last day on which an account is opened and an invoice dated in it; absl::CivilDay::max() of
  // one that is in use. What is open may be settled later.
  absl::CivilDay last_day() const;

  // `last_month`: YYYYMM; 0 = in use.
  consteval Currency(const char (&code)[4], int digits, int32_t last_month = 0)
      : code_{code[0], code[1], code[2], 0},
        digits_(static_cast<int8_t>(digits)),
        last_month_(last_month) {}

 private:
  Currency() = default;

  char code_[4] = {};
  int8_t digits_ = 0;
  int32_t last_month_ = 0;
};

// Minor units of `money`. Refuses an unknown currency, nanos out of range or of another sign than
// units, an amount finer than the minor unit, and one that does not fit.
absl::StatusOr<int64_t> MinorOf(const google::type::Money& money);

// The same amount on the wire.
google::type::Money MoneyOf(int64_t minor, const Currency& currency);
void SetMoney(int64_t minor, const Currency& currency, google::type::Money& money);

// The same of a sum over many accounts, which may leave 64 bits of minor units. False where its
// major units do as well, and then `money` is as it was.
bool SetSum(Int128 minor, const Currency& currency, google::type::Money& money);

// A decimal amount of major units, rounded half away from zero to the minor unit.
absl::StatusOr<int64_t> ToMinor(Decimal major, const Currency& currency);

// a × b of major units: the exact product rounded once, half away from zero, to the minor unit.
absl::StatusOr<int64_t> MultiplyToMinor(Decimal a, Decimal b, const Currency& currency);

// Major units as a decimal; always exact.
Decimal ToMajor(int64_t minor, const Currency& currency);

// `-12.30`, with the currency's digits.
std::string FormatSum(Int128 minor, const Currency& currency);

// `-12.30 EUR`, for people.
std::string FormatMoney(Int128 minor, const Currency& currency);

// Sum, difference, product; AMOUNT_OVERFLOW where it leaves int64.
absl::StatusOr<int64_t> Add(int64_t a, int64_t b);
absl::StatusOr<int64_t> Subtract(int64_t a, int64_t b);
absl::StatusOr<int64_t> Multiply(int64_t a, int64_t b);

// The value as int64, or AMOUNT_OVERFLOW.
absl::StatusOr<int64_t> ToInt64(Int128 value);

// Largest remainder: `whole` in parts proportional to `weights`, which are not negative and have a
// positive sum. The parts always sum to `whole`; of equal remainders the first gets the unit.
std::vector<int64_t> Split(int64_t whole, absl::Span<const int64_t> weights);

// Largest remainder over exact shares shares[i] / denominator, of any sign, whose sum rounds to
// `whole` (differs from it by less than one). Each part is its share rounded down or up.
std::vector<int64_t> RoundToSum(int64_t whole, absl::Span<const Int128> shares, Int128 denominator);

}  // namespace daybook
