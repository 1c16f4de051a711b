#include "projections/balances/account_history.h"

#include <string>

#include "absl/strings/str_format.h"

namespace daybook::balances {

std::string FormatNumber(const Number& number) {
  return absl::StrFormat("%s-%d-%02d-%06d", std::string(number.series), number.year,
                         number.partition, number.sequence);
}

void AccountHistory::Names::Clear() {
  if (ids.empty()) return;
  ids.clear();
  ordinals.clear();
  indexed = 0;
}

void AccountHistory::Clear() {
  entries.clear();
  invoices.clear();
  payments.clear();
  allocations.clear();
  changes.clear();
  invoice_names.Clear();
  payment_names.Clear();
}

}  // namespace daybook::balances
