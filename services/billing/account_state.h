// Changes of an account and of its state.
#pragma once

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/billing.h"
#include "services/billing/effective_day.h"

namespace daybook::billing {

// The day of a change of the account, which is not before that of the change before it.
template <class Request>
absl::StatusOr<absl::CivilDay> DayOfChange(const state::Account& account, const Request& request,
                                           const command::Context& context) {
  return EffectiveDay(account, request.has_effective_date(), request.effective_date(), context.now,
                      account.changed_date());
}

// One event with the account and the reason. `slot`: the field of Event that it goes into.
template <class Request, class Response, class Event>
absl::StatusOr<Events> ChangeState(const state::Account& account, const Request& request,
                                   const command::Context& context, v1::AccountState state,
                                   Event* (Billing::Event::*slot)(), Response& response) {
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfChange(account, request, context));
  Event& event = *(events[0].event.*slot)();
  event.set_account_id(account.account_id());
  event.set_reason(Normalise(request.reason()));
  response.set_account_id(account.account_id());
  response.set_state(state);
  return events;
}

}  // namespace daybook::billing
