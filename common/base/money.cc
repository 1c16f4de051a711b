#include "common/base/money.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook {
namespace {

constexpr int64_t kNanosPerUnit = 1'000'000'000;
constexpr int64_t kFactors[] = {1, 10, 100, 1'000, 10'000};

// ISO 4217, codes with a minor unit, as of January 2026: in use first.
// clang-format off: a table, by the alphabet.
constexpr Currency kCurrencies[] = {
    {"AED", 2}, {"AFN", 2}, {"ALL", 2}, {"AMD", 2}, {"AOA", 2}, {"ARS", 2}, {"AUD", 2}, {"AWG", 2},
    {"AZN", 2}, {"BAM", 2}, {"BBD", 2}, {"BDT", 2}, {"BHD", 3}, {"BIF", 0}, {"BMD", 2}, {"BND", 2},
    {"BOB", 2}, {"BOV", 2}, {"BRL", 2}, {"BSD", 2}, {"BTN", 2}, {"BWP", 2}, {"BYN", 2}, {"BZD", 2},
    {"CAD", 2}, {"CDF", 2}, {"CHE", 2}, {"CHF", 2}, {"CHW", 2}, {"CLF", 4}, {"CLP", 0}, {"CNY", 2},
    {"COP", 2}, {"COU", 2}, {"CRC", 2}, {"CUP", 2}, {"CVE", 2}, {"CZK", 2}, {"DJF", 0}, {"DKK", 2},
    {"DOP", 2}, {"DZD", 2}, {"EGP", 2}, {"ERN", 2}, {"ETB", 2}, {"EUR", 2}, {"FJD", 2}, {"FKP", 2},
    {"GBP", 2}, {"GEL", 2}, {"GHS", 2}, {"GIP", 2}, {"GMD", 2}, {"GNF", 0}, {"GTQ", 2}, {"GYD", 2},
    {"HKD", 2}, {"HNL", 2}, {"HTG", 2}, {"HUF", 2}, {"IDR", 2}, {"ILS", 2}, {"INR", 2}, {"IQD", 3},
    {"IRR", 2}, {"ISK", 0}, {"JMD", 2}, {"JOD", 3}, {"JPY", 0}, {"KES", 2}, {"KGS", 2}, {"KHR", 2},
    {"KMF", 0}, {"KPW", 2}, {"KRW", 0}, {"KWD", 3}, {"KYD", 2}, {"KZT", 2}, {"LAK", 2}, {"LBP", 2},
    {"LKR", 2}, {"LRD", 2}, {"LSL", 2}, {"LYD", 3}, {"MAD", 2}, {"MDL", 2}, {"MGA", 2}, {"MKD", 2},
    {"MMK", 2}, {"MNT", 2}, {"MOP", 2}, {"MRU", 2}, {"MUR", 2}, {"MVR", 2}, {"MWK", 2}, {"MXN", 2},
    {"MXV", 2}, {"MYR", 2}, {"MZN", 2}, {"NAD", 2}, {"NGN", 2}, {"NIO", 2}, {"NOK", 2}, {"NPR", 2},
    {"NZD", 2}, {"OMR", 3}, {"PAB", 2}, {"PEN", 2}, {"PGK", 2}, {"PHP", 2}, {"PKR", 2}, {"PLN", 2},
    {"PYG", 0}, {"QAR", 2}, {"RON", 2}, {"RSD", 2}, {"RUB", 2}, {"RWF", 0}, {"SAR", 2}, {"SBD", 2},
    {"SCR", 2}, {"SDG", 2}, {"SEK", 2}, {"SGD", 2}, {"SHP", 2}, {"SLE", 2}, {"SOS", 2}, {"SRD", 2},
    {"SSP", 2}, {"STN", 2}, {"SVC", 2}, {"SYP", 2}, {"SZL", 2}, {"THB", 2}, {"TJS", 2}, {"TMT", 2},
    {"TND", 3}, {"TOP", 2}, {"TRY", 2}, {"TTD", 2}, {"TWD", 2}, {"TZS", 2}, {"UAH", 2}, {"UGX", 0},
    {"USD", 2}, {"USN", 2}, {"UYI", 0}, {"UYU", 2}, {"UYW", 4}, {"UZS", 2}, {"VED", 2}, {"VES", 2},
    {"VND", 0}, {"VUV", 0}, {"WST", 2}, {"XAF", 0}, {"XCD", 2}, {"XCG", 2}, {"XOF", 0}, {"XPF", 0},
    {"YER", 2}, {"ZAR", 2}, {"ZMW", 2}, {"ZWG", 2},

    // Out of use: the month in which ISO withdrew the code, or that in which it was last paid in
    // beside its successor, whichever is later.
    {"ADP", 0, 200203}, {"AFA", 2, 200301}, {"ANG", 2, 202506}, {"ATS", 2, 200203},
    {"AZM", 2, 200612}, {"BEF", 0, 200203}, {"BGL", 2, 200311}, {"BGN", 2, 202601},
    {"BYB", 0, 200101}, {"BYR", 0, 201701}, {"CSD", 2, 200610}, {"CUC", 2, 202112},
    {"CYP", 2, 200801}, {"DEM", 2, 200203}, {"EEK", 2, 201101}, {"ESP", 0, 200203},
    {"FIM", 2, 200203}, {"FRF", 2, 200203}, {"GHC", 2, 200801}, {"GRD", 0, 200203},
    {"GWP", 2, 199705}, {"HRK", 2, 202301}, {"IEP", 2, 200203}, {"ITL", 0, 200203},
    {"LTL", 2, 201501}, {"LUF", 0, 200203}, {"LVL", 2, 201401}, {"MGF", 0, 200412},
    {"MRO", 2, 201812}, {"MTL", 2, 200801}, {"MZM", 2, 200612}, {"NLG", 2, 200203},
    {"PTE", 0, 200203}, {"ROL", 0, 200612}, {"RUR", 2, 200401}, {"SDD", 2, 200707},
    {"SIT", 2, 200701}, {"SKK", 2, 200901}, {"SLL", 2, 202403}, {"SRG", 2, 200401},
    {"STD", 2, 201812}, {"TMM", 2, 200912}, {"TPE", 0, 200211}, {"TRL", 0, 200512},
    {"USS", 2, 201403}, {"VEB", 2, 200812}, {"VEF", 2, 201812}, {"YUM", 2, 200307},
    {"ZMK", 2, 201306}, {"ZWD", 2, 200808}, {"ZWL", 2, 202409},
};
// clang-format on
constexpr int kLetters = 26;

// -1, or the place of a code in the table; one load instead of a search.
constexpr auto kIndex = [] {
  std::array<int16_t, kLetters * kLetters * kLetters> index{};
  index.fill(-1);
  int16_t place = 0;
  for (const Currency& currency : kCurrencies) {
    const std::string_view code = currency.code();
    index[((code[0] - 'A') * kLetters + code[1] - 'A') * kLetters + code[2] - 'A'] = place++;
  }
  return index;
}();

absl::Status Overflow() {
  return Refuse(reason::kAmountOverflow, "a sum leaves the range of 64-bit minor units");
}

absl::Status TooLarge(const Currency& currency) {
  return absl::OutOfRangeError(absl::StrCat(
      "is out of range: at most ", FormatMoney(std::numeric_limits<int64_t>::max(), currency)));
}

bool Fits(Int128 value) {
  return value >= std::numeric_limits<int64_t>::min() &&
         value <= std::numeric_limits<int64_t>::max();
}

}  // namespace

const Currency* Currency::Find(std::string_view code) {
  if (code.size() != 3) return nullptr;
  int index = 0;
  for (const char c : code) {
    if (c < 'A' || c > 'Z') return nullptr;
    index = index * kLetters + (c - 'A');
  }
  return kIndex[index] < 0 ? nullptr : &kCurrencies[kIndex[index]];
}

std::optional<Currency> Currency::OfLog(std::string_view code, int digits) {
  const bool shaped = code.size() == 3 && std::all_of(code.begin(), code.end(),
                                                      [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!shaped || digits < 0 || digits >= static_cast<int>(std::size(kFactors))) return std::nullopt;
  Currency currency;
  std::copy(code.begin(), code.end(), currency.code_);
  currency.digits_ = static_cast<int8_t>(digits);
  return currency;
}

absl::CivilDay Currency::last_day() const {
  if (last_month_ == 0) return absl::CivilDay::max();
  return absl::CivilDay(absl::CivilMonth(last_month_ / 100, last_month_ % 100) + 1) - 1;
}

int64_t Currency::factor() const { return kFactors[digits_]; }

absl::StatusOr<int64_t> MinorOf(const google::type::Money& money) {
  const Currency* currency = Currency::Find(money.currency_code());
  if (currency == nullptr) {
    return absl::InvalidArgumentError(
        money.currency_code().empty() ? "has no currency_code"
                                      : "has a currency_code that is no ISO 4217 code in capitals");
  }
  const int64_t units = money.units();
  const int64_t nanos = money.nanos();
  if (nanos <= -kNanosPerUnit || nanos >= kNanosPerUnit) {
    return absl::InvalidArgumentError("has nanos beyond 999,999,999");
  }
  if ((units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
    return absl::InvalidArgumentError("has units and nanos of different signs");
  }
  const int64_t nanos_per_minor = kNanosPerUnit / currency->factor();
  if (nanos % nanos_per_minor != 0) {
    return absl::InvalidArgumentError(absl::StrCat("is finer than the smallest unit of ",
                                                   money.currency_code(), " (", currency->digits(),
                                                   " digits after the point)"));
  }
  const Int128 minor = Int128{units} * currency->factor() + nanos / nanos_per_minor;
  if (!Fits(minor)) return TooLarge(*currency);
  return static_cast<int64_t>(minor);
}

google::type::Money MoneyOf(int64_t minor, const Currency& currency) {
  google::type::Money money;
  SetMoney(minor, currency, money);
  return money;
}

void SetMoney(int64_t minor, const Currency& currency, google::type::Money& money) {
  money.set_currency_code(currency.code().data(), currency.code().size());
  money.set_units(minor / currency.factor());
  money.set_nanos(
      static_cast<int32_t>(minor % currency.factor() * (kNanosPerUnit / currency.factor())));
}

bool SetSum(Int128 minor, const Currency& currency, google::type::Money& money) {
  const int64_t factor = currency.factor();
  const Int128 units = minor / factor;
  if (!Fits(units)) return false;
  SetMoney(static_cast<int64_t>(minor % factor), currency, money);
  money.set_units(static_cast<int64_t>(units));
  return true;
}

absl::StatusOr<int64_t> ToMinor(Decimal major, const Currency& currency) {
  const Int128 minor = DivideHalfUp(major.scaled(), Decimal::kOne / currency.factor());
  if (!Fits(minor)) return TooLarge(currency);
  return static_cast<int64_t>(minor);
}

absl::StatusOr<int64_t> MultiplyToMinor(Decimal a, Decimal b, const Currency& currency) {
  // A product beyond 128 bits is beyond 64 bits of minor units as well, in every currency.
  Int128 product;
  if (__builtin_mul_overflow(a.scaled(), b.scaled(), &product)) return TooLarge(currency);
  const Int128 minor = DivideHalfUp(product, Decimal::kOne * Decimal::kOne / currency.factor());
  if (!Fits(minor)) return TooLarge(currency);
  return static_cast<int64_t>(minor);
}

Decimal ToMajor(int64_t minor, const Currency& currency) {
  return *Decimal::FromScaled(Int128{minor} * (Decimal::kOne / currency.factor()));
}

std::string FormatSum(Int128 minor, const Currency& currency) {
  const Int128 units = minor / currency.factor();
  const Int128 rest = minor % currency.factor();
  std::string text = absl::StrCat(minor < 0 && units == 0 ? "-" : "", ToText(units));
  if (currency.digits() > 0) {
    const std::string fraction = ToText(rest < 0 ? -rest : rest);
    absl::StrAppend(&text, ".", std::string(currency.digits() - fraction.size(), '0'), fraction);
  }
  return text;
}

std::string FormatMoney(Int128 minor, const Currency& currency) {
  return absl::StrCat(FormatSum(minor, currency), " ", std::string(currency.code()));
}

absl::StatusOr<int64_t> Add(int64_t a, int64_t b) { return ToInt64(Int128{a} + b); }
absl::StatusOr<int64_t> Subtract(int64_t a, int64_t b) { return ToInt64(Int128{a} - b); }
absl::StatusOr<int64_t> Multiply(int64_t a, int64_t b) { return ToInt64(Int128{a} * b); }

absl::StatusOr<int64_t> ToInt64(Int128 value) {
  if (!Fits(value)) return Overflow();
  return static_cast<int64_t>(value);
}

std::vector<int64_t> Split(int64_t whole, absl::Span<const int64_t> weights) {
  Int128 sum = 0;
  std::vector<Int128> shares;
  shares.reserve(weights.size());
  for (const int64_t weight : weights) {
    DAYBOOK_CHECK(weight >= 0);
    sum += weight;
    shares.push_back(Int128{whole} * weight);
  }
  DAYBOOK_CHECK(sum > 0);
  return RoundToSum(whole, shares, sum);
}

std::vector<int64_t> RoundToSum(int64_t whole, absl::Span<const Int128> shares,
                                Int128 denominator) {
  std::vector<int64_t> parts;
  std::vector<Int128> remainders;
  parts.reserve(shares.size());
  remainders.reserve(shares.size());
  Int128 left = whole;
  for (const Int128 share : shares) {
    const Int128 part = DivideFloor(share, denominator);
    DAYBOOK_CHECK(Fits(part));
    parts.push_back(static_cast<int64_t>(part));
    remainders.push_back(share - part * denominator);
    left -= part;
  }
  DAYBOOK_CHECK(left >= 0 && left <= static_cast<Int128>(shares.size()));
  if (left == 0) return parts;

  std::vector<size_t> order(shares.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return remainders[a] > remainders[b]; });
  for (size_t i = 0; i < static_cast<size_t>(left); ++i) ++parts[order[i]];
  return parts;
}

}  // namespace daybook
