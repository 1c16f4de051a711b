// The customer book: who a customer is. Pure functions, see common/command/decider.h.
//
// A customer enters the book once and for ever, under one id. Text is stored NFC-normalised, e-mail
// domains in their ASCII form, telephone numbers as E.164 where they are plausible. A customer is
// active or archived. Every command first asks the table of lifecycle.cc whether it is allowed, and
// refuses with CUSTOMER_NOT_FOUND, CUSTOMER_EXISTS, CUSTOMER_ARCHIVED or CUSTOMER_NOT_ARCHIVED. A
// change that would count before the registration is refused with INVALID_FIELDS.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/customer/v1/event.pb.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "services/customer/state.h"

namespace daybook::customer {

using Events = command::Events<v1::Event>;

struct Customer {
  using Event = v1::Event;
  static constexpr int kStateVersion = 1;
  using Requests = command::RequestList<v1::RegisterCustomerRequest, v1::UpdateCustomerRequest,
                                        v1::ArchiveCustomerRequest, v1::RestoreCustomerRequest,
                                        v1::AddExternalIdRequest, v1::RemoveExternalIdRequest>;
  using AsksOpenItems = command::RequestList<v1::ArchiveCustomerRequest>;

  // Checks a request without a state: INVALID_FIELDS with every violation, or OK. Decide needs a
  // request that passed.
  static absl::Status Check(const v1::RegisterCustomerRequest& request);
  static absl::Status Check(const v1::UpdateCustomerRequest& request);
  static absl::Status Check(const v1::ArchiveCustomerRequest& request);
  static absl::Status Check(const v1::RestoreCustomerRequest& request);
  static absl::Status Check(const v1::AddExternalIdRequest& request);
  static absl::Status Check(const v1::RemoveExternalIdRequest& request);

  // CustomerRegistered under `view.stream_id`, which is `request.customer_id` or, if that is
  // empty, an id derived from the request id.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RegisterCustomerRequest& request,
                                       const command::Context& context,
                                       v1::RegisterCustomerResponse& response);

  // CustomerUpdated; no event when nothing changes. Refuses: ETAG_MISMATCH; INVALID_FIELDS for a
  // person with a field that only organisations have, and where no name would be left.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::UpdateCustomerRequest& request,
                                       const command::Context& context,
                                       v1::UpdateCustomerResponse& response);

  // CustomerArchived. Refuses: CUSTOMER_HAS_OPEN_ITEMS.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ArchiveCustomerRequest& request,
                                       const command::Context& context,
                                       v1::ArchiveCustomerResponse& response);

  // CustomerRestored.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RestoreCustomerRequest& request,
                                       const command::Context& context,
                                       v1::RestoreCustomerResponse& response);

  // ExternalIdAdded; no event when the customer has it. Refuses: EXTERNAL_ID_EXISTS,
  // EXTERNAL_IDS_FULL.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::AddExternalIdRequest& request,
                                       const command::Context& context,
                                       v1::AddExternalIdResponse& response);

  // ExternalIdRemoved. Refuses: EXTERNAL_ID_NOT_FOUND.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RemoveExternalIdRequest& request,
                                       const command::Context& context,
                                       v1::RemoveExternalIdResponse& response);

  // kRegistered: CUSTOMER_NOT_FOUND; kActive: CUSTOMER_ARCHIVED, too. With the metadata of
  // lifecycle.h.
  static absl::Status Admit(const command::View& view, command::Gate gate);
  static ReasonList GateRefusals(command::Gate gate);

  // The table of refusals.cc.
  static ReasonList Refusals(std::string_view command);

  static void Evolve(const command::EventMeta& meta, const Event& event, state::State& state,
                     internal::book::v1::PartitionState& partition_state);
};

}  // namespace daybook::customer
