// The customer book: who a customer is. Pure functions, see common/command/decider.h.
//
// A customer enters the book once and for ever under one id. Text is stored NFC-normalised, e-mail
// domains in their ASCII form, telephone numbers as E.164 where they are plausible.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/book/v1/state.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/customer/v1/event.pb.h"

namespace daybook {

struct Customer {
  using Event = customer::v1::Event;
  using Requests = command::RequestList<customer::v1::RegisterCustomerRequest>;

  // What can be said without a state: INVALID_FIELDS naming every violation, or OK. Decide may only
  // be called with a request that passed.
  static absl::Status Check(const customer::v1::RegisterCustomerRequest& request);

  // One CustomerRegistered under `view.customer_id` (which is `request.customer_id`, or the id that
  // was derived when that is empty). Refuses with CUSTOMER_EXISTS.
  static absl::StatusOr<command::Events<Event>> Decide(
      const command::View& view, const customer::v1::RegisterCustomerRequest& request,
      const command::Context& context, customer::v1::RegisterCustomerResponse& response);

  // Writes `state.customer` only.
  static void Evolve(const command::EventMeta& meta, const Event& event, book::v1::State& state,
                     book::v1::PartitionState& partition_state);
};

}  // namespace daybook
