#include "projections/balances/account_history.h"

namespace daybook::balances {

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
