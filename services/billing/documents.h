// The document that a command is about: which draft, invoice, payment or credit note is meant, and
// whether its state allows the command.
#pragma once

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/state.pb.h"
#include "services/billing/effective_day.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

// An invoice of the customer, in whatever account and state. One of invoice and draft is null.
struct InvoiceRef {
  const v1::Account* account = nullptr;
  const v1::Invoice* invoice = nullptr;
  const v1::Draft* draft = nullptr;

  v1::InvoiceState state() const {
    return draft != nullptr ? v1::INVOICE_STATE_DRAFT : invoice->state();
  }
};

// A pass over the customer's invoices and debit notes: for the rare commands. INVOICE_NOT_FOUND;
// NOT_AN_INVOICE if it is a debit note and the command wants lines; CUSTOMER_NOT_FOUND;
// ILLEGAL_TRANSITION by the invoice's or the account's state.
absl::StatusOr<InvoiceRef> FindInvoice(const command::View& view, const std::string& invoice_id,
                                       Command command);

// The day of a command about an invoice: not before the invoice, nor before `earliest` (YYYYMMDD).
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfInvoice(const InvoiceRef& found, const Request& request,
                                            const command::Context& context, int32_t earliest = 0) {
  return EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                      context.now, std::max(earliest, found.invoice->invoice_date()));
}

// A payment of the customer, or where the command may mean one a credit note that made credit.
struct PaymentRef {
  const v1::Account* account = nullptr;
  const v1::Payment* payment = nullptr;
  uint32_t ordinal = 0;
};

// A pass over the customer's payments. PAYMENT_NOT_FOUND; NOT_A_PAYMENT if it is a credit note and
// the command means money; CUSTOMER_NOT_FOUND; ILLEGAL_TRANSITION by the payment's or the account's
// state.
absl::StatusOr<PaymentRef> FindPayment(const command::View& view, const std::string& payment_id,
                                       Command command);

// The same of a credit note that made credit. CREDIT_NOTE_NOT_FOUND.
absl::StatusOr<PaymentRef> FindCreditNote(const command::View& view,
                                          const std::string& credit_note_id, Command command);

// The invoice of an ordinal that the account gave; a pass over its invoices.
const v1::Invoice& InvoiceOf(const v1::Account& account, uint32_t ordinal);

// Number of an issued invoice of a customer in `partition`.
v1::InvoiceNumber NumberOf(const v1::Invoice& invoice, int partition);

// NOTHING_WRITTEN_OFF of an invoice or of a payment.
absl::Status NothingWrittenOff(const std::string& id);

// CREDIT_TOO_SMALL. `wanted_minor` 0: all that there is.
absl::Status CreditTooSmall(const v1::Account& account, int64_t wanted_minor,
                            int64_t unapplied_minor);

// A draft's version, as commands name it; ETAG_MISMATCH unless `etag` is the draft's, or empty.
std::string EtagOf(int64_t version);
absl::Status ExpectEtag(const v1::Draft& draft, const std::string& etag);

}  // namespace daybook::billing
