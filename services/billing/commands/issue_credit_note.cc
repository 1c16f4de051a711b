#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/credit_note_amounts.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/invoice_number.h"
#include "services/billing/reasons.h"
#include "services/billing/refund.h"
#include "services/billing/state_lines.h"
#include "services/billing/tax_relief.h"
#include "services/billing/write_off_reversal.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Invoice;
using v1::CreditNoteIssued;

// The parts that a credit note takes from its invoice, in this order.
struct Parts {
  WriteOffs write_offs;
  int64_t open_minor = 0;
  int64_t money_minor = 0;
};

// `after`: the invoice with the lines of the note credited.
Parts PartsOf(const Invoice& invoice, const Invoice& after, int64_t total_minor) {
  Parts parts;
  const auto take = [&total_minor](int64_t most) {
    const int64_t taken = std::min(most, total_minor);
    total_minor -= taken;
    return taken;
  };
  parts.write_offs.discounted_minor =
      take(invoice.discounted_minor() - DiscountLeft(invoice, after));
  parts.write_offs.residue_minor = take(invoice.residue_minor());
  parts.write_offs.written_off_minor = take(invoice.written_off_minor());
  parts.open_minor = take(invoice.open_minor());
  parts.money_minor = total_minor;
  return parts;
}

absl::Status AboveOpen(const Account& account, const CreditNoteIssued& note, const Invoice& invoice,
                       const Parts& parts) {
  const int64_t written_off = parts.write_offs.total();
  const auto text = [&account](int64_t minor) { return MoneyText(account, minor); };
  return Refuse(
      reason::kCreditNoteAboveOpen,
      absl::StrCat("the credit note is of ", text(note.total_minor()), ", ",
                   text(invoice.open_minor()), " is open and ", text(written_off), " written off"),
      {{"total_minor", absl::StrCat(note.total_minor())},
       {"open_minor", absl::StrCat(invoice.open_minor())},
       {"written_off_minor", absl::StrCat(written_off)}});
}

// The payments to which `money_minor` goes back, the newest first.
absl::StatusOr<InvoiceDeallocation> PaymentsFor(const Account& account, const Invoice& invoice,
                                                int64_t money_minor) {
  InvoiceDeallocation off = PaymentsOn(account, invoice, money_minor);
  if (off.amount_minor < money_minor) {
    return Refuse(reason::kCreditNoteAbovePaid,
                  absl::StrCat(MoneyText(account, money_minor), " of the credit note is money, ",
                               MoneyText(account, off.amount_minor), " of it of payments"),
                  {{"money_minor", absl::StrCat(money_minor)},
                   {"paid_minor", absl::StrCat(off.amount_minor)}});
  }
  RETURN_IF_ERROR(ExpectFitsRecord(off));
  return off;
}

// The state of the invoice after the credit note.
v1::InvoiceState StateAfter(const Invoice& invoice, const Parts& parts) {
  if (parts.write_offs.written_off_minor < invoice.written_off_minor()) return invoice.state();
  const bool opens = invoice.written_off_minor() > 0;
  if (parts.open_minor == invoice.open_minor()) return v1::INVOICE_STATE_PAID;
  return opens ? v1::INVOICE_STATE_ISSUED : invoice.state();
}

// Sets the open and the discounted amounts that the credit note leaves.
void SetLeft(const Invoice& invoice, const Parts& parts, const Events& events, Invoice& after) {
  after.set_open_minor(invoice.open_minor() - parts.open_minor);
  if (parts.write_offs.discounted_minor > 0) {
    after.set_discounted_minor(invoice.discounted_minor() - parts.write_offs.discounted_minor);
    TakeTaxes(events.front().event.write_off_reversed().taxes(), *after.mutable_discounted_taxes());
  }
}

void Answer(const Account& account, const CreditNoteIssued& note, const InvoiceDeallocation& off,
            bool validate_only, v1::IssueCreditNoteResponse& response) {
  const Currency& currency = CurrencyOf(account);
  response.set_credit_note_id(note.credit_note_id());
  if (!validate_only) response.set_number(FormatNumber(note.number()));
  *response.mutable_net() = MoneyOf(note.net_minor(), currency);
  *response.mutable_tax() = MoneyOf(note.tax_minor(), currency);
  *response.mutable_total() = MoneyOf(note.total_minor(), currency);
  response.set_account_id(account.account_id());
  response.set_refund_count(static_cast<int>(off.payments.size()));
  *response.mutable_credited() = MoneyOf(note.unapplied_minor(), currency);
  *response.mutable_refunded() = MoneyOf(off.amount_minor, currency);
}

}  // namespace

absl::Status Billing::Check(const v1::IssueCreditNoteRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  if (request.kind() == v1::CREDIT_NOTE_KIND_UNSPECIFIED) {
    bad.Add("kind", "is required");
  } else if (!v1::CreditNoteKind_IsValid(request.kind())) {
    bad.Add("kind", "is no known kind");
  }
  if (request.lines_size() > kMaxLines) {
    bad.Add("lines", absl::StrCat("has more than ", kMaxLines, " entries"));
  } else {
    absl::flat_hash_set<int32_t> seen;
    for (int i = 0; i < request.lines_size(); ++i) {
      const v1::CreditNoteItem& item = request.lines(i);
      if (item.line_index() < 0) bad.Add(At("lines", i, "line_index").ToString(), "is negative");
      if (item.has_net()) Expect(MinorOf(item.net()).status(), At("lines", i, "net"), bad);
      if (item.has_gross()) Expect(MinorOf(item.gross()).status(), At("lines", i, "gross"), bad);
      if (!seen.insert(item.line_index()).second) {
        bad.Add(At("lines", i, "line_index").ToString(), "is named twice");
      }
    }
  }
  Expect(CheckSeries(request.series()), "series", bad);
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::IssueCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::IssueCreditNoteResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kIssueCreditNote));
  RETURN_IF_ERROR(ExpectRoomForFact(view));
  const Account& account = *found.account;
  const Invoice& invoice = *found.invoice;
  CreditNoteIssued note;
  RETURN_IF_ERROR(FillCreditNote(account, invoice, request.lines(), note));

  Invoice after = invoice;
  KeepCredited(note.lines(), after);
  const Parts parts = PartsOf(invoice, after, note.total_minor());
  InvoiceDeallocation off;
  switch (request.kind()) {
    case v1::CREDIT_NOTE_KIND_REFUND: {
      ASSIGN_OR_RETURN(off, PaymentsFor(account, invoice, parts.money_minor));
      break;
    }
    case v1::CREDIT_NOTE_KIND_CREDIT:
      RETURN_IF_ERROR(ExpectFitsReceived(account, parts.money_minor));
      note.set_unapplied_minor(parts.money_minor);
      break;
    default:
      if (parts.money_minor > 0) return AboveOpen(account, note, invoice, parts);
  }
  note.set_applied_minor(note.total_minor() - note.unapplied_minor());
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   EffectiveDay(account, request.has_effective_date(), request.effective_date(),
                                context.now, invoice.invoice_date()));
  // Money goes back today, also for an invoice that is dated ahead.
  absl::CivilDay money_day = day;
  if (!request.has_effective_date()) {
    ASSIGN_OR_RETURN(money_day, DefaultDay(account.time_zone(), context.now, "effective_date"));
  }
  ASSIGN_OR_RETURN(*note.mutable_number(),
                   NextNumber(view.partition_state.series(), Numbered::kCreditNote,
                              request.series(), static_cast<int>(day.year()), view.partition));
  note.set_account_id(account.account_id());
  note.set_credit_note_id(context.NewId(view, 0));
  note.set_invoice_id(request.invoice_id());
  note.set_kind(request.kind());
  note.set_currency_code(account.currency_code());
  note.set_reason(Normalise(request.reason()));

  Answer(account, note, off, context.validate_only, response);

  Events events;
  AddReversals(account, invoice, parts.write_offs, after, day, "", events);
  AddReleases(account, invoice, off, money_day, events);
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  *dated.event.mutable_credit_note_issued() = note;
  const RefundOf refund{context.NewId(view, 1), note.credit_note_id()};
  AddRefunds(account, off, refund, money_day, events);
  if (!off.payments.empty()) response.set_refund_id(refund.refund_id);

  // The open amount that is left may be no more than the discount that is left.
  SetLeft(invoice, parts, events, after);
  EarlyPayments early_payments(account);
  for (const DeallocatedPayment& taken : off.payments) {
    early_payments.Deallocate(invoice, taken.payment, taken.amount_minor);
  }
  early_payments.Change(invoice, after);
  const bool discounted = early_payments.AddEvents(day, events).taken_minor > 0;
  response.set_invoice_state(discounted ? v1::INVOICE_STATE_PAID : StateAfter(invoice, parts));
  return events;
}

}  // namespace daybook::billing
