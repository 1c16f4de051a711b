#include "tests/books/loyalty/loyalty.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "tests/books/loyalty/reasons.h"

namespace daybook::loyalty {
namespace {

using v1::GrantPointsRequest;
using v1::GrantPointsResponse;
using v1::RedeemPointsRequest;
using v1::RedeemPointsResponse;

constexpr int64_t kWelcome = 100;

template <class Request>
absl::Status CheckPoints(const Request& request) {
  FieldViolations bad;
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  Expect(CheckId(request.customer_id(), command::kMaxStreamIdCharacters), "customer_id", bad);
  if (request.points() <= 0) bad.Add("points", "must be above 0");
  return bad.ToStatus();
}

}  // namespace

absl::Status Loyalty::Check(const GrantPointsRequest& request) { return CheckPoints(request); }
absl::Status Loyalty::Check(const RedeemPointsRequest& request) { return CheckPoints(request); }

absl::StatusOr<Events> Loyalty::Decide(const command::View& view, const GrantPointsRequest& request,
                                       const command::Context& context,
                                       GrantPointsResponse& response) {
  Events events(1);
  events[0].effective_date = TodayIn(absl::UTCTimeZone(), context.now);
  auto& granted = *events[0].event.mutable_points_granted();
  granted.set_points(request.points());
  granted.set_grant_id(context.NewId(view, 0));
  response.set_points(view.part<State>().points() + request.points());
  return events;
}

absl::StatusOr<Events> Loyalty::Decide(const command::View& view,
                                       const RedeemPointsRequest& request,
                                       const command::Context& context,
                                       RedeemPointsResponse& response) {
  const int64_t points = view.part<State>().points();
  if (request.points() > points) {
    return Refuse(reason::kPointsTooFew,
                  absl::StrCat("the customer has ", points, " points, not ", request.points()),
                  {{"points", absl::StrCat(points)}});
  }
  Events events(1);
  events[0].effective_date = TodayIn(absl::UTCTimeZone(), context.now);
  events[0].event.mutable_points_redeemed()->set_points(request.points());
  response.set_points(points - request.points());
  return events;
}

void Loyalty::React(const command::View& after, const customer::v1::CustomerRegistered&,
                    const command::EventMeta& meta, const command::Context& context,
                    Events* events) {
  events->push_back({meta.effective_date, {}});
  auto& granted = *events->back().event.mutable_points_granted();
  granted.set_points(kWelcome);
  granted.set_grant_id(context.NewId(after, 0));
}

ReasonList Loyalty::Refusals(std::string_view command) {
  static constexpr const Reason* kOfRedeemPoints[] = {&reason::kPointsTooFew};
  return command == "RedeemPoints" ? ReasonList(kOfRedeemPoints) : ReasonList();
}

void Loyalty::Blocks(const State& state, command::OpenItems* open) {
  open->Add(state.points(), "point_count", "points");
}

void Loyalty::Evolve(const command::EventMeta&, const Event& event, State& own,
                     internal::book::v1::PartitionState&) {
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kPointsGranted:
      own.set_points(own.points() + event.points_granted().points());
      own.add_grant_ids(event.points_granted().grant_id());
      return;
    case Event::kPointsRedeemed:
      own.set_points(own.points() - event.points_redeemed().points());
      return;
    case Event::EVENT_NOT_SET:
      break;
  }
  DAYBOOK_CHECK(!"an event of the loyalty book that this binary does not know");
}

}  // namespace daybook::loyalty
