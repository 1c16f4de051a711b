#include "services/billing/documents.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "common/command/reasons.h"
#include "services/billing/account.h"
#include "services/billing/invoice_number.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

// Commands that use credit, whether it comes from a payment or from a credit note.
bool TakesCreditNotes(Command command) {
  switch (command) {
    case Command::kApplyCredit:
    case Command::kReleaseCredit:
    case Command::kWriteOffCredit:
    case Command::kReverseCreditWriteOff:
      return true;
    default:
      return false;
  }
}

// A payment or a credit note; the account is null if there is none.
PaymentRef FindSource(const state::State& state, const std::string& id) {
  for (const state::Account& account : state.accounts()) {
    for (int i = 0; i < account.payments_size(); ++i) {
      if (account.payments(i).payment_id() != id) continue;
      return {&account, &account.payments(i), static_cast<uint32_t>(i)};
    }
  }
  return {};
}

absl::Status ExpectAllowed(const PaymentRef& found, Command command) {
  RETURN_IF_ERROR(ExpectAllowed(found.payment->state(), found.payment->payment_id(), command));
  return ExpectTakes(*found.account, command);
}

}  // namespace

absl::StatusOr<InvoiceRef> FindInvoice(const command::View& view, const std::string& invoice_id,
                                       Command command) {
  InvoiceRef found;
  for (const state::Account& account : view.part<state::State>().accounts()) {
    for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
      for (const state::Invoice& invoice : *list) {
        if (invoice.invoice_id() == invoice_id) found = {&account, &invoice, nullptr};
      }
    }
    for (const state::Draft& draft : account.drafts()) {
      if (draft.invoice_id() == invoice_id) found = {&account, nullptr, &draft};
    }
  }
  if (found.account == nullptr) {
    return Refuse(reason::kInvoiceNotFound,
                  absl::StrCat("the customer has no invoice '", invoice_id, "'"),
                  {{"invoice_id", invoice_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found.state(), invoice_id, command));
  const bool wants_lines = command == Command::kVoidInvoice || command == Command::kIssueCreditNote;
  if (wants_lines && found.invoice->has_debit_note_of()) {
    return Refuse(reason::kNotAnInvoice,
                  absl::StrCat("'", invoice_id, "' is a debit note; it has no lines to take back"),
                  {{"debit_note_id", invoice_id}});
  }
  RETURN_IF_ERROR(ExpectTakes(*found.account, command));
  return found;
}

absl::StatusOr<PaymentRef> FindPayment(const command::View& view, const std::string& payment_id,
                                       Command command) {
  const PaymentRef found = FindSource(view.part<state::State>(), payment_id);
  if (found.account == nullptr) {
    return Refuse(reason::kPaymentNotFound,
                  absl::StrCat("the customer has no payment '", payment_id, "'"),
                  {{"payment_id", payment_id}});
  }
  if (found.payment->credit_note() && !TakesCreditNotes(command)) {
    return Refuse(reason::kNotAPayment,
                  absl::StrCat("'", payment_id, "' is a credit note; RefundCreditNote pays it out"),
                  {{"credit_note_id", payment_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found, command));
  return found;
}

absl::StatusOr<PaymentRef> FindCreditNote(const command::View& view,
                                          const std::string& credit_note_id, Command command) {
  const PaymentRef found = FindSource(view.part<state::State>(), credit_note_id);
  if (found.account == nullptr || !found.payment->credit_note()) {
    return Refuse(
        reason::kCreditNoteNotFound,
        absl::StrCat("the customer has no credit note '", credit_note_id, "' that made credit"),
        {{"credit_note_id", credit_note_id}});
  }
  RETURN_IF_ERROR(ExpectAllowed(found, command));
  return found;
}

const state::Invoice& InvoiceOf(const state::Account& account, uint32_t ordinal) {
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const state::Invoice& invoice : *list) {
      if (invoice.ordinal() == ordinal) return invoice;
    }
  }
  DAYBOOK_CHECK(!"an allocation to an invoice that was never issued");
  __builtin_unreachable();
}

v1::InvoiceNumber NumberOf(const state::Invoice& invoice, int partition) {
  v1::InvoiceNumber number;
  number.set_series(invoice.series().empty() ? kDefaultInvoiceSeries : invoice.series());
  number.set_year(invoice.invoice_date() / 10'000);
  number.set_partition(partition);
  number.set_sequence(invoice.sequence());
  return number;
}

absl::Status NothingWrittenOff(const std::string& id) {
  return Refuse(reason::kNothingWrittenOff,
                absl::StrCat("nothing stands written off of '", id, "'"), {{"id", id}});
}

absl::Status CreditTooSmall(const state::Account& account, int64_t wanted_minor,
                            int64_t unapplied_minor) {
  return Refuse(reason::kCreditTooSmall,
                unapplied_minor == 0
                    ? "nothing is unapplied"
                    : absl::StrCat(MoneyText(account, unapplied_minor), " is unapplied, ",
                                   MoneyText(account, wanted_minor), " was asked for"),
                {{"unapplied_minor", absl::StrCat(unapplied_minor)}});
}

std::string EtagOf(int64_t version) { return absl::StrCat(version); }

absl::Status ExpectEtag(const state::Draft& draft, const std::string& etag) {
  const std::string present = EtagOf(draft.version());
  if (etag.empty() || etag == present) return absl::OkStatus();
  return Refuse(reason::kEtagMismatch,
                absl::StrCat("the draft's etag is '", present, "', not '", etag, "'"),
                {{"etag", present}});
}

}  // namespace daybook::billing
