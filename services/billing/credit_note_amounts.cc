#include "services/billing/credit_note_amounts.h"

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {
namespace {

absl::Status AboveInvoice(std::string_view what, int64_t asked, int64_t left) {
  return Refuse(Reason::kCreditNoteAboveInvoice,
                absl::StrCat(asked, " minor units are taken back of ", ToAbsl(what), ", ", left,
                             " are left of it"),
                {{"of", std::string(what)}, {"left_minor", absl::StrCat(left)}});
}

// Tax that goes with the first `net` of a line.
int64_t TaxOfPart(const StateLine& line, int64_t net) {
  if (line.net == 0) return 0;
  const Int128 sign = line.net < 0 ? -1 : 1;
  return static_cast<int64_t>(DivideHalfUp(sign * line.tax * net, sign * line.net));
}

void AddLine(const StateLine& line, int index, int64_t net, v1::CreditNoteIssued& note) {
  const int64_t tax = TaxOfPart(line, line.credited_net + net) - line.credited_tax;
  v1::CreditNoteLine& credited = *note.add_lines();
  credited.set_line_index(index);
  credited.set_net_minor(net);
  credited.set_tax_minor(tax);
  credited.set_tax_rate_percent(RateText(line.rate_scaled));
  AddToTaxes(line.rate_scaled, net, tax, *note.mutable_taxes());
  note.set_net_minor(note.net_minor() + net);
  note.set_tax_minor(note.tax_minor() + tax);
}

absl::Status AddItem(const v1::Account& account, const v1::Invoice& invoice,
                     const v1::CreditNoteItem& item, int i, v1::CreditNoteIssued& note) {
  const int index = item.line_index();
  if (index >= LineCount(invoice)) {
    return Violation(At("lines", i, "line_index").ToString(),
                     absl::StrCat("the invoice has ", LineCount(invoice), " lines"));
  }
  const StateLine line = LineAt(invoice, index);
  const int64_t left = line.net - line.credited_net;
  int64_t net = left;
  if (item.has_net()) {
    RETURN_IF_ERROR(ExpectCurrency(account, item.net().currency_code()));
    ASSIGN_OR_RETURN(net, MinorOf(item.net()));
    if (net == 0 || (net < 0) != (line.net < 0)) {
      return Violation(At("lines", i, "net").ToString(), "must be of the sign of the line");
    }
  }
  const bool above = line.net < 0 ? net < left : net > left;
  if (above || net == 0) {
    return AboveInvoice(absl::StrCat("lines[", index, "]"), net, left);
  }
  AddLine(line, index, net, note);
  return absl::OkStatus();
}

}  // namespace

absl::Status FillCreditNote(const v1::Account& account, const v1::Invoice& invoice,
                            const google::protobuf::RepeatedPtrField<v1::CreditNoteItem>& items,
                            v1::CreditNoteIssued& note) {
  for (int i = 0; i < items.size(); ++i) {
    RETURN_IF_ERROR(AddItem(account, invoice, items[i], i, note));
  }
  for (int i = 0; items.empty() && i < LineCount(invoice); ++i) {
    const StateLine line = LineAt(invoice, i);
    if (line.net != line.credited_net) AddLine(line, i, line.net - line.credited_net, note);
  }
  const Int128 total = Int128{note.net_minor()} + note.tax_minor();
  const int64_t left = invoice.total_minor() - CreditedTotal(invoice);
  // Of an invoice with discounts the charges alone are more than the invoice.
  if (total > left || (total <= 0 && items.empty())) {
    return AboveInvoice("the invoice", static_cast<int64_t>(total), left);
  }
  if (total <= 0) return Violation("lines", "must come to a positive total");
  note.set_total_minor(static_cast<int64_t>(total));
  return absl::OkStatus();
}

}  // namespace daybook::billing
