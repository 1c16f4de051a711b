// What keeps a customer from being put aside.
#include <cstdint>

#include "services/billing/billing.h"
#include "services/billing/state.h"

namespace daybook::billing {

void Billing::Blocks(const state::State& state, command::OpenItems* open) {
  int64_t invoices = 0, drafts = 0, payments = 0, pending = 0;
  for (const state::Account& account : state.accounts()) {
    invoices += account.open_invoices_size();
    drafts += account.drafts_size();
    payments += account.open_payments_size();
    pending += account.pending_payments_size();
  }
  open->Add(invoices, "open_invoice_count", "open invoices");
  open->Add(drafts, "draft_count", "drafts");
  open->Add(payments, "open_payment_count", "payments with something unapplied");
  open->Add(pending, "pending_payment_count", "pending payments");
}

}  // namespace daybook::billing
