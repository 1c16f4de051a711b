#include "services/billing/credit_write_off.h"

#include <algorithm>
#include <string>

#include "common/command/decider.h"
#include "services/billing/day_number.h"
#include "services/billing/documents.h"

namespace daybook::billing {

void AddCreditRestored(const PaymentRef& found, absl::CivilDay day, const std::string& reason,
                       command::Events<v1::Event>& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(day, DayOfNumber(found.payment->write_off_date()));
  v1::CreditWriteOffReversed& restored = *dated.event.mutable_credit_write_off_reversed();
  restored.set_account_id(found.account->account_id());
  restored.set_payment_id(found.payment->payment_id());
  restored.set_currency_code(found.account->currency_code());
  restored.set_amount_minor(found.payment->written_off_minor());
  restored.set_reason(reason);
}

}  // namespace daybook::billing
