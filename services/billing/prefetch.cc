// The memory that the common commands look at: IssueInvoice and RecordPayment.
#include "common/base/prefetch.h"

#include <algorithm>

#include "services/billing/billing.h"

namespace daybook::billing {
namespace {

using v1::Account;

// Most customers have one account, or a few.
constexpr int kAccounts = 2;
// The invoices that most payments pay.
constexpr int kOldest = 2;

// The place of the last element, beside which the next one will be.
template <class Elements>
void PrefetchEnd(const Elements& elements) {
  __builtin_prefetch(elements.data() + std::max(0, elements.size() - 1));
}

void PrefetchParts(const Account& account) {
  PrefetchObject(account.account_id());
  PrefetchObject(account.currency_code());
  PrefetchObject(account.time_zone());
  PrefetchObject(account.terms());
  PrefetchObject(account.allocations());
  __builtin_prefetch(account.open_invoices().data());
  __builtin_prefetch(account.open_payments().data());
  PrefetchEnd(account.settled_invoices());
  PrefetchEnd(account.payments());
  PrefetchEnd(account.external_keys());
}

void PrefetchOpen(const Account& account) {
  const auto& open = account.open_invoices();
  for (int i = 0; i < std::min(kOldest, open.size()); ++i) PrefetchObject(open[i]);
  if (open.size() > kOldest) PrefetchObject(open[open.size() - 1]);
  PrefetchEnd(account.allocations().payment());
  PrefetchEnd(account.allocations().invoice());
  PrefetchEnd(account.allocations().amount_minor());
  PrefetchEnd(account.allocations().day());
}

}  // namespace

void Billing::Prefetch(const book::v1::State& state, int step) {
  const auto& accounts = state.billing().accounts();
  if (step == 0) return PrefetchObject(state.billing());
  if (step == 1) return __builtin_prefetch(accounts.data());
  for (int i = 0; i < std::min(kAccounts, accounts.size()); ++i) {
    if (step == 2) PrefetchObject(accounts[i]);
    if (step == 3) PrefetchParts(accounts[i]);
    if (step == 4) PrefetchOpen(accounts[i]);
  }
}

}  // namespace daybook::billing
