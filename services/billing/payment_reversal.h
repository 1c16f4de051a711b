// Money that a bank takes back: a payment bounces, or the payer charges it back.
#pragma once

#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/billing.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

// Decides ReversePayment and ChargeBackPayment, which differ in the state that they leave the
// payment in, `kind`. What a bank took is a fact: it is never refused for what the money was used
// for since, and it has the bank's day, even where the money was allocated later.
template <class Request, class Response>
absl::StatusOr<Events> DecideReversal(const command::View& view, const Request& request,
                                      const command::Context& context, Command command,
                                      v1::PaymentState kind, Response& response);

}  // namespace daybook::billing
