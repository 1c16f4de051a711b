#include "services/billing/write_off_reversal.h"

#include <algorithm>

#include "services/billing/day_number.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

// For one reason: the amount that is undone, the standing amount, and its taxes.
struct Undone {
  v1::WriteOffReason reason;
  int64_t amount_minor;
  int64_t stands_minor;
  const Taxes& taxes;
};

void Add(const state::Account& account, const state::Invoice& invoice, const Undone& undone,
         const state::Invoice& left, absl::CivilDay day, const std::string& comment,
         command::Events<v1::Event>& events) {
  if (undone.amount_minor == 0) return;
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(day, DayOfNumber(invoice.write_off_date()));
  v1::WriteOffReversed& reversed = *dated.event.mutable_write_off_reversed();
  reversed.set_account_id(account.account_id());
  reversed.set_invoice_id(invoice.invoice_id());
  reversed.set_currency_code(account.currency_code());
  reversed.set_reason(undone.reason);
  reversed.set_amount_minor(undone.amount_minor);
  SetTaxes(LessRelief(undone.taxes, account, left, undone.stands_minor - undone.amount_minor),
           reversed);
  reversed.set_comment(comment);
}

}  // namespace

WriteOffs StandingWriteOffs(const state::Invoice& invoice) {
  return {invoice.discounted_minor(), invoice.residue_minor(), invoice.written_off_minor()};
}

void AddReversals(const state::Account& account, const state::Invoice& invoice,
                  const WriteOffs& undone, const state::Invoice& left, absl::CivilDay day,
                  const std::string& comment, command::Events<v1::Event>& events) {
  const auto add = [&](const Undone& one) {
    Add(account, invoice, one, left, day, comment, events);
  };
  add({v1::WRITE_OFF_REASON_EARLY_PAYMENT, undone.discounted_minor, invoice.discounted_minor(),
       invoice.discounted_taxes()});
  add({v1::WRITE_OFF_REASON_NORMAL, undone.residue_minor, invoice.residue_minor(),
       invoice.residue_taxes()});
  add({invoice.write_off_reason(), undone.written_off_minor, invoice.written_off_minor(),
       invoice.written_off_taxes()});
}

}  // namespace daybook::billing
