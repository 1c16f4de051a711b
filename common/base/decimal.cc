#include "common/base/decimal.h"

#include <algorithm>

namespace daybook {
namespace {

constexpr size_t kMaxTextBytes = 64;

absl::Status OutOfRange() {
  return absl::OutOfRangeError("is out of range: at most 19 digits before the point");
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string ToText(Int128 value) {
  const bool negative = value < 0;
  auto rest =
      negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  if (text.empty()) return absl::InvalidArgumentError("is empty; write a decimal such as 12.5");
  if (text.size() > kMaxTextBytes) {
    return absl::InvalidArgumentError("is longer than 64 characters");
  }
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);

  Int128 scaled = 0;
  int digits = 0;
  int after_point = 0;
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
    } else if (IsDigit(c)) {
      ++digits;
      if (point && ++after_point > kDigits) {
        return absl::InvalidArgumentError("has more than 9 digits after the point");
      }
      scaled = scaled * 10 + (c - '0');
      if (scaled >= kLimit) return OutOfRange();
    } else if (c == 'e' || c == 'E') {
      return absl::InvalidArgumentError("has an exponent; write the digits out");
    } else {
      return absl::InvalidArgumentError("is no decimal number such as 12.5");
    }
  }
  if (digits == 0) return absl::InvalidArgumentError("is no decimal number such as 12.5");
  for (; after_point < kDigits; ++after_point) {
    scaled *= 10;
    if (scaled >= kLimit) return OutOfRange();
  }
  return Decimal(negative ? -scaled : scaled);
}

absl::StatusOr<Decimal> Decimal::FromScaled(Int128 scaled) {
  if (scaled <= -kLimit || scaled >= kLimit) return OutOfRange();
  return Decimal(scaled);
}

std::string Decimal::ToString() const {
  // In two halves of 64 bits, from the back: division of 128 bits is slow.
  constexpr uint64_t kOne64 = static_cast<uint64_t>(kOne);
  const auto magnitude = static_cast<unsigned __int128>(scaled_ < 0 ? -scaled_ : scaled_);
  uint64_t whole, fraction;
  if (magnitude >> 64 == 0) {
    whole = static_cast<uint64_t>(magnitude) / kOne64;
    fraction = static_cast<uint64_t>(magnitude) % kOne64;
  } else {
    whole = static_cast<uint64_t>(magnitude / kOne64);  // below 10^19: fits
    fraction = static_cast<uint64_t>(magnitude % kOne64);
  }
  char text[1 + 20 + 1 + kDigits];
  char* const end = text + sizeof(text);
  char* begin = end;
  for (int i = 0; i < kDigits; ++i, fraction /= 10) {
    const char digit = static_cast<char>('0' + fraction % 10);
    if (digit != '0' || begin != end) *--begin = digit;
  }
  if (begin != end) *--begin = '.';
  do {
    *--begin = static_cast<char>('0' + whole % 10);
    whole /= 10;
  } while (whole != 0);
  if (scaled_ < 0) *--begin = '-';
  return std::string(begin, end);
}

}  // namespace daybook
