#include "services/billing/write_off_reversal.h"

#include <algorithm>

#include "services/billing/day_number.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

v1::WriteOffReversed& Add(const v1::Account& account, const v1::Invoice& invoice,
                          v1::WriteOffReason reason, int64_t amount_minor, absl::CivilDay day,
                          command::Events<v1::Event>& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(day, DayOfNumber(invoice.write_off_date()));
  v1::WriteOffReversed& reversed = *dated.event.mutable_write_off_reversed();
  reversed.set_account_id(account.account_id());
  reversed.set_invoice_id(invoice.invoice_id());
  reversed.set_currency_code(account.currency_code());
  reversed.set_reason(reason);
  reversed.set_amount_minor(amount_minor);
  return reversed;
}

}  // namespace

GivenUp AllGivenUp(const v1::Invoice& invoice) {
  return {invoice.residue_minor(), invoice.written_off_minor()};
}

void AddReversals(const v1::Account& account, const v1::Invoice& invoice, const GivenUp& undone,
                  const v1::Invoice& left, absl::CivilDay day, const std::string& comment,
                  command::Events<v1::Event>& events) {
  if (undone.residue_minor > 0) {
    v1::WriteOffReversed& reversed = Add(account, invoice, v1::WRITE_OFF_REASON_NORMAL,
                                         undone.residue_minor, day, events);
    SetTaxes(LessRelief(invoice.residue_taxes(), account, left,
                        invoice.residue_minor() - undone.residue_minor),
             reversed);
    reversed.set_comment(comment);
  }
  if (undone.written_off_minor > 0) {
    v1::WriteOffReversed& reversed = Add(account, invoice, invoice.write_off_reason(),
                                         undone.written_off_minor, day, events);
    SetTaxes(LessRelief(invoice.written_off_taxes(), account, left,
                        invoice.written_off_minor() - undone.written_off_minor),
             reversed);
    reversed.set_comment(comment);
  }
}

}  // namespace daybook::billing
