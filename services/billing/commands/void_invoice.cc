#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/invoice_number.h"
#include "services/billing/reasons.h"
#include "services/billing/state_lines.h"
#include "services/billing/write_off_reversal.h"

namespace daybook::billing {
namespace {

using state::Invoice;

// Money and credit notes on an invoice: its total less all other amounts.
absl::Status ExpectUntouched(const state::Account& account, const Invoice& invoice) {
  const int64_t paid = invoice.total_minor() - invoice.open_minor() - invoice.credited_minor() -
                       invoice.written_off_minor() - invoice.residue_minor() -
                       invoice.discounted_minor();
  const int64_t credited = CreditedTotal(invoice);
  // A credit note of an invoice of 0 comes to 0, and yet credits its lines.
  if (paid == 0 && invoice.credited_lines().empty()) return absl::OkStatus();
  return Refuse(
      reason::kInvoiceHasMoney,
      absl::StrCat("invoice '", invoice.invoice_id(), "' has ", MoneyText(account, paid),
                   " of money and ", MoneyText(account, credited), " of credit notes on it"),
      {{"invoice_id", invoice.invoice_id()},
       {"allocated_minor", absl::StrCat(paid)},
       {"credited_minor", absl::StrCat(credited)}});
}

void FillVoided(const state::Account& account, const Invoice& invoice, v1::InvoiceVoided& voided) {
  for (int i = 0; i < LineCount(invoice); ++i) {
    const StateLine line = LineAt(account, invoice, i);
    voided.set_net_minor(voided.net_minor() + line.net);
    voided.set_tax_minor(voided.tax_minor() + line.tax);
    AddToTaxes(line, line.net, line.tax, *voided.mutable_taxes());
  }
  voided.set_total_minor(invoice.total_minor());
  voided.set_open_minor(invoice.open_minor() + StandingWriteOffs(invoice).total());
}

}  // namespace

absl::Status Billing::Check(const v1::VoidInvoiceRequest& request) {
  return CheckInvoiceRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::VoidInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::VoidInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kVoidInvoice));
  RETURN_IF_ERROR(ExpectUntouched(*found.account, *found.invoice));
  ASSIGN_OR_RETURN(const absl::CivilDay day,
                   DayOfInvoice(found, request, context, found.invoice->write_off_date()));
  Events events;
  AddReversals(*found.account, *found.invoice, StandingWriteOffs(*found.invoice), *found.invoice,
               day, "", events);
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  auto& voided = *dated.event.mutable_invoice_voided();
  voided.set_account_id(found.account->account_id());
  voided.set_invoice_id(request.invoice_id());
  voided.set_currency_code(found.account->currency_code());
  *voided.mutable_number() = NumberOf(*found.invoice, view.partition);
  FillVoided(*found.account, *found.invoice, voided);
  voided.set_reason(Normalise(request.reason()));

  response.set_invoice_id(request.invoice_id());
  response.set_number(FormatNumber(voided.number()));
  *response.mutable_total() = MoneyOf(voided.total_minor(), CurrencyOf(*found.account));
  response.set_state(v1::INVOICE_STATE_VOID);
  return events;
}

}  // namespace daybook::billing
