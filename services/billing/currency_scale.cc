#include "services/billing/currency_scale.h"

#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

constexpr int64_t kHundredths = 100;

struct Scale {
  std::string_view currency_code;
  int64_t hundredths;  // of a major unit
};

// About one US dollar, or somewhat less, at the exchange rates of autumn 2025, in round numbers.
// Where people pay another rate than the official one (IRR, LBP, SSP, YER), it is about theirs.
// Look at a row again when its rate has doubled or halved. The major unit of a currency without a
// row is worth 0.5 to 1.3 dollars. clang-format off: a table, by the alphabet.
constexpr Scale kScales[] = {
    {"AED", 2'00},     {"AFN", 50'00},      {"ALL", 50'00},     {"AMD", 200'00},
    {"AOA", 500'00},   {"ARS", 1'000'00},   {"BBD", 2'00},      {"BDT", 100'00},
    {"BHD", 20},       {"BIF", 2'000'00},   {"BOB", 5'00},      {"BOV", 2'00},
    {"BRL", 5'00},     {"BTN", 50'00},      {"BWP", 10'00},     {"BYN", 2'00},
    {"BZD", 2'00},     {"CDF", 2'000'00},   {"CLF", 2},         {"CLP", 1'000'00},
    {"CNY", 5'00},     {"COP", 2'000'00},   {"COU", 10'00},     {"CRC", 500'00},
    {"CUP", 20'00},    {"CVE", 50'00},      {"CZK", 20'00},     {"DJF", 100'00},
    {"DKK", 5'00},     {"DOP", 50'00},      {"DZD", 100'00},    {"EGP", 20'00},
    {"ERN", 10'00},    {"ETB", 100'00},     {"FJD", 2'00},      {"GEL", 2'00},
    {"GHS", 10'00},    {"GMD", 50'00},      {"GNF", 5'000'00},  {"GTQ", 5'00},
    {"GYD", 200'00},   {"HKD", 5'00},       {"HNL", 20'00},     {"HTG", 100'00},
    {"HUF", 300'00},   {"IDR", 10'000'00},  {"ILS", 2'00},      {"INR", 50'00},
    {"IQD", 1'000'00}, {"IRR", 500'000'00}, {"ISK", 100'00},    {"JMD", 100'00},
    {"JOD", 50},       {"JPY", 100'00},     {"KES", 100'00},    {"KGS", 50'00},
    {"KHR", 2'000'00}, {"KMF", 200'00},     {"KPW", 100'00},    {"KRW", 1'000'00},
    {"KWD", 20},       {"KZT", 500'00},     {"LAK", 20'000'00}, {"LBP", 50'000'00},
    {"LKR", 200'00},   {"LRD", 100'00},     {"LSL", 10'00},     {"LYD", 5'00},
    {"MAD", 5'00},     {"MDL", 10'00},      {"MGA", 2'000'00},  {"MKD", 50'00},
    {"MMK", 2'000'00}, {"MNT", 2'000'00},   {"MOP", 5'00},      {"MRU", 20'00},
    {"MUR", 20'00},    {"MVR", 10'00},      {"MWK", 1'000'00},  {"MXN", 10'00},
    {"MXV", 2'00},     {"MYR", 2'00},       {"MZN", 50'00},     {"NAD", 10'00},
    {"NGN", 1'000'00}, {"NIO", 20'00},      {"NOK", 10'00},     {"NPR", 100'00},
    {"OMR", 20},       {"PEN", 2'00},       {"PGK", 2'00},      {"PHP", 50'00},
    {"PKR", 200'00},   {"PLN", 2'00},       {"PYG", 5'000'00},  {"QAR", 2'00},
    {"RON", 2'00},     {"RSD", 100'00},     {"RUB", 50'00},     {"RWF", 1'000'00},
    {"SAR", 2'00},     {"SBD", 5'00},       {"SCR", 10'00},     {"SDG", 500'00},
    {"SEK", 5'00},     {"SLE", 20'00},      {"SOS", 500'00},    {"SRD", 20'00},
    {"SSP", 2'000'00}, {"STN", 20'00},      {"SVC", 5'00},      {"SYP", 10'000'00},
    {"SZL", 10'00},    {"THB", 20'00},      {"TJS", 5'00},      {"TMT", 2'00},
    {"TND", 2'00},     {"TOP", 2'00},       {"TRY", 20'00},     {"TTD", 5'00},
    {"TWD", 20'00},    {"TZS", 2'000'00},   {"UAH", 20'00},     {"UGX", 2'000'00},
    {"UYI", 5'00},     {"UYU", 20'00},      {"UYW", 20'00},     {"UZS", 10'000'00},
    {"VED", 200'00},   {"VES", 200'00},     {"VND", 20'000'00}, {"VUV", 100'00},
    {"WST", 2'00},     {"XAF", 500'00},     {"XCD", 2'00},      {"XOF", 500'00},
    {"XPF", 100'00},   {"YER", 200'00},     {"ZAR", 10'00},     {"ZMW", 20'00},
    {"ZWG", 20'00},
};
// clang-format on

}  // namespace

int64_t AboutOneDollar(std::string_view currency_code) {
  const Currency* currency = Currency::Find(currency_code);
  DAYBOOK_CHECK(currency != nullptr);
  for (const Scale& scale : kScales) {
    if (scale.currency_code == currency_code) {
      return scale.hundredths * currency->factor() / kHundredths;
    }
  }
  // Other currencies, also those younger than the table: where there is no minor unit, the major
  // unit is small.
  return currency->digits() == 0 ? kHundredths : currency->factor();
}

int64_t WriteOffTolerance(std::string_view currency_code) { return AboutOneDollar(currency_code); }

int64_t MaxUsualAmount(std::string_view currency_code) {
  return AboutOneDollar(currency_code) * kMaxUsualDollars;
}

}  // namespace daybook::billing
