#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/credit_note_amounts.h"
#include "services/billing/invoice_number.h"
#include "services/billing/limits.h"

namespace daybook {
namespace {

using billing::Command;
using billing::InvoiceRef;
using billing::TakenOffInvoice;
using billing::v1::Account;
using billing::v1::CreditNoteIssued;
using billing::v1::Invoice;
using Events = command::Events<Billing::Event>;

absl::Status AboveOpen(const CreditNoteIssued& note, const Invoice& invoice) {
  return Refuse(Reason::kCreditNoteAboveOpen,
                absl::StrCat("the credit note is of ", note.total_minor(), " minor units, ",
                             invoice.open_minor(), " are open"),
                {{"total_minor", absl::StrCat(note.total_minor())},
                 {"open_minor", absl::StrCat(invoice.open_minor())}});
}

// The payments that a refund goes back to, newest first.
absl::StatusOr<TakenOffInvoice> PaymentsFor(const Account& account, const Invoice& invoice,
                                            const CreditNoteIssued& note) {
  TakenOffInvoice off = billing::PaymentsOn(account, invoice, note.total_minor());
  if (off.amount_minor < note.total_minor()) {
    return Refuse(Reason::kCreditNoteAbovePaid,
                  absl::StrCat("the credit note is of ", note.total_minor(), " minor units, ",
                               off.amount_minor, " were paid"),
                  {{"total_minor", absl::StrCat(note.total_minor())},
                   {"paid_minor", absl::StrCat(off.amount_minor)}});
  }
  if (off.payments.size() > billing::kMaxCredits) {
    return Refuse(Reason::kRecordTooLarge,
                  absl::StrCat("the refund goes back to ", off.payments.size(), " payments; ",
                               billing::kMaxCredits, " fit a record"));
  }
  return off;
}

void AddReleases(const Account& account, const Invoice& invoice, const TakenOffInvoice& off,
                 absl::CivilDay day, Events& events) {
  for (const billing::TakenOffPayment& taken : off.payments) {
    auto& dated = events.emplace_back();
    dated.effective_date = day;
    auto& released = *dated.event.mutable_credit_released();
    released.set_account_id(account.account_id());
    released.set_payment_id(account.payments(static_cast<int>(taken.payment)).payment_id());
    released.set_currency_code(account.currency_code());
    auto& one = *released.add_released();
    one.set_invoice_id(invoice.invoice_id());
    one.set_amount_minor(taken.amount_minor);
  }
}

void AddRefunds(const Account& account, const CreditNoteIssued& note, const TakenOffInvoice& off,
                absl::CivilDay day, Events& events) {
  for (const billing::TakenOffPayment& taken : off.payments) {
    auto& dated = events.emplace_back();
    dated.effective_date = day;
    auto& refunded = *dated.event.mutable_payment_refunded();
    refunded.set_account_id(account.account_id());
    refunded.set_payment_id(account.payments(static_cast<int>(taken.payment)).payment_id());
    refunded.set_currency_code(account.currency_code());
    refunded.set_amount_minor(taken.amount_minor);
    refunded.set_credit_note_id(note.credit_note_id());
  }
}

}  // namespace

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::IssueCreditNoteRequest& request,
                                       const command::Context& context,
                                       billing::v1::IssueCreditNoteResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   billing::FindInvoice(view, request.invoice_id(), Command::kIssueCreditNote));
  RETURN_IF_ERROR(billing::ExpectRoomForFact(view));
  const Account& account = *found.account;
  const Invoice& invoice = *found.invoice;
  CreditNoteIssued note;
  RETURN_IF_ERROR(billing::FillCreditNote(account, invoice, request.lines(), note));

  TakenOffInvoice off;
  switch (request.kind()) {
    case billing::v1::CREDIT_NOTE_KIND_REFUND: {
      ASSIGN_OR_RETURN(off, PaymentsFor(account, invoice, note));
      note.set_applied_minor(note.total_minor());
      break;
    }
    case billing::v1::CREDIT_NOTE_KIND_CREDIT:
      RETURN_IF_ERROR(billing::ExpectFitsReceived(account, note.total_minor()));
      note.set_unapplied_minor(note.total_minor());
      break;
    default:
      if (note.total_minor() > invoice.open_minor()) return AboveOpen(note, invoice);
      note.set_applied_minor(note.total_minor());
  }
  ASSIGN_OR_RETURN(
      const absl::CivilDay day,
      billing::EffectiveDay(account, request.has_effective_date(), request.effective_date(),
                            context.now, std::max(invoice.invoice_date(), off.last_day)));
  ASSIGN_OR_RETURN(
      *note.mutable_number(),
      billing::NextNumber(view.partition_state.series().credit_notes(), request.series(),
                          billing::kDefaultCreditNoteSeries, static_cast<int>(day.year()),
                          view.partition));
  note.set_account_id(account.account_id());
  note.set_credit_note_id(context.NewId(view, 0));
  note.set_invoice_id(request.invoice_id());
  note.set_kind(request.kind());
  note.set_currency_code(account.currency_code());
  note.set_reason(Normalise(request.reason()));

  const Currency& currency = billing::CurrencyOf(account);
  response.set_credit_note_id(note.credit_note_id());
  if (!context.validate_only) response.set_number(billing::FormatNumber(note.number()));
  *response.mutable_net() = MoneyOf(note.net_minor(), currency);
  *response.mutable_tax() = MoneyOf(note.tax_minor(), currency);
  *response.mutable_total() = MoneyOf(note.total_minor(), currency);
  const bool settles = note.applied_minor() - off.amount_minor == invoice.open_minor();
  response.set_invoice_state(settles ? billing::v1::INVOICE_STATE_PAID : invoice.state());
  response.set_account_id(account.account_id());
  response.set_refund_count(static_cast<int>(off.payments.size()));

  Events events;
  AddReleases(account, invoice, off, day, events);
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  *dated.event.mutable_credit_note_issued() = note;
  AddRefunds(account, note, off, day, events);
  return events;
}

}  // namespace daybook
