#include "common/rpc/server.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/command/reasons.h"
#include "google/rpc/error_details.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

// Keeps calls instead of finishing them.
class Shelf {
 public:
  Handler Keep() {
    return [this](std::unique_ptr<Call> call) {
      std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    };
  }
  size_t size() {
    std::lock_guard lock(mutex_);
    return calls_.size();
  }
  std::unique_ptr<Call> Take() {
    std::lock_guard lock(mutex_);
    auto call = std::move(calls_.back());
    calls_.pop_back();
    return call;
  }
  void WaitFor(size_t size) {
    while (this->size() < size) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Call>> calls_;
};

using RpcServer = Serving;

TEST_F(RpcServer, AnswersWithTheResponseOfTheHandler) {
  Serve(Echo);
  IssueInvoiceResponse response;
  ASSERT_TRUE(Ask("c-1", &response).ok());
  EXPECT_EQ(response.invoice_id(), "c-1");
}

TEST_F(RpcServer, SendsLongSerializedResponsesWhole) {
  IssueInvoiceResponse sent;
  sent.set_invoice_id(std::string(1'000'000, 'x'));
  Serve([&](std::unique_ptr<Call> call) { call->FinishSerialized(sent.SerializeAsString()); });
  IssueInvoiceResponse response;
  ASSERT_TRUE(Ask("c-1", &response).ok());
  EXPECT_EQ(response.invoice_id(), sent.invoice_id());
}

TEST_F(RpcServer, HandsOverMethodMetadataAndDeadline) {
  absl::Time deadline;
  std::string trace, nothing, method, actor;
  Serve([&](std::unique_ptr<Call> call) {
    deadline = call->deadline();
    trace = std::string(call->metadata("traceparent"));
    nothing = std::string(call->metadata("absent"));
    method = call->method().name();
    actor = call->actor();
    Echo(std::move(call));
  });
  const absl::Time before = absl::Now();
  ASSERT_TRUE(Ask("c-1", nullptr, absl::Seconds(30),
                  {{"traceparent", "00-1-2-01"}, {"actor", "ceo"}, {"daybook-actor", "ceo"}})
                  .ok());
  EXPECT_THAT(deadline, AllOf(Gt(before + absl::Seconds(29)), Le(before + absl::Seconds(31))));
  EXPECT_EQ(trace, "00-1-2-01");
  EXPECT_EQ(nothing, "");
  EXPECT_EQ(method, "IssueInvoice");
  EXPECT_EQ(actor, "local");
}

TEST_F(RpcServer, CapsTheDeadline) {
  absl::Time deadline;
  options_.max_deadline = absl::Seconds(7);
  Serve([&](std::unique_ptr<Call> call) {
    deadline = call->deadline();
    Echo(std::move(call));
  });
  ASSERT_TRUE(Ask("c-1", nullptr, absl::InfiniteDuration()).ok());
  EXPECT_LE(deadline, absl::Now() + absl::Seconds(7));
}

TEST_F(RpcServer, SeatsAreUsedAgainWithoutTracesOfTheLastCall) {
  options_.waiting_per_method = 1;
  Serve(Echo);
  for (int i = 0; i < 200; ++i) {
    IssueInvoiceResponse response;
    const std::string id = i % 2 == 0 ? "" : "c-" + std::to_string(i);
    ASSERT_TRUE(Ask(id, &response).ok());
    ASSERT_EQ(response.invoice_id(), id);
  }
}

TEST_F(RpcServer, FinishesFromAnyThreadAtOnce) {
  Shelf shelf;
  Serve(shelf.Keep());
  std::atomic<bool> stop{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!stop) {
        std::unique_ptr<Call> call;
        if (shelf.size() > 0) {
          static std::mutex one;
          std::lock_guard lock(one);
          if (shelf.size() > 0) call = shelf.Take();
        }
        if (call) {
          Echo(std::move(call));
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::atomic<int> right{0};
  auto client = NewClient({.window = 100});
  for (int i = 0; i < 3000; ++i) {
    IssueInvoiceRequest request;
    request.set_customer_id(std::to_string(i));
    client->CallAsync(PathOf(IssueInvoice()), request.SerializeAsString(),
                      absl::Now() + absl::Seconds(30), [&, i](absl::Status s, std::string bytes) {
                        IssueInvoiceResponse response;
                        if (s.ok() && response.ParseFromString(bytes) &&
                            response.invoice_id() == std::to_string(i)) {
                          ++right;
                        }
                      });
  }
  client->Drain();
  stop = true;
  for (auto& worker : workers) worker.join();
  EXPECT_EQ(right, 3000);
  EXPECT_EQ(server_->in_flight(), 0);
}

TEST_F(RpcServer, CarriesErrorDetailsBothWays) {
  Serve([](std::unique_ptr<Call> call) {
    FieldViolations bad;
    bad.Add("lines[2].quantity", "must not be negative");
    bad.Add("customer_id", "is required");
    call->FinishError(bad.ToStatus());
  });
  const absl::Status status = Ask("");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  EXPECT_THAT(std::string(status.message()), HasSubstr("lines[2].quantity"));
  google::rpc::BadRequest bad;
  const auto payload = status.GetPayload("type.googleapis.com/google.rpc.BadRequest");
  ASSERT_TRUE(payload.has_value());
  ASSERT_TRUE(bad.ParseFromString(std::string(*payload)));
  ASSERT_THAT(bad.field_violations(), SizeIs(2));
  EXPECT_EQ(bad.field_violations(0).field(), "lines[2].quantity");
}

TEST_F(RpcServer, LongRefusalsFitIntoTheHeadersOfTheClient) {
  Serve([](std::unique_ptr<Call> call) {
    FieldViolations bad;
    for (int i = 0; i < 100; ++i) {
      bad.Add("lines[" + std::to_string(i) + "].description", std::string(150, '%'));
    }
    call->FinishError(bad.ToStatus());
  });
  const absl::Status status = Ask("");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
}

TEST_F(RpcServer, RefusesBytesThatDoNotParse) {
  Serve(Echo);
  for (const std::string bytes : {"\x0a\x05"
                                  "ab",
                                  "\xff\xff\xff\xff", "\x0a\x02\xc3\x28"}) {
    const absl::Status status = AskRaw(bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(ReasonOf(status), "MALFORMED_REQUEST");
  }
}

TEST_F(RpcServer, RefusesUnknownFieldsAtAnyDepth) {
  Serve(Echo);
  IssueInvoiceRequest top;
  top.GetReflection()->MutableUnknownFields(&top)->AddVarint(1999, 1);
  absl::Status status = AskRaw(top.SerializeAsString());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_FIELDS");
  EXPECT_EQ(MetadataOf(status, "field"), "#1999");

  IssueInvoiceRequest deep;
  deep.add_lines();
  auto& amount = *deep.add_lines()->mutable_amount();  // in a oneof in a repeated field
  amount.GetReflection()->MutableUnknownFields(&amount)->AddLengthDelimited(77, "x");
  status = AskRaw(deep.SerializeAsString());
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_FIELDS");
  EXPECT_EQ(MetadataOf(status, "field"), "lines[1].amount.#77");
  EXPECT_TRUE(AskRaw("").ok());
}

TEST_F(RpcServer, RefusesMessagesAboveTheLimit) {
  std::atomic<int> handled{0};
  Serve([&](std::unique_ptr<Call> call) {
    ++handled;
    call->Finish(IssueInvoiceResponse());
  });
  EXPECT_TRUE(Ask(std::string(4'000'000, 'x')).ok());
  EXPECT_EQ(Ask(std::string(5'000'000, 'x')).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Ask("c-1").ok());
  EXPECT_EQ(handled, 2);
}

TEST_F(RpcServer, UnknownMethodsAreUnimplemented) {
  Serve(Echo);
  std::string response;
  for (const char* path : {"/daybook.billing.v1.BillingService/Refund", "/nobody.Knows/This"}) {
    const absl::Status status =
        client_->CallRaw(path, "", &response, absl::Now() + absl::Seconds(20));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
    EXPECT_EQ(ReasonOf(status), "UNSUPPORTED");
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
  }
}

TEST_F(RpcServer, AnswersWhenTheHandlerNeverDoes) {
  Shelf shelf;
  options_.max_deadline = absl::Milliseconds(50);
  Serve(shelf.Keep());
  const absl::Status status = Ask("c-1");
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(server_->in_flight(), 1);
  Echo(shelf.Take());  // too late, and harmless
  EXPECT_EQ(server_->in_flight(), 0);
}

TEST_F(RpcServer, SaysAtTheDeadlineWhatTheHandlerWantsSaid) {
  Shelf shelf;
  options_.max_deadline = absl::Milliseconds(50);
  Serve([&](std::unique_ptr<Call> call) {
    call->SetDeadlineStatus(Refuse(reason::kOutcomeUnknown, "perhaps recorded"));
    shelf.Keep()(std::move(call));
  });
  EXPECT_EQ(ReasonOf(Ask("c-1")), "OUTCOME_UNKNOWN");
}

TEST_F(RpcServer, AnswersForAHandlerThatDropsTheCall) {
  Serve([](std::unique_ptr<Call> call) { call.reset(); });
  EXPECT_EQ(ReasonOf(Ask("c-1")), "SHUTTING_DOWN");
}

TEST_F(RpcServer, RefusesAtOnceAboveTheInFlightBound) {
  Shelf shelf;
  options_.max_in_flight = 2;
  Serve(shelf.Keep());
  std::atomic<int> answered{0};
  for (int i = 0; i < 2; ++i) {
    client_->CallAsync(PathOf(IssueInvoice()), "", absl::Now() + absl::Seconds(20),
                       [&](absl::Status status, std::string) { answered += status.ok(); });
  }
  shelf.WaitFor(2);
  const absl::Status status = Ask("c-3");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_THAT(metrics_.Expose(), HasSubstr("daybook_rpc_overloaded_total 1"));
  Echo(shelf.Take());
  Echo(shelf.Take());
  client_->Drain();
  EXPECT_EQ(answered, 2);
  std::thread next([&] { EXPECT_TRUE(Ask("c-4").ok()); });
  shelf.WaitFor(1);
  Echo(shelf.Take());
  next.join();
}

TEST_F(RpcServer, RefusesBytesBeyondTheBudget) {
  Shelf shelf;
  options_.max_in_flight_bytes = 3'000'000;
  Serve(shelf.Keep());
  std::thread first([&] { EXPECT_TRUE(Ask(std::string(2'000'000, 'x')).ok()); });
  shelf.WaitFor(1);
  EXPECT_THAT(metrics_.Expose(), HasSubstr("daybook_rpc_in_flight_bytes 2000004"));
  const absl::Status status = Ask(std::string(2'000'000, 'y'));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  EXPECT_THAT(metrics_.Expose(), HasSubstr("daybook_rpc_overloaded_total 1"));
  std::thread small([&] { EXPECT_TRUE(Ask("c-1").ok()); });
  shelf.WaitFor(2);
  Echo(shelf.Take());
  Echo(shelf.Take());
  first.join();
  small.join();
  std::thread again([&] { EXPECT_TRUE(Ask(std::string(2'000'000, 'z')).ok()); });
  shelf.WaitFor(1);
  Echo(shelf.Take());
  again.join();
}

TEST_F(RpcServer, LetsGoOfACallWhoseCallerIsGone) {
  Shelf shelf;
  Serve(shelf.Keep());
  {
    auto impatient = NewClient();
    impatient->CallAsync(PathOf(IssueInvoice()), "", absl::Now() + absl::Seconds(60),
                         [](absl::Status, std::string) {});
    shelf.WaitFor(1);
  }  // cancels
  shelf.Take()->Finish(IssueInvoiceResponse());
  EXPECT_EQ(server_->in_flight(), 0);
  server_->Shutdown(absl::Now() + absl::Hours(1));  // waits for what gRPC still has of it
}

TEST_F(RpcServer, DrainsWhenItStops) {
  Shelf shelf;
  Serve(shelf.Keep());
  std::thread caller([&] { EXPECT_TRUE(Ask("c-1").ok()); });
  shelf.WaitFor(1);
  std::thread stopper([&] { server_->Shutdown(absl::Now() + absl::Seconds(30)); });
  while (server_->health().Get("") != false) std::this_thread::yield();
  Echo(shelf.Take());
  caller.join();
  stopper.join();
  EXPECT_EQ(Ask("c-2").code(), absl::StatusCode::kUnavailable);
}

TEST_F(RpcServer, StopsAtItsDeadlineWhateverHandlersDo) {
  options_.max_deadline = absl::Hours(1);
  // On a machine that stands still just then the answer comes too late, and the call is cancelled.
  std::string told;
  for (int attempt = 0; attempt < 10 && told != "SHUTTING_DOWN"; ++attempt) {
    Shelf shelf;
    Serve(shelf.Keep());
    std::thread caller([&] {
      const absl::Status status = Ask("c-1", nullptr, absl::Hours(1));
      EXPECT_FALSE(status.ok());
      told = ReasonOf(status);
    });
    shelf.WaitFor(1);
    server_->Shutdown(absl::Now() + absl::Milliseconds(500));
    caller.join();
    server_.reset();
    const auto call = shelf.Take();  // outlives its server
    EXPECT_EQ(call->metadata("absent"), "");
    call->Finish(IssueInvoiceResponse());
  }
  EXPECT_EQ(told, "SHUTTING_DOWN");
}

TEST_F(RpcServer, RefusesToStartWithoutAHandlerForEveryRpc) {
  Server server(options_);
  Service billing(BillingDescriptor());
  billing.Handle("IssueInvoice", Echo);
  server.Add(std::move(billing));
  const absl::Status status = server.Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("OpenAccount, "), HasSubstr(", RecordPayment")));
}

TEST_F(RpcServer, RefusesToServeAStreamAsACallAndACallAsAStream) {
  const auto health = [] {
    Service service("grpc.health.v1.Health");
    service.Handle("Check", Echo);
    return service;
  };
  const StreamHandler open = [](Caller&) { return ItemHandler(); };
  EXPECT_THAT(std::string(health().Check().message()), HasSubstr("no handler for Watch"));
  EXPECT_THAT(std::string(health().Handle("Watch", Echo).Check().message()),
              HasSubstr("'Watch' is a stream: HandleStream"));
  EXPECT_THAT(std::string(Billing(Echo).HandleStream("IssueInvoice", open).Check().message()),
              HasSubstr("'IssueInvoice' is no stream: Handle"));
  EXPECT_TRUE(health().HandleStream("Watch", open).Check().ok());
  EXPECT_TRUE(health().Decline("Watch").Check().ok());
}

TEST_F(RpcServer, RefusesToStartWithAHandlerForNoRpc) {
  Server server(options_);
  server.Add(std::move(Billing(Echo).Handle("Refund", Echo)));
  EXPECT_THAT(std::string(server.Start().message()), HasSubstr("no rpc 'Refund'"));
  Server twice(options_);
  twice.Add(std::move(Billing(Echo).Handle("IssueInvoice", Echo)));
  EXPECT_THAT(std::string(twice.Start().message()), HasSubstr("'IssueInvoice (twice)'"));
  Server unknown(options_);
  unknown.Add(Service("daybook.nobody.v1.KnowsThis"));
  EXPECT_THAT(std::string(unknown.Start().message()), HasSubstr("daybook.nobody.v1.KnowsThis"));
}

TEST_F(RpcServer, RefusesPlainTextOnAReachableAddress) {
  for (const char* address : {"0.0.0.0:0", "[::]:0", "somewhere.example:0", "192.0.2.1:0"}) {
    options_.address = address;
    const absl::Status status = Server(options_).Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << address;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--insecure")) << address;
  }
  options_.address = "0.0.0.0:0";
  options_.insecure = true;
  EXPECT_TRUE(Server(options_).Start().ok());
}

TEST_F(RpcServer, RefusesAnAddressThatIsNone) {
  for (const char* address :
       {"", "50051", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "::1:0"}) {
    options_.address = address;
    EXPECT_EQ(Server(options_).Start().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST_F(RpcServer, RefusesAPortThatIsTaken) {
  Serve(Echo);
  options_.address = "127.0.0.1:" + std::to_string(server_->port());
  const absl::Status status = Server(options_).Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.address));
}

TEST_F(RpcServer, SaysByNameWhatIsHealthy) {
  Serve(Echo);
  server_->health().Set("balances", false);
  const auto* check = grpc::health::v1::HealthCheckRequest::descriptor()
                          ->file()
                          ->FindServiceByName("Health")
                          ->FindMethodByName("Check");
  const auto ask = [&](const char* name) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(name);
    grpc::health::v1::HealthCheckResponse response;
    const absl::Status status =
        client_->Call(*check, request, &response, absl::Now() + absl::Seconds(20));
    return status.ok()
               ? grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status())
               : absl::StatusCodeToString(status.code());
  };
  EXPECT_EQ(ask(""), "SERVING");
  EXPECT_EQ(ask("daybook.billing.v1.BillingService"), "SERVING");
  EXPECT_EQ(ask("balances"), "NOT_SERVING");
  EXPECT_EQ(ask("nobody"), "NOT_FOUND");
  server_->health().Set("balances", true);
  EXPECT_EQ(ask("balances"), "SERVING");
}

TEST_F(RpcServer, CountsCallsByMethodAndCode) {
  Serve([](std::unique_ptr<Call> call) {
    call->FinishError(Refuse(reason::kCustomerNotFound, "nobody"));
  });
  const std::string rpc =
      "{grpc_type=\"unary\",grpc_service=\"daybook.billing.v1.BillingService\","
      "grpc_method=\"IssueInvoice\"";
  EXPECT_THAT(metrics_.Expose(),
              AllOf(HasSubstr("grpc_server_started_total" + rpc + "} 0"),
                    HasSubstr("grpc_server_handled_total" + rpc + ",grpc_code=\"OK\"} 0"),
                    HasSubstr("grpc_server_handling_seconds_count" + rpc + "} 0")));
  EXPECT_FALSE(Ask("c-1").ok());
  EXPECT_FALSE(AskRaw("\xff").ok());
  EXPECT_THAT(
      metrics_.Expose(),
      AllOf(HasSubstr("grpc_server_started_total" + rpc + "} 2"),
            HasSubstr("grpc_server_handled_total" + rpc + ",grpc_code=\"NotFound\"} 1"),
            HasSubstr("grpc_server_handled_total" + rpc + ",grpc_code=\"InvalidArgument\"} 1"),
            HasSubstr("grpc_server_handling_seconds_count" + rpc + "} 2"),
            HasSubstr("daybook_rpc_in_flight 0")));
}

}  // namespace
}  // namespace daybook::rpc
