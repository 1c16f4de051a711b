// Void, uncollectible, written off.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/invoice_number.h"
#include "services/billing/state_lines.h"
#include "services/billing/write_off_tolerance.h"

namespace daybook {
namespace {

using billing::Command;
using billing::InvoiceRef;
using billing::v1::Invoice;
using Events = command::Events<Billing::Event>;

template <class Request>
absl::StatusOr<absl::CivilDay> DayOfInvoice(const InvoiceRef& found, const Request& request,
                                            const command::Context& context, int32_t earliest = 0) {
  return billing::EffectiveDay(*found.account, request.has_effective_date(),
                               request.effective_date(), context.now,
                               std::max(earliest, found.invoice->invoice_date()));
}

// Money and credit notes on an invoice: the total less everything else that it came to.
absl::Status ExpectUntouched(const Invoice& invoice) {
  const int64_t paid = invoice.total_minor() - invoice.open_minor() - invoice.credited_minor() -
                       invoice.written_off_minor() - invoice.residue_minor();
  const int64_t credited = billing::CreditedTotal(invoice);
  if (paid == 0 && credited == 0) return absl::OkStatus();
  return Refuse(Reason::kInvoiceHasMoney,
                absl::StrCat("invoice '", invoice.invoice_id(), "' has ", paid,
                             " minor units of money and ", credited, " of credit notes on it"),
                {{"invoice_id", invoice.invoice_id()},
                 {"allocated_minor", absl::StrCat(paid)},
                 {"credited_minor", absl::StrCat(credited)}});
}

void FillVoided(const billing::v1::Account& account, const Invoice& invoice,
                billing::v1::InvoiceVoided& voided) {
  for (int i = 0; i < billing::LineCount(invoice); ++i) {
    const billing::StateLine line = billing::LineAt(account, invoice, i);
    voided.set_net_minor(voided.net_minor() + line.net);
    voided.set_tax_minor(voided.tax_minor() + line.tax);
    billing::AddToTaxes(line, line.net, line.tax, *voided.mutable_taxes());
  }
  voided.set_total_minor(invoice.total_minor());
  voided.set_open_minor(invoice.open_minor());
  voided.set_written_off_minor(invoice.written_off_minor());
  voided.set_write_off_reason(invoice.write_off_reason());
  voided.set_residue_minor(invoice.residue_minor());
}

absl::Status ExpectWriteOff(const InvoiceRef& found, billing::v1::WriteOffReason reason) {
  const Invoice& invoice = *found.invoice;
  if (invoice.open_minor() == 0) {
    return Refuse(Reason::kInvoiceNotOpen,
                  absl::StrCat("nothing is open on invoice '", invoice.invoice_id(), "'"),
                  {{"invoice_id", invoice.invoice_id()},
                   {"state", std::string(billing::NameOf(found.state()))}});
  }
  if (reason == billing::v1::WRITE_OFF_REASON_NORMAL) {
    const int64_t tolerance = billing::WriteOffTolerance(found.account->currency_code());
    // Of an invoice that was given up nothing is a residue.
    if (found.state() == billing::v1::INVOICE_STATE_ISSUED && invoice.open_minor() <= tolerance) {
      return absl::OkStatus();
    }
    return Refuse(Reason::kWriteOffAboveTolerance,
                  absl::StrCat(invoice.open_minor(), " minor units are open; a residue is at most ",
                               tolerance, " of an invoice that is ISSUED"),
                  {{"open_minor", absl::StrCat(invoice.open_minor())},
                   {"tolerance_minor", absl::StrCat(tolerance)}});
  }
  if (invoice.written_off_minor() > 0 && invoice.write_off_reason() != reason) {
    const std::string name = billing::v1::WriteOffReason_Name(invoice.write_off_reason());
    return Refuse(Reason::kWriteOffReasonMixed,
                  absl::StrCat("part of the invoice was written off as ", name),
                  {{"reason", name}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::VoidInvoiceRequest& request,
                                       const command::Context& context,
                                       billing::v1::VoidInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   billing::FindInvoice(view, request.invoice_id(), Command::kVoidInvoice));
  RETURN_IF_ERROR(ExpectUntouched(*found.invoice));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date,
                   DayOfInvoice(found, request, context, found.invoice->write_off_date()));
  auto& voided = *events[0].event.mutable_invoice_voided();
  voided.set_account_id(found.account->account_id());
  voided.set_invoice_id(request.invoice_id());
  voided.set_currency_code(found.account->currency_code());
  *voided.mutable_number() = billing::NumberOf(*found.invoice, view.partition);
  FillVoided(*found.account, *found.invoice, voided);
  voided.set_reason(Normalise(request.reason()));

  response.set_invoice_id(request.invoice_id());
  response.set_number(billing::FormatNumber(voided.number()));
  *response.mutable_total() = MoneyOf(voided.total_minor(), billing::CurrencyOf(*found.account));
  response.set_state(billing::v1::INVOICE_STATE_VOID);
  return events;
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::MarkInvoiceUncollectibleRequest& request,
                                       const command::Context& context,
                                       billing::v1::MarkInvoiceUncollectibleResponse& response) {
  ASSIGN_OR_RETURN(
      const InvoiceRef found,
      billing::FindInvoice(view, request.invoice_id(), Command::kMarkInvoiceUncollectible));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfInvoice(found, request, context));
  auto& marked = *events[0].event.mutable_invoice_marked_uncollectible();
  marked.set_account_id(found.account->account_id());
  marked.set_invoice_id(request.invoice_id());
  marked.set_currency_code(found.account->currency_code());
  marked.set_open_minor(found.invoice->open_minor());
  marked.set_reason(Normalise(request.reason()));

  response.set_invoice_id(request.invoice_id());
  *response.mutable_open() = MoneyOf(marked.open_minor(), billing::CurrencyOf(*found.account));
  response.set_state(billing::v1::INVOICE_STATE_UNCOLLECTIBLE);
  return events;
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const billing::v1::WriteOffInvoiceRequest& request,
                                       const command::Context& context,
                                       billing::v1::WriteOffInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   billing::FindInvoice(view, request.invoice_id(), Command::kWriteOffInvoice));
  RETURN_IF_ERROR(ExpectWriteOff(found, request.reason()));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfInvoice(found, request, context));
  auto& written_off = *events[0].event.mutable_invoice_written_off();
  written_off.set_account_id(found.account->account_id());
  written_off.set_invoice_id(request.invoice_id());
  written_off.set_currency_code(found.account->currency_code());
  written_off.set_reason(request.reason());
  written_off.set_amount_minor(found.invoice->open_minor());

  response.set_invoice_id(request.invoice_id());
  *response.mutable_amount() =
      MoneyOf(written_off.amount_minor(), billing::CurrencyOf(*found.account));
  response.set_state(request.reason() == billing::v1::WRITE_OFF_REASON_NORMAL
                         ? billing::v1::INVOICE_STATE_PAID
                         : billing::v1::INVOICE_STATE_UNCOLLECTIBLE);
  return events;
}

}  // namespace daybook
