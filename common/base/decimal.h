// Exact decimals for quantities, unit prices and rates: 9 digits after the point, never a double.
//
//   ASSIGN_OR_RETURN(const Decimal hours, Decimal::Parse("2.5"));
//   ASSIGN_OR_RETURN(const Decimal price, Decimal::Parse("19.99"));
//   ASSIGN_OR_RETURN(const int64_t cents, MultiplyToMinor(hours, price, eur));   // money.h: 4998
//
// Values lie in (-10^19, 10^19). Errors are plain INVALID_ARGUMENT or OUT_OF_RANGE whose message
// says what is wrong with the value, meant to stand beside a field's name.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace daybook {

__extension__ using Int128 = __int128;

// Digits, behind a minus if it is negative.
std::string ToText(Int128 value);

class Decimal {
 public:
  static constexpr int kDigits = 9;
  static constexpr Int128 kOne = 1'000'000'000;
  // Exclusive bound of |scaled()|.
  static constexpr Int128 kLimit = kOne * 10'000'000'000 * 1'000'000'000;

  constexpr Decimal() = default;

  // `[+-]digits[.digits]`, at least one digit, at most 9 after the point, no exponent, no spaces.
  static absl::StatusOr<Decimal> Parse(std::string_view text);

  // `scaled` / 10^9. OUT_OF_RANGE if that is not in range.
  static absl::StatusOr<Decimal> FromScaled(Int128 scaled);

  // The value × 10^9.
  constexpr Int128 scaled() const { return scaled_; }

  // The shortest form: no plus, no leading and trailing zeros, no point without digits: `-0.5`,
  // `12`.
  std::string ToString() const;

  friend constexpr auto operator<=>(Decimal a, Decimal b) = default;

 private:
  explicit constexpr Decimal(Int128 scaled) : scaled_(scaled) {}

  Int128 scaled_ = 0;
};

// numerator / denominator, half away from zero; denominator > 0.
constexpr Int128 DivideHalfUp(Int128 numerator, Int128 denominator) {
  const Int128 quotient = numerator / denominator;
  const Int128 rest = numerator % denominator;
  const Int128 magnitude = rest < 0 ? -rest : rest;
  if (magnitude < denominator - magnitude) return quotient;
  return numerator < 0 ? quotient - 1 : quotient + 1;
}

// As above, to minus infinity.
constexpr Int128 DivideFloor(Int128 numerator, Int128 denominator) {
  const Int128 quotient = numerator / denominator;
  return numerator % denominator < 0 ? quotient - 1 : quotient;
}

}  // namespace daybook
