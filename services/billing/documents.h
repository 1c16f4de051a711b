// The document that a command is about: which draft, invoice, payment or credit note is meant, and
// whether its state allows the command.
#pragma once

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "services/billing/effective_day.h"
#include "services/billing/state.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

// An invoice or a draft of the customer, in any account; the other pointer is null.
struct InvoiceRef {
  const state::Account* account = nullptr;
  const state::Invoice* invoice = nullptr;
  const state::Draft* draft = nullptr;

  v1::InvoiceState state() const {
    return draft != nullptr ? v1::INVOICE_STATE_DRAFT : invoice->state();
  }
};

// Finds an invoice, debit note or draft by a pass over all of them, which is for the rare commands.
// INVOICE_NOT_FOUND; NOT_AN_INVOICE for a debit note if the command needs
// lines; ILLEGAL_TRANSITION by the state of the invoice or the account.
absl::StatusOr<InvoiceRef> FindInvoice(const command::View& view, const std::string& invoice_id,
                                       Command command);

// The day of a command about an issued invoice: not before the invoice, nor before `earliest`
// (YYYYMMDD).
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfInvoice(const InvoiceRef& found, const Request& request,
                                            const command::Context& context, int32_t earliest = 0) {
  return EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                      context.now, std::max(earliest, found.invoice->invoice_date()));
}

// A payment of the customer, or a credit note that is a source of credit.
struct PaymentRef {
  const state::Account* account = nullptr;
  const state::Payment* payment = nullptr;
  uint32_t ordinal = 0;
};

// Finds a payment by a pass over all of them. PAYMENT_NOT_FOUND; NOT_A_PAYMENT
// for a credit note if the command needs money that came in; ILLEGAL_TRANSITION by the state of the
// payment or the account.
absl::StatusOr<PaymentRef> FindPayment(const command::View& view, const std::string& payment_id,
                                       Command command);

// The same for a credit note that is a source of credit. CREDIT_NOTE_NOT_FOUND.
absl::StatusOr<PaymentRef> FindCreditNote(const command::View& view,
                                          const std::string& credit_note_id, Command command);

// The invoice with this ordinal, which exists; a pass over the account's invoices.
const state::Invoice& InvoiceOf(const state::Account& account, uint32_t ordinal);

// The number of an issued invoice. `partition`: that of its customer.
v1::InvoiceNumber NumberOf(const state::Invoice& invoice, int partition);

// NOTHING_WRITTEN_OFF. `id`: of an invoice or a payment.
absl::Status NothingWrittenOff(const std::string& id);

// CREDIT_TOO_SMALL. `wanted_minor` 0 means all that is unapplied.
absl::Status CreditTooSmall(const state::Account& account, int64_t wanted_minor,
                            int64_t unapplied_minor);

// The etag of a draft's version. ExpectEtag: ETAG_MISMATCH unless `etag` is the draft's, or empty.
std::string EtagOf(int64_t version);
absl::Status ExpectEtag(const state::Draft& draft, const std::string& etag);

}  // namespace daybook::billing
