// A third book through the real engine: commands, refusals, what it does to other books' commands,
// the cache and a replay.
#include "tests/books/loyalty/loyalty.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/fact_table.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/base/wire.h"
#include "common/command/books.h"
#include "common/command/engine.h"
#include "common/command/prepare.h"
#include "common/log/embedded/embedded_log.h"
#include "common/serving/wrapped_command.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "services/customer/customer.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using customer::v1::ArchiveCustomerRequest;
using customer::v1::RegisterCustomerRequest;
using google::protobuf::Message;
using loyalty::v1::GrantPointsRequest;
using loyalty::v1::RedeemPointsRequest;
using loyalty::v1::RedeemPointsResponse;
using testing::HasSubstr;

absl::StatusOr<command::Book> Wiring() {
  return command::Books<customer::Customer, loyalty::Loyalty>(
      {RegisterCustomerRequest::descriptor()->file()->service(0),
       GrantPointsRequest::descriptor()->file()->service(0)});
}

struct Outcome {
  absl::Status status;
  std::string bytes;
};

// A command that somebody waits for.
class Asked {
 public:
  class Command : public command::Command {
   public:
    Command(const Message& request, std::shared_ptr<Asked> asked)
        : request_(request.New()), asked_(std::move(asked)) {
      request_->CopyFrom(request);
    }
    const Message& request() const override { return *request_; }
    void Reply(const absl::Status& status, std::string response) override {
      asked_->Set({status, std::move(response)});
    }

   private:
    std::unique_ptr<Message> request_;
    std::shared_ptr<Asked> asked_;
  };
  Outcome Get() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return outcome_.has_value(); });
    return *outcome_;
  }

 private:
  void Set(Outcome outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    arrived_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Outcome> outcome_;
};

class LoyaltyTest : public testing::Test {
 protected:
  void SetUp() override { Start(); }

  void Start() {
    auto log = log::OpenEmbedded({.directory = scratch_.path() + "/log", .partitions = 1});
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto book = Wiring();
    ASSERT_TRUE(book.ok()) << book.status();
    metrics_ = std::make_unique<Metrics>();
    auto engine =
        command::Engine::Open(log_.get(), *std::move(book),
                              {.cache_directory = scratch_.path() + "/cache"}, metrics_.get());
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    engine_->Start();
    ASSERT_TRUE(engine_->WaitUntilReady(absl::Now() + absl::Seconds(30)).ok());
  }
  void Stop() {
    engine_->Drain(absl::Now() + absl::Seconds(10));
    engine_.reset();
    log_.reset();
  }

  template <class Request>
  Outcome Ask(Request request, const std::string& request_id) {
    if (request.customer_id().empty()) request.set_customer_id("ada");
    request.set_request_id(request_id);
    auto asked = std::make_shared<Asked>();
    auto command = std::make_unique<Asked::Command>(request, asked);
    const auto* method = engine_->book().Find(MethodOf(request));
    command->deadline = absl::Now() + absl::Seconds(30);
    const absl::Status status = command::Prepare(*method, request, command.get());
    if (status.ok()) {
      engine_->Submit(std::move(command));
    } else {
      engine_->Refuse(std::move(command), status);
    }
    return asked->Get();
  }
  static const google::protobuf::MethodDescriptor* MethodOf(const Message& request) {
    const auto* service = request.GetDescriptor()->file()->service(0);
    for (int i = 0; i < service->method_count(); ++i) {
      if (service->method(i)->input_type() == request.GetDescriptor()) return service->method(i);
    }
    return nullptr;
  }

  Outcome Register(const std::string& request_id = "registered") {
    RegisterCustomerRequest request;
    request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    request.mutable_profile()->mutable_personal()->set_display_name("Ada");
    return Ask(request, request_id);
  }
  Outcome Redeem(int64_t points, const std::string& request_id) {
    RedeemPointsRequest request;
    request.set_points(points);
    return Ask(request, request_id);
  }
  template <class Response>
  static Response Parsed(const Outcome& outcome) {
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(outcome.bytes));
    return response;
  }
  // Of each commit in the log, the facts that its record has.
  std::vector<std::string> Facts() {
    std::vector<std::string> all;
    auto reader = log_->NewReader(0, 0);
    EXPECT_TRUE(reader.ok());
    for (bool end = false; !end;) {
      const auto batch = (*reader)->Read(1'000, absl::ZeroDuration());
      if (!batch.ok()) break;
      end = batch->end;
      for (const log::LogRecord& record : batch->records) {
        book::v1::Record parsed;
        EXPECT_TRUE(
            parsed.ParseFromArray(record.value.data(), static_cast<int>(record.value.size())));
        if (!parsed.has_commit()) continue;
        all.emplace_back();
        for (const book::v1::Event& event : parsed.commit().events()) {
          const auto fact = FactsOf<book::v1::Event>().In(event);
          absl::StrAppend(&all.back(), all.back().empty() ? "" : " ",
                          fact.message->GetDescriptor()->name());
        }
      }
    }
    return all;
  }

  ScratchDirectory scratch_;
  std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<command::Engine> engine_;
};

TEST_F(LoyaltyTest, ReactsToTheRegistrationInTheSameRecord) {
  const Outcome registered = Register();
  EXPECT_EQ(Parsed<customer::v1::RegisterCustomerResponse>(registered).revision(), 1);
  EXPECT_EQ(Parsed<RedeemPointsResponse>(Redeem(30, "r-1")).points(), 70);
  const auto again = Parsed<customer::v1::RegisterCustomerResponse>(Register());
  EXPECT_TRUE(again.already_recorded());
  EXPECT_EQ(again.revision(), 1);
  EXPECT_THAT(Facts(), testing::ElementsAre("CustomerRegistered PointsGranted", "PointsRedeemed"));
}

TEST_F(LoyaltyTest, GoesOnAfterARestartWithTheCacheAndWithoutIt) {
  Register();
  EXPECT_EQ(Parsed<RedeemPointsResponse>(Redeem(30, "r-1")).points(), 70);
  Stop();
  Start();
  EXPECT_THAT(metrics_->Expose(), HasSubstr("daybook_command_cache_refolds_total 0\n"));
  EXPECT_EQ(Parsed<RedeemPointsResponse>(Redeem(30, "r-2")).points(), 40);
  Stop();
  std::filesystem::remove_all(scratch_.path() + "/cache");
  Start();  // a replay reacts to nothing: what was said stands in the log
  EXPECT_EQ(Parsed<RedeemPointsResponse>(Redeem(30, "r-3")).points(), 10);
  EXPECT_EQ(Parsed<RedeemPointsResponse>(Redeem(30, "r-1")).points(), 70) << "the first answer";
}

TEST_F(LoyaltyTest, RefusesWhatItsTableAndItsGateSay) {
  EXPECT_EQ(ReasonOf(Redeem(1, "r-1").status), "CUSTOMER_NOT_FOUND");
  Register();
  EXPECT_EQ(ReasonOf(Redeem(0, "r-2").status), "INVALID_FIELDS");
  const Outcome few = Redeem(101, "r-3");
  EXPECT_EQ(ReasonOf(few.status), "POINTS_TOO_FEW");
  EXPECT_EQ(MetadataOf(few.status, "points"), "100");
}

TEST_F(LoyaltyTest, HoldsACustomerWithPoints) {
  Register();
  const Outcome held = Ask(ArchiveCustomerRequest(), "a-1");
  EXPECT_EQ(ReasonOf(held.status), "CUSTOMER_HAS_OPEN_ITEMS");
  EXPECT_THAT(std::string(held.status.message()), HasSubstr("100 points"));
  EXPECT_EQ(MetadataOf(held.status, "point_count"), "100");
  Redeem(100, "r-1");
  EXPECT_TRUE(Ask(ArchiveCustomerRequest(), "a-2").status.ok());
  EXPECT_EQ(ReasonOf(Redeem(1, "r-2").status), "CUSTOMER_ARCHIVED");
}

// It is there by its line in State, and a stream has it as a row of its own.
TEST(LoyaltyPart, ComesByItsLine) {
  using Part = internal::loyalty::v1::State;
  const auto index = command::FindPart(*Part::descriptor());
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(command::PartAt(*index).number, internal::book::v1::State::kLoyaltyFieldNumber);
  const auto book = Wiring();
  ASSERT_TRUE(book.ok()) << book.status();
  const auto loads = [&](const google::protobuf::Descriptor& request) {
    for (const command::Method& method : book->methods) {
      if (method.descriptor->input_type() == &request) return book->LoadsOf(method);
    }
    return command::PartSet();
  };
  using Customer = internal::customer::v1::State;
  EXPECT_EQ(loads(*RedeemPointsRequest::descriptor()), (command::PartSet::Of<Customer, Part>()));
  EXPECT_EQ(loads(*RegisterCustomerRequest::descriptor()), command::PartSet::Of<Customer>());
  EXPECT_EQ(loads(*ArchiveCustomerRequest::descriptor()), (command::PartSet::Of<Customer, Part>()))
      << "it holds customers with points";
}

// Only what can happen is counted.
TEST_F(LoyaltyTest, HasSeriesOfItsOwnReasonsForItsOwnCommands) {
  Register();
  Redeem(101, "r-1");
  const std::string metrics = metrics_->Expose();
  const auto series = [](const std::string& command, const std::string& reason) {
    return absl::StrCat("daybook_commands_total{command=\"", command,
                        "\",outcome=\"refused\",reason=\"", reason, "\"}");
  };
  EXPECT_THAT(metrics, HasSubstr(series("RedeemPoints", "POINTS_TOO_FEW") + " 1\n"));
  EXPECT_THAT(metrics, HasSubstr(series("RedeemPoints", "CUSTOMER_ARCHIVED") + " 0\n"));
  EXPECT_THAT(metrics, HasSubstr(series("RedeemPoints", "OVERLOADED") + " 0\n"));
  EXPECT_THAT(metrics, testing::Not(HasSubstr(series("GrantPoints", "POINTS_TOO_FEW"))));
  EXPECT_THAT(metrics, testing::Not(HasSubstr(series("RedeemPoints", "CUSTOMER_EXISTS"))));
}

// In a batch or a stream the book has one field, with its commands in a message of its own.
TEST(LoyaltyCommands, AreWrappedInAMessageOfTheirBook) {
  auto book = Wiring();
  ASSERT_TRUE(book.ok()) << book.status();
  // Every command of book.v1.Command has a method; those of the billing book need no more here.
  const auto* billing = billing::v1::OpenAccountRequest::descriptor()->file()->service(0);
  for (int i = 0; i < billing->method_count(); ++i) {
    book->methods.emplace_back().descriptor = billing->method(i);
  }
  const CommandKinds kinds(*book);
  const auto answered = [](const CommandKinds::Kind& kind, const Message& response) {
    std::string bytes;
    wire::AppendBytes(CommandKinds::ResultField(kind),
                      CommandKinds::Result(kind, response.SerializeAsString()), &bytes);
    book::v1::CommandResult result;
    EXPECT_TRUE(result.ParseFromString(bytes));
    return result;
  };

  book::v1::Command wrapped;
  EXPECT_EQ(kinds.Of(wrapped), nullptr);
  wrapped.mutable_loyalty();
  EXPECT_EQ(kinds.Of(wrapped), nullptr);
  wrapped.mutable_loyalty()->mutable_redeem_points()->set_points(7);
  const CommandKinds::Kind* kind = kinds.Of(wrapped);
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->method->name, "daybook.loyalty.v1.LoyaltyService.RedeemPoints");
  EXPECT_EQ(&CommandKinds::Request(*kind, wrapped), &wrapped.loyalty().redeem_points());
  RedeemPointsResponse response;
  response.set_points(3);
  EXPECT_EQ(answered(*kind, response).loyalty().redeem_points().points(), 3);

  // The books that were there before stand in Command itself.
  wrapped.mutable_register_customer()->mutable_profile()->set_region_code("DE");
  kind = kinds.Of(wrapped);
  ASSERT_NE(kind, nullptr);
  EXPECT_EQ(kind->method->descriptor->name(), "RegisterCustomer");
  EXPECT_EQ(&CommandKinds::Request(*kind, wrapped), &wrapped.register_customer());
  customer::v1::RegisterCustomerResponse registered;
  registered.set_customer_id("ada");
  EXPECT_EQ(answered(*kind, registered).register_customer().customer_id(), "ada");
}

}  // namespace
}  // namespace daybook
