// What events of accounts do to the state.
#include "services/billing/day_number.h"
#include "services/billing/evolve.h"
#include "services/billing/fold.h"

namespace daybook::billing {
namespace {

using state::Account;

void SetState(v1::AccountState state, absl::CivilDay day, Account& account) {
  account.set_state(state);
  account.set_changed_date(DayNumber(day));
}

}  // namespace

void On(const v1::AccountOpened& event, const Target& to) {
  Account& account = *to.state.add_accounts();
  account.set_account_id(event.account_id());
  account.set_currency_code(event.currency_code());
  if (event.has_currency_digits()) account.set_currency_digits(event.currency_digits());
  account.set_time_zone(event.time_zone());
  *account.mutable_terms() = event.terms();
  account.set_credit_application(event.credit_application());
  SetState(v1::ACCOUNT_STATE_ACTIVE, to.day, account);
}

void On(const v1::AccountTermsChanged& event, const Target& to) {
  Account& account = to.AccountOf(event);
  *account.mutable_terms() = event.terms();
  account.set_credit_application(event.credit_application());
}

void On(const v1::AccountSuspended& event, const Target& to) {
  SetState(v1::ACCOUNT_STATE_SUSPENDED, to.day, to.AccountOf(event));
}

void On(const v1::AccountClosed& event, const Target& to) {
  SetState(v1::ACCOUNT_STATE_CLOSED, to.day, to.AccountOf(event));
}

void On(const v1::AccountReopened& event, const Target& to) {
  SetState(v1::ACCOUNT_STATE_ACTIVE, to.day, to.AccountOf(event));
}

}  // namespace daybook::billing
