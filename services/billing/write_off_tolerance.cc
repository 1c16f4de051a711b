#include "services/billing/write_off_tolerance.h"

#include "common/base/money.h"

namespace daybook::billing {
namespace {

struct Tolerance {
  std::string_view currency_code;
  int64_t major_units;
};

constexpr Tolerance kTolerances[] = {
    {"CLP", 1'000},  {"CNY", 5},  {"COP", 1'000}, {"CZK", 20},    {"HUF", 300},
    {"IDR", 10'000}, {"INR", 50}, {"JPY", 100},   {"KRW", 1'000}, {"MXN", 10},
    {"PHP", 50},     {"RUB", 50}, {"THB", 20},    {"TWD", 20},    {"VND", 20'000},
};
constexpr int64_t kOtherwise = 1;

}  // namespace

int64_t WriteOffTolerance(std::string_view currency_code) {
  const Currency* currency = Currency::Find(currency_code);
  if (currency == nullptr) return 0;  // of a log: nothing is known of its worth
  for (const Tolerance& row : kTolerances) {
    if (row.currency_code == currency_code) return row.major_units * currency->factor();
  }
  return kOtherwise * currency->factor();
}

}  // namespace daybook::billing
