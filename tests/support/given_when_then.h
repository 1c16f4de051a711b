// Given(events).When(request).Then(events): a domain tried without engine, log or server, among the
// books that there are.
//
//   Story<billing::Billing> story("c-1");
//   story.Given("2026-01-01", "account_opened { account_id: 'a' currency_code: 'EUR' }");
//   story.When(Proto<RecordPaymentRequest>("amount { currency_code: 'EUR' units: 5 } method: 1"))
//       .Then({"payment_recorded { ... }"});
//   story.When(...).ThenRefused("CURRENCY_MISMATCH");
//
// A request without customer_id and request_id gets the story's customer and a fresh id. What was
// accepted is folded into the state, as the engine would.
#pragma once

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/books.h"
#include "common/command/reasons.h"
#include "google/rpc/error_details.pb.h"
#include "services/billing/billing.h"
#include "services/customer/customer.h"

namespace daybook::test {

template <class Message>
Message Proto(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) {
    ADD_FAILURE() << "bad text of " << Message::descriptor()->full_name() << ": " << text;
  }
  return message;
}

inline std::string Text(const google::protobuf::Message& message) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  printer.SetUseShortRepeatedPrimitives(true);
  printer.PrintToString(message, &text);
  return text;
}

MATCHER_P(EqualsProto, expected, "") {
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  if (differencer.Compare(expected, arg)) return true;
  *result_listener << difference << " in " << Text(arg);
  return false;
}

// The fields that a refusal's BadRequest names, in order.
inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  google::rpc::BadRequest bad;
  if (const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest")) {
    bad.ParseFromString(std::string(*payload));
  }
  for (const auto& violation : bad.field_violations()) fields.push_back(violation.field());
  return fields;
}

template <class Domain, class Response>
struct Outcome {
  absl::Status status;
  command::Events<typename Domain::Event> events;
  Response response;

  // Exactly these events, in text format; their days are looked at where a test asks for them.
  const Outcome& Then(const std::vector<std::string>& expected) const {
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(events.size(), expected.size());
    for (size_t i = 0; i < std::min(events.size(), expected.size()); ++i) {
      EXPECT_THAT(events[i].event, EqualsProto(Proto<typename Domain::Event>(expected[i])));
    }
    return *this;
  }

  const Outcome& ThenAnswers(const std::string& expected) const {
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_THAT(response, EqualsProto(Proto<Response>(expected)));
    return *this;
  }

  const Outcome& ThenRefused(const std::string& reason) const {
    EXPECT_FALSE(status.ok()) << "accepted: " << Text(response);
    EXPECT_EQ(ReasonOf(status), reason) << status.ToString();
    return *this;
  }

  // INVALID_FIELDS naming exactly these fields.
  const Outcome& ThenInvalid(const std::vector<std::string>& fields) const {
    ThenRefused("INVALID_FIELDS");
    EXPECT_EQ(FieldsOf(status), fields) << status.ToString();
    return *this;
  }
};

// Check and Decide refuse for what the book's table lists, or for fields, which any command may.
template <class Domain, class Request>
void ExpectListed(const absl::Status& refusal) {
  const std::string reason = ReasonOf(refusal);
  if (reason == "INVALID_FIELDS") return;
  std::string command = Request::descriptor()->name();
  command.resize(command.size() - std::string("Request").size());
  for (const ReasonList list : {Domain::Refusals(command), ReasonList(reason::kEngineReasons)}) {
    for (const Reason* listed : list) {
      if (listed->name == reason) return;
    }
  }
  ADD_FAILURE() << command << " is refused for " << reason
                << ", which its book does not list: " << refusal;
}

// The whole state of a customer, by the names of its parts.
class StoryState {
 public:
  const internal::customer::v1::State& customer() const {
    return parts_.Get<internal::customer::v1::State>();
  }
  internal::customer::v1::State* mutable_customer() {
    return &parts_.Edit<internal::customer::v1::State>();
  }
  const internal::billing::v1::State& billing() const {
    return parts_.Get<internal::billing::v1::State>();
  }
  internal::billing::v1::State* mutable_billing() {
    return &parts_.Edit<internal::billing::v1::State>();
  }
  command::Parts& parts() { return parts_; }
  const command::Parts& parts() const { return parts_; }
  std::string SerializeAsString() const {
    internal::book::v1::State state;
    *state.mutable_customer() = customer();
    *state.mutable_billing() = billing();
    return state.SerializeAsString();
  }

 private:
  command::Parts parts_ = command::Parts::Empty();
};

template <class Domain>
class Story {
 public:
  using Event = typename Domain::Event;

  explicit Story(std::string customer_id = "c-1", int partition = 3)
      : customer_id_(std::move(customer_id)), partition_(partition) {}

  Story& Given(absl::CivilDay day, const Event& event) {
    Domain::Evolve({customer_id_, day, now_, partition_}, event,
                   state_.parts().Edit<command::OwnPart<Domain>>(), partition_state_);
    return *this;
  }
  Story& Given(absl::CivilDay day, const std::string& event) {
    return Given(day, Proto<Event>(event));
  }

  template <class Request>
  auto When(Request request) {
    if (request.customer_id().empty()) request.set_customer_id(customer_id_);
    if (request.request_id().empty()) request.set_request_id(absl::StrCat("r-", ++requests_));
    auto outcome = Ask(request);
    if (outcome.status.ok() && !request.validate_only()) {
      for (const auto& dated : outcome.events) Given(dated.effective_date, dated.event);
    }
    return outcome;
  }

  // Check, the gate and Decide, and nothing filled in or folded. Each sees the parts that its
  // domain declares, as in the engine.
  template <class Request>
  auto Ask(const Request& request) const {
    using Response = decltype(ResponseOf<Request>(&Domain::Decide));
    Outcome<Domain, Response> outcome;
    outcome.status = Domain::Check(request);
    if (!outcome.status.ok()) {
      ExpectListed<Domain, Request>(outcome.status);
      return outcome;
    }
    command::View view = {.stream_id = customer_id_,
                          .parts = state_.parts(),
                          .partition_state = partition_state_,
                          .partition = partition_};
    if constexpr (requires { Domain::kGate; }) {
      view.reads = command::PartsOf<customer::Customer>();
      outcome.status = customer::Customer::Admit(view, Domain::kGate);
      if (!outcome.status.ok()) return outcome;
    }
    view.reads = command::PartsOf<Domain>();
    if (command::AsksOpenItems<Domain, Request>()) {
      view.reads |= command::OpenItemParts<customer::Customer, billing::Billing>();
      view.find_open_items = &command::OpenItemsOf<customer::Customer, billing::Billing>;
    }
    const std::string serialised = state_.SerializeAsString();
    auto events = Domain::Decide(
        view, request, {now_, request.request_id(), "", request.validate_only()}, outcome.response);
    EXPECT_EQ(serialised, state_.SerializeAsString()) << "Decide changed the state";
    EXPECT_LE(outcome.response.ByteSizeLong(), command::kMaxAnswerBytes);
    outcome.status = events.status();
    if (!outcome.status.ok()) ExpectListed<Domain, Request>(outcome.status);
    if (events.ok()) outcome.events = *std::move(events);
    return outcome;
  }

  // The customer is in the book and active.
  Story& Registered() {
    state_.mutable_customer()->set_registered(true);
    state_.mutable_customer()->set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
    return *this;
  }

  void Now(absl::Time now) { now_ = now; }
  StoryState& state() { return state_; }
  internal::book::v1::PartitionState& partition_state() { return partition_state_; }

 private:
  template <class Request, class Response>
  static Response ResponseOf(absl::StatusOr<command::Events<Event>> (*)(
      const command::View&, const Request&, const command::Context&, Response&));

  std::string customer_id_;
  int partition_;
  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 3, 15, 12, 0, 0), absl::UTCTimeZone());
  StoryState state_;
  internal::book::v1::PartitionState partition_state_;
  int requests_ = 0;
};

}  // namespace daybook::test
