// The loyalty book: points of customers. It lives in the tests only and shows what a book is: this
// folder, its protos, and the lines that the recipe in common/command/README.md names.
//
// Whoever is registered gets 100 points at once, in the same commit (React). Nobody is put aside
// with points left (Blocks).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/customer/v1/event.pb.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "daybook/internal/loyalty/v1/state.pb.h"
#include "daybook/loyalty/v1/event.pb.h"
#include "daybook/loyalty/v1/loyalty_service.pb.h"

namespace daybook::loyalty {

using Events = command::Events<v1::Event>;
using State = internal::loyalty::v1::State;

struct Loyalty {
  using Event = v1::Event;
  static constexpr int kStateVersion = 1;
  static constexpr command::Gate kGate = command::Gate::kActive;
  using Requests = command::RequestList<v1::GrantPointsRequest, v1::RedeemPointsRequest>;
  using ReactsTo = command::FactList<customer::v1::CustomerRegistered>;

  static absl::Status Check(const v1::GrantPointsRequest& request);
  static absl::Status Check(const v1::RedeemPointsRequest& request);

  // One PointsGranted.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::GrantPointsRequest& request,
                                       const command::Context& context,
                                       v1::GrantPointsResponse& response);
  // One PointsRedeemed. Refuses: POINTS_TOO_FEW.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RedeemPointsRequest& request,
                                       const command::Context& context,
                                       v1::RedeemPointsResponse& response);

  // One PointsGranted.
  static void React(const command::View& after, const customer::v1::CustomerRegistered& fact,
                    const command::EventMeta& meta, const command::Context& context,
                    Events* events);
  static ReasonList Refusals(std::string_view command);
  static void Blocks(const State& state, command::OpenItems* open);
  static void Evolve(const command::EventMeta& meta, const Event& event, State& own,
                     internal::book::v1::PartitionState& partition_state);
};

}  // namespace daybook::loyalty
