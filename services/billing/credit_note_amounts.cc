#include "services/billing/credit_note_amounts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/effective_day.h"
#include "services/billing/reasons.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {
namespace {

absl::Status AboveInvoice(const state::Account& account, std::string_view what, int64_t asked,
                          int64_t left) {
  return Refuse(reason::kCreditNoteAboveInvoice,
                left == 0
                    ? absl::StrCat("nothing is left of ", ToAbsl(what))
                    : absl::StrCat(MoneyText(account, asked), " is taken back of ", ToAbsl(what),
                                   ", ", MoneyText(account, left), " is left of it"),
                {{"of", std::string(what)}, {"left_minor", absl::StrCat(left)}});
}

// Net and tax of a line, or of a part of it.
struct Piece {
  int64_t net = 0;
  int64_t tax = 0;
};

Piece LeftOf(const StateLine& line) {
  return {line.net - line.credited_net, line.tax - line.credited_tax};
}

// Net and tax of a line have one sign.
bool IsNegative(const StateLine& line) { return line.net < 0 || line.tax < 0; }

// The tax of `part` of `whole`, of which `before` was credited earlier: the tax of all credited so
// far, half-up, less the tax credited before. Parts by net and parts by gross round differently, so
// the tax is clamped to `least` and `most`. All amounts are without signs.
int64_t TaxOfPiece(Int128 tax, Int128 credited_tax, Int128 before, Int128 part, Int128 whole,
                   Int128 least, Int128 most) {
  const Int128 wanted = DivideHalfUp(tax * (before + part), whole) - credited_tax;
  return static_cast<int64_t>(std::clamp(wanted, least, most));
}

Piece PieceByNet(const StateLine& line, int64_t net) {
  const Piece left = LeftOf(line);
  if (net == left.net) return left;
  const int sign = IsNegative(line) ? -1 : 1;
  return {net, sign * TaxOfPiece(sign * Int128{line.tax}, sign * Int128{line.credited_tax},
                                 sign * Int128{line.credited_net}, sign * Int128{net},
                                 sign * Int128{line.net}, 0, sign * Int128{left.tax})};
}

// The net is the part less its tax, so that it is no more than is left of the line's net.
Piece PieceByGross(const StateLine& line, int64_t gross) {
  const Piece left = LeftOf(line);
  const int sign = IsNegative(line) ? -1 : 1;
  const Int128 part = sign * Int128{gross};
  const int64_t tax = sign * TaxOfPiece(sign * Int128{line.tax}, sign * Int128{line.credited_tax},
                                        sign * (Int128{line.credited_net} + line.credited_tax),
                                        part, sign * (Int128{line.net} + line.tax),
                                        std::max(Int128{0}, part - sign * Int128{left.net}),
                                        std::min(part, sign * Int128{left.tax}));
  return {gross - tax, tax};
}

void AddLine(const StateLine& line, int index, const Piece& bit, v1::CreditNoteIssued& note) {
  v1::CreditNoteLine& credited = *note.add_lines();
  credited.set_line_index(index);
  credited.set_net_minor(bit.net);
  credited.set_tax_minor(bit.tax);
  credited.set_tax_rate_percent(RateText(line.rate_scaled));
  if (line.tax_code != nullptr) *credited.mutable_tax_code() = *line.tax_code;
  AddToTaxes(line, bit.net, bit.tax, *note.mutable_taxes());
  note.set_net_minor(note.net_minor() + bit.net);
  note.set_tax_minor(note.tax_minor() + bit.tax);
}

// The amount of an item, which has the line's sign and is no more than is left of the line.
absl::StatusOr<int64_t> AskedOf(const state::Account& account, const google::type::Money& money,
                                int64_t left, const StateLine& line, int index, const At& field) {
  const bool negative = IsNegative(line);
  RETURN_IF_ERROR(ExpectCurrency(account, money.currency_code()));
  ASSIGN_OR_RETURN(const int64_t amount, MinorOf(money));
  if (amount == 0 || (amount < 0) != negative) {
    return Violation(field.ToString(), "must be of the sign of the line");
  }
  if (negative ? amount < left : amount > left) {
    return AboveInvoice(account, absl::StrCat("lines[", index, "]"), amount, left);
  }
  return amount;
}

absl::Status AddItem(const state::Account& account, const state::Invoice& invoice,
                     const v1::CreditNoteItem& item, int i, v1::CreditNoteIssued& note) {
  const int index = item.line_index();
  if (index >= LineCount(invoice)) {
    return Violation(At("lines", i, "line_index").ToString(),
                     absl::StrCat("the invoice has ", LineCount(invoice), " lines"));
  }
  const StateLine line = LineAt(account, invoice, index);
  const Piece left = LeftOf(line);
  Piece bit = left;
  if (item.has_net()) {
    ASSIGN_OR_RETURN(const int64_t net,
                     AskedOf(account, item.net(), left.net, line, index, At("lines", i, "net")));
    bit = PieceByNet(line, net);
  } else if (item.has_gross()) {
    ASSIGN_OR_RETURN(const int64_t gross, AskedOf(account, item.gross(), left.net + left.tax, line,
                                                  index, At("lines", i, "gross")));
    bit = PieceByGross(line, gross);
  } else if (left.net == 0 && left.tax == 0) {
    return AboveInvoice(account, absl::StrCat("lines[", index, "]"), 0, 0);
  }
  AddLine(line, index, bit, note);
  return absl::OkStatus();
}

}  // namespace

absl::Status FillCreditNote(const state::Account& account, const state::Invoice& invoice,
                            const google::protobuf::RepeatedPtrField<v1::CreditNoteItem>& items,
                            v1::CreditNoteIssued& note) {
  for (int i = 0; i < items.size(); ++i) {
    RETURN_IF_ERROR(AddItem(account, invoice, items[i], i, note));
  }
  for (int i = 0; items.empty() && i < LineCount(invoice); ++i) {
    const StateLine line = LineAt(account, invoice, i);
    const Piece left = LeftOf(line);
    if (left.net != 0 || left.tax != 0) AddLine(line, i, left, note);
  }
  const Int128 total = Int128{note.net_minor()} + note.tax_minor();
  const int64_t left = invoice.total_minor() - CreditedTotal(invoice);
  // On an invoice with negative lines the charges alone exceed the invoice.
  if (total > left || note.lines().empty()) {
    return AboveInvoice(account, "the invoice", static_cast<int64_t>(total), left);
  }
  if (total < 0) return Violation("lines", "must not come to a total below zero");
  note.set_total_minor(static_cast<int64_t>(total));
  return absl::OkStatus();
}

}  // namespace daybook::billing
