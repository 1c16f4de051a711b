#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/currency_scale.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/reasons.h"
#include "services/billing/state_lines.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

using state::Invoice;

bool IsLoss(v1::WriteOffReason reason) {
  return reason == v1::WRITE_OFF_REASON_OVERDUE || reason == v1::WRITE_OFF_REASON_BAD_DEBT;
}

// All write-offs of an invoice correct the tax or none does, so that a recovery has one answer.
absl::Status ExpectSameTax(bool correct_tax, bool corrected) {
  if (correct_tax == corrected) return absl::OkStatus();
  return Refuse(reason::kWriteOffTaxMixed,
                absl::StrCat("part of the invoice was written off and its tax was ",
                             corrected ? "" : "not ", "corrected"),
                {{"correct_tax", corrected ? "true" : "false"}});
}

// `residue_minor`: the open amount less the discount that is taken with it.
absl::Status ExpectResidue(const InvoiceRef& found, int64_t residue_minor) {
  const int64_t tolerance = WriteOffTolerance(found.account->currency_code());
  // An UNCOLLECTIBLE invoice has no residue.
  if (found.state() == v1::INVOICE_STATE_ISSUED && residue_minor <= tolerance) {
    return absl::OkStatus();
  }
  return Refuse(
      reason::kWriteOffAboveTolerance,
      absl::StrCat(MoneyText(*found.account, residue_minor), " is open; a residue is at most ",
                   MoneyText(*found.account, tolerance), " of an invoice that is ISSUED"),
      {{"open_minor", absl::StrCat(residue_minor)}, {"tolerance_minor", absl::StrCat(tolerance)}});
}

absl::Status ExpectWriteOff(const InvoiceRef& found, v1::WriteOffReason reason) {
  const Invoice& invoice = *found.invoice;
  if (invoice.open_minor() == 0) {
    return Refuse(
        reason::kInvoiceNotOpen,
        absl::StrCat("nothing is open on invoice '", invoice.invoice_id(), "'"),
        {{"invoice_id", invoice.invoice_id()}, {"state", std::string(NameOf(found.state()))}});
  }
  if (IsLoss(reason) && invoice.written_off_minor() > 0 && invoice.write_off_reason() != reason) {
    const std::string name = v1::WriteOffReason_Name(invoice.write_off_reason());
    return Refuse(reason::kWriteOffReasonMixed,
                  absl::StrCat("part of the invoice was written off as ", name),
                  {{"reason", name}});
  }
  return absl::OkStatus();
}

absl::Status NotEarned(const InvoiceRef& found, int64_t rest_minor) {
  const int64_t allowed = AllowedDiscount(*found.invoice);
  return Refuse(reason::kDiscountNotEarned,
                absl::StrCat(MoneyText(*found.account, rest_minor), " of invoice '",
                             found.invoice->invoice_id(),
                             "' is open beyond what early payment earned; it offers ",
                             MoneyText(*found.account, allowed)),
                {{"invoice_id", found.invoice->invoice_id()},
                 {"open_minor", absl::StrCat(found.invoice->open_minor())},
                 {"discount_minor", absl::StrCat(allowed)}});
}

// Takes the discount for early payment before anything else is written off. A residue within the
// tolerance needs none.
int64_t TakeDiscount(const InvoiceRef& found, v1::WriteOffReason reason, absl::CivilDay day,
                     Events& events) {
  if (IsLoss(reason)) return 0;
  if (reason == v1::WRITE_OFF_REASON_NORMAL &&
      ExpectResidue(found, found.invoice->open_minor()).ok()) {
    return 0;
  }
  return EarlyPayments(*found.account).TakeOf(*found.invoice, day, events);
}

// The tax in `amount_minor` that is corrected; none unless the request wants it.
absl::StatusOr<Taxes> CorrectedTax(const InvoiceRef& found, int64_t amount_minor,
                                   const v1::WriteOffInvoiceRequest& request) {
  const Invoice& invoice = *found.invoice;
  const bool normal = request.reason() == v1::WRITE_OFF_REASON_NORMAL;
  const Taxes& before = normal ? invoice.residue_taxes() : invoice.written_off_taxes();
  const int64_t written_off = normal ? invoice.residue_minor() : invoice.written_off_minor();
  const state::Account& account = *found.account;
  Taxes more = MoreRelief(before, account, invoice, written_off + amount_minor);
  // A few cents have no tax to correct, whatever the request wants.
  if (!before.empty() || !ReliefOf(account, invoice, written_off).empty()) {
    RETURN_IF_ERROR(ExpectSameTax(request.correct_tax(), !before.empty()));
  }
  return request.correct_tax() ? more : Taxes();
}

}  // namespace

absl::Status Billing::Check(const v1::WriteOffInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  if (request.reason() == v1::WRITE_OFF_REASON_UNSPECIFIED) {
    bad.Add("reason", "is required");
  } else if (!v1::WriteOffReason_IsValid(request.reason())) {
    bad.Add("reason", "is no known reason");
  }
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::WriteOffInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kWriteOffInvoice));
  RETURN_IF_ERROR(ExpectWriteOff(found, request.reason()));
  ASSIGN_OR_RETURN(const absl::CivilDay day, DayOfInvoice(found, request, context));
  Events events;
  const int64_t rest =
      found.invoice->open_minor() - TakeDiscount(found, request.reason(), day, events);
  if (request.reason() == v1::WRITE_OFF_REASON_NORMAL) {
    RETURN_IF_ERROR(ExpectResidue(found, rest));
  } else if (request.reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT && rest > 0) {
    return NotEarned(found, rest);
  }
  if (rest > 0) {
    ASSIGN_OR_RETURN(Taxes corrected, CorrectedTax(found, rest, request));
    auto& dated = events.emplace_back();
    // A residue is not written off before the discount beside it.
    dated.effective_date = events.size() == 1 ? day : events.front().effective_date;
    auto& written_off = *dated.event.mutable_invoice_written_off();
    written_off.set_account_id(found.account->account_id());
    written_off.set_invoice_id(request.invoice_id());
    written_off.set_currency_code(found.account->currency_code());
    written_off.set_reason(request.reason());
    written_off.set_amount_minor(rest);
    SetTaxes(std::move(corrected), written_off);
  }
  int64_t tax = 0;
  for (const auto& dated : events) tax += dated.event.invoice_written_off().tax_minor();

  const Currency& currency = CurrencyOf(*found.account);
  response.set_invoice_id(request.invoice_id());
  *response.mutable_amount() = MoneyOf(found.invoice->open_minor(), currency);
  *response.mutable_tax() = MoneyOf(tax, currency);
  response.set_state(IsLoss(request.reason()) ? v1::INVOICE_STATE_UNCOLLECTIBLE
                                              : v1::INVOICE_STATE_PAID);
  return events;
}

}  // namespace daybook::billing
