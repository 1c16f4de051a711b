// The engine whole: real books, real threads, the embedded log.
#include "common/command/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/command/books.h"
#include "common/command/cache_store.h"
#include "common/command/prepare.h"
#include "common/log/embedded/embedded_log.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/record.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "services/billing/billing.h"
#include "services/customer/customer.h"
#include "tests/support/scratch.h"

namespace daybook::command {
namespace {

using billing::v1::IssueInvoiceRequest;
using billing::v1::IssueInvoiceResponse;
using billing::v1::OpenAccountRequest;
using billing::v1::OpenAccountResponse;
using customer::v1::RegisterCustomerRequest;
using customer::v1::RegisterCustomerResponse;

const google::protobuf::ServiceDescriptor* ServiceOf(const google::protobuf::Descriptor* message) {
  return message->file()->service(0);
}

struct Outcome {
  absl::Status status;
  std::string bytes;
};

// Waits for any number of outcomes.
class Outcomes {
 public:
  void Set(int number, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    all_[number] = std::move(outcome);
    arrived_.notify_all();
  }
  Outcome Get(int number) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return all_.contains(number); });
    return all_[number];
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<int, Outcome> all_;
};

class OwnedCommand : public Command {
 public:
  OwnedCommand(const google::protobuf::Message& request, int number, Outcomes* outcomes)
      : request_(request.New()), number_(number), outcomes_(outcomes) {
    request_->CopyFrom(request);
  }
  ~OwnedCommand() override {
    if (!replied_) outcomes_->Set(number_, {absl::CancelledError("dropped"), ""});
  }
  const google::protobuf::Message& request() const override { return *request_; }
  void Reply(const absl::Status& status, std::string response) override {
    replied_ = true;
    outcomes_->Set(number_, {status, std::move(response)});
  }

 private:
  std::unique_ptr<google::protobuf::Message> request_;
  int number_;
  Outcomes* outcomes_;
  bool replied_ = false;
};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override { Start(); }
  void TearDown() override { Stop(); }

  virtual absl::StatusOr<Book> MakeBook() {
    return newer_states_ ? BookOf<NewerCustomer>() : BookOf<customer::Customer>();
  }
  void Start(int workers = 2) {
    auto log = log::OpenEmbedded({.directory = scratch_.path() + "/log", .partitions = 4});
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    auto book = MakeBook();
    ASSERT_TRUE(book.ok()) << book.status();
    metrics_ = std::make_unique<Metrics>();
    EngineOptions options;
    options.cache_directory = scratch_.path() + "/cache";
    options.endpoint = [] { return std::string("here:1"); };
    options.workers = workers;
    options.flush_interval = flush_interval_;
    options.cache_fault = [this](std::string_view operation, const std::string&) {
      const std::lock_guard lock(fault_mutex_);
      return fault_.find(operation) == fault_.npos ? absl::OkStatus()
                                                   : absl::UnavailableError("the disk is gone");
    };
    options.say = [this](std::string_view message) {
      const std::lock_guard lock(said_mutex_);
      said_.emplace_back(message);
    };
    auto engine = Engine::Open(log_.get(), *std::move(book), options, metrics_.get());
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    EXPECT_FALSE(engine_->Ready().ok());
    engine_->Start();
    ASSERT_TRUE(engine_->WaitUntilReady(absl::Now() + absl::Seconds(20)).ok());
  }
  void Stop() {
    if (engine_ != nullptr) engine_->Drain(absl::Now() + absl::Seconds(10));
    engine_.reset();
    metrics_.reset();
    log_.reset();
  }

  int Send(const google::protobuf::Message& request) {
    const int number = ++number_;
    auto command = std::make_unique<OwnedCommand>(request, number, &outcomes_);
    command->deadline = absl::Now() + absl::Seconds(20);
    for (const Method& method : engine_->book().methods) {
      if (method.descriptor->input_type() != request.GetDescriptor()) continue;
      if (absl::Status status = Prepare(method, command->request(), command.get()); !status.ok()) {
        engine_->Refuse(std::move(command), status);
        return number;
      }
    }
    engine_->Submit(std::move(command));
    return number;
  }
  template <class Response>
  Response Ok(int number) {
    const Outcome outcome = outcomes_.Get(number);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(outcome.bytes));
    return response;
  }

  static RegisterCustomerRequest Register(const std::string& id) {
    RegisterCustomerRequest request;
    request.set_customer_id(id);
    request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    request.mutable_profile()->mutable_personal()->set_display_name("Somebody " + id);
    request.set_request_id("register-" + id);
    return request;
  }
  static OpenAccountRequest Open(const std::string& id) {
    OpenAccountRequest request;
    request.set_customer_id(id);
    request.set_account_id("main");
    request.set_currency_code("EUR");
    request.set_request_id("open-" + id);
    return request;
  }
  static IssueInvoiceRequest Invoice(const std::string& id, const std::string& request_id) {
    IssueInvoiceRequest request;
    request.set_customer_id(id);
    request.mutable_invoice_date()->set_year(2026);
    request.mutable_invoice_date()->set_month(3);
    request.mutable_invoice_date()->set_day(1);
    auto* line = request.add_lines();
    line->set_description("Something");
    line->mutable_amount()->set_currency_code("EUR");
    line->mutable_amount()->set_units(100);
    request.set_request_id(request_id);
    return request;
  }

  struct NewerCustomer : customer::Customer {
    static constexpr int kStateVersion = customer::Customer::kStateVersion + 1;
  };
  template <class CustomerBook>
  static absl::StatusOr<Book> BookOf() {
    return Books<CustomerBook, billing::Billing>({ServiceOf(RegisterCustomerRequest::descriptor()),
                                                  ServiceOf(IssueInvoiceRequest::descriptor())});
  }
  bool newer_states_ = false;

  ScratchDirectory scratch_;
  std::unique_ptr<log::EventLog> log_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Engine> engine_;
  Outcomes outcomes_;
  int number_ = 0;
  // These operations of the disk under the cache fail from now on; "": none.
  void Fail(std::string operations) {
    const std::lock_guard lock(fault_mutex_);
    fault_ = std::move(operations);
  }
  bool Said(const std::string& text) {
    const std::lock_guard lock(said_mutex_);
    return std::any_of(said_.begin(), said_.end(), [&](const std::string& message) {
      return message.find(text) != message.npos;
    });
  }
  std::mutex said_mutex_;
  std::vector<std::string> said_;
  absl::Duration flush_interval_ = absl::Milliseconds(20);
  std::mutex fault_mutex_;
  std::string fault_;
};

TEST_F(EngineTest, CommandsBecomeEventsAndAreRememberedForEver) {
  const auto registered = Ok<RegisterCustomerResponse>(Send(Register("c-1")));
  EXPECT_EQ(registered.customer_id(), "c-1");
  EXPECT_EQ(registered.revision(), 1);
  EXPECT_EQ(Ok<OpenAccountResponse>(Send(Open("c-1"))).account_id(), "main");
  const int first = Send(Invoice("c-1", "i-1"));
  const auto invoice = Ok<IssueInvoiceResponse>(first);
  EXPECT_EQ(invoice.revision(), 3);
  EXPECT_EQ(invoice.total().units(), 100);
  const std::string repeated = outcomes_.Get(first).bytes + "\x80\x01\x01";  // already_recorded

  EXPECT_EQ(outcomes_.Get(Send(Invoice("c-1", "i-1"))).bytes, repeated);
  Stop();
  Start(1);  // with the cache
  EXPECT_EQ(outcomes_.Get(Send(Invoice("c-1", "i-1"))).bytes, repeated);
  Stop();
  std::filesystem::remove_all(scratch_.path() + "/cache");
  Start(4);  // from the log alone
  EXPECT_EQ(outcomes_.Get(Send(Invoice("c-1", "i-1"))).bytes, repeated);
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(Register("c-1"))).status), "");
  auto again = Register("c-1");
  again.set_request_id("another");
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(again)).status), "CUSTOMER_EXISTS");
}

TEST_F(EngineTest, ACacheOfAnotherLogIsDropped) {
  Ok<RegisterCustomerResponse>(Send(Register("c-1")));
  Stop();
  std::filesystem::remove_all(scratch_.path() + "/log");
  Start();
  const auto registered = Ok<RegisterCustomerResponse>(Send(Register("c-1")));
  EXPECT_EQ(registered.revision(), 1);
}

TEST_F(EngineTest, ACacheOfAnotherStateVersionOfOneBookIsFoldedAnew) {
  Ok<RegisterCustomerResponse>(Send(Register("c-1")));
  Stop();
  Start();
  EXPECT_THAT(metrics_->Expose(), testing::HasSubstr("daybook_command_cache_refolds_total 0\n"));
  Stop();
  newer_states_ = true;
  Start();
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("built again from the log")));
  EXPECT_THAT(metrics_->Expose(), testing::HasSubstr("daybook_command_cache_refolds_total 1\n"));
  auto again = Register("c-1");
  again.set_request_id("another");
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(again)).status), "CUSTOMER_EXISTS");
  Stop();
  Start();
  EXPECT_THAT(metrics_->Expose(), testing::HasSubstr("daybook_command_cache_refolds_total 0\n"));
}

TEST_F(EngineTest, ACacheWithReceiptsOfAnotherLogIsDropped) {
  Stop();
  std::filesystem::remove_all(scratch_.path() + "/log");
  std::filesystem::remove_all(scratch_.path() + "/cache");
  // Receipts alone, of the log that is gone.
  const int partition = log::PartitionOf("c-1", 4);
  log::v1::Position position = log::ToProto({});
  position.set_next_offset(2);
  position.set_last_offset(1);
  {
    auto store =
        store::Store::Open({.directory = scratch_.path() + "/cache",
                            .kind = "command-cache",
                            .version = CacheVersion(BookOf<customer::Customer>()->state_version)});
    ASSERT_TRUE(store.ok()) << store.status();
    auto shard = (*store)->OpenShard(partition);
    ASSERT_TRUE(shard.ok()) << shard.status();
    const std::string at = position.SerializeAsString();
    const store::SortedRow row = {static_cast<uint8_t>(CacheBacking::Table::kPartition), "receipts",
                                  at};
    ASSERT_TRUE((*shard)->Ingest({&row, 1}, {}).ok());
  }
  Start();
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("built again from the log")));
  EXPECT_EQ(Ok<RegisterCustomerResponse>(Send(Register("c-1"))).revision(), 1);
}

// What is not in the cache is believed not to be: rows that are gone, with everything in good order
// otherwise, must be missed.
class LostRowsTest : public EngineTest {
 protected:
  enum : uint8_t { kState = 1, kReceipt = 2 };

  // All rows go into one table, and those that are looked at fill more than a block: what a start
  // reads, which stays in memory, does not have the customer below.
  void SetUp() override {
    const absl::Duration interval = std::exchange(flush_interval_, absl::Hours(1));
    EngineTest::SetUp();
    std::vector<int> sent;
    for (int i = 0; i < 600; ++i) sent.push_back(Send(Register(absl::StrCat("c-", i))));
    for (const int number : sent) Ok<RegisterCustomerResponse>(number);
    Stop();
    flush_interval_ = interval;
  }
  // Makes the row what `edit` makes of it; the store is as whole as any other then.
  void Change(uint8_t table, const std::string& key,
              const std::function<void(store::Shard&)>& edit) {
    auto store =
        store::Store::Open({.directory = scratch_.path() + "/cache",
                            .kind = "command-cache",
                            .version = CacheVersion(BookOf<customer::Customer>()->state_version)});
    ASSERT_TRUE(store.ok()) << store.status();
    const auto shard = *(*store)->OpenShard(log::PartitionOf("c-7", 4));
    std::string bytes;
    ASSERT_TRUE(*shard->Get(table, key, &bytes)) << key;
    edit(*shard);
    ASSERT_TRUE(shard->Flush(shard->position()).ok());
  }
  static std::string ReceiptKey(const std::string& customer, const std::string& request) {
    std::string key;
    AppendReceiptKey(customer, request, &key);
    return key;
  }
};

TEST_F(LostRowsTest, ACustomerThatIsGoneIsNotRegisteredASecondTime) {
  Change(kState, "c-7", [](store::Shard& shard) {
    shard.Erase(store::Table<internal::book::v1::Stream>{kState, "states"}, "c-7");
  });
  Start();
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("not whole")));
  EXPECT_THAT(metrics_->Expose(), testing::HasSubstr("daybook_command_cache_refolds_total 1\n"));
  auto again = Register("c-7");
  again.set_request_id("another");
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(again)).status), "CUSTOMER_EXISTS");
}

TEST_F(LostRowsTest, AStateThatIsOlderIsNotDecidedOn) {
  Start();
  std::string older;
  Ok<OpenAccountResponse>(Send(Open("c-7")));
  Stop();
  Change(kState, "c-7", [](store::Shard& shard) {
    const store::Table<internal::book::v1::Stream> states{kState, "states"};
    internal::book::v1::Stream& state = shard.Edit(states, "c-7");
    state.set_revision(1);
    state.set_commit_count(1);
    state.mutable_request_marks()->RemoveLast();
  });
  Start();
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("not whole")));
  EXPECT_EQ(Ok<IssueInvoiceResponse>(Send(Invoice("c-7", "i-1"))).revision(), 3);
}

TEST_F(LostRowsTest, AnAcceptedRequestIsAnsweredAsItWas) {
  const auto request = Register("c-7");
  Change(kReceipt, ReceiptKey("c-7", request.request_id()), [&](store::Shard& shard) {
    shard.Erase(store::Table<internal::book::v1::Receipt>{kReceipt, "receipts"},
                ReceiptKey("c-7", request.request_id()));
  });
  Start();
  EXPECT_EQ(Ok<RegisterCustomerResponse>(Send(request)).revision(), 1);
  EXPECT_THAT(said_, testing::Contains(testing::HasSubstr("not whole")));
}

// The disk under the cache fails for a while: the log does not, so commands are answered, late.
TEST_F(LostRowsTest, ACacheThatCannotBeReadIsWaitedFor) {
  Start();
  Fail("read");
  auto again = Register("c-7");
  again.set_request_id("another");
  const int number = Send(again);
  while (!Said("the command cache has failed")) absl::SleepFor(absl::Milliseconds(5));
  Fail("");
  EXPECT_EQ(ReasonOf(outcomes_.Get(number).status), "CUSTOMER_EXISTS");
  EXPECT_EQ(Ok<OpenAccountResponse>(Send(Open("c-9"))).revision(), 2);
}

TEST_F(LostRowsTest, ACacheThatCannotBeWrittenHoldsNoCommandUp) {
  constexpr std::array kWhat = {"append", "sync", "make", "open", "remove"};
  constexpr int kEach = 100;
  for (const char* what : kWhat) {
    Start();
    Fail(what);
    for (int i = 0; i < kEach; ++i) {
      Ok<RegisterCustomerResponse>(Send(Register(absl::StrCat(what, "-", i))));
    }
    // Flushes have failed; customers that are not in memory are answered all the same. A flush
    // removes nothing.
    while (what != std::string_view("remove") && !Said("cannot be written")) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    absl::SleepFor(absl::Milliseconds(1100));  // by then it is tried to open the store again
    for (int i = 0; i < kEach; ++i) {
      Ok<RegisterCustomerResponse>(Send(Register(absl::StrCat(what, "-later-", i))));
    }
    Fail("");
    Ok<RegisterCustomerResponse>(Send(Register(absl::StrCat(what, "-after"))));
    Stop();
    said_.clear();
  }
  Start();
  for (const char* what : kWhat) {
    for (const char* when : {"-", "-later-"}) {
      for (int i = 0; i < kEach; ++i) {
        auto again = Register(absl::StrCat(what, when, i));
        again.set_request_id("another");
        EXPECT_EQ(ReasonOf(outcomes_.Get(Send(again)).status), "CUSTOMER_EXISTS");
      }
    }
  }
}

TEST_F(EngineTest, ADamagedCacheIsBuiltAgain) {
  for (int i = 0; i < 50; ++i) Ok<RegisterCustomerResponse>(Send(Register(absl::StrCat("c-", i))));
  Stop();
  for (const auto& file : std::filesystem::directory_iterator(scratch_.path() + "/cache")) {
    if (file.path().extension() == ".sst") std::filesystem::resize_file(file, 20);
  }
  Start();
  auto again = Register("c-7");
  again.set_request_id("another");
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(again)).status), "CUSTOMER_EXISTS");
}

// Four threads, a thousand commands each over few customers: every number once, none left out.
TEST_F(EngineTest, NumbersAreGaplessUnderConcurrency) {
  constexpr int kThreads = 4, kEach = 1'000, kCustomers = 7;
  for (int c = 0; c < kCustomers; ++c) {
    Ok<RegisterCustomerResponse>(Send(Register(absl::StrCat("c-", c))));
    Ok<OpenAccountResponse>(Send(Open(absl::StrCat("c-", c))));
  }
  std::mutex mutex;
  std::vector<int> numbers;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto request =
            Invoice(absl::StrCat("c-", i % kCustomers), absl::StrCat("t", t, "-", i));
        const std::lock_guard lock(mutex);
        numbers.push_back(Send(request));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::map<std::string, std::set<int64_t>> by_series;
  for (const int number : numbers) {
    const std::string text = Ok<IssueInvoiceResponse>(number).number();
    const size_t dash = text.rfind('-');
    EXPECT_TRUE(by_series[text.substr(0, dash)].insert(std::stoll(text.substr(dash + 1))).second)
        << text << " twice";
  }
  size_t total = 0;
  for (const auto& [series, sequences] : by_series) {
    EXPECT_EQ(*sequences.rbegin(), static_cast<int64_t>(sequences.size())) << series;
    total += sequences.size();
  }
  EXPECT_EQ(total, size_t{kThreads * kEach});
}

TEST_F(EngineTest, WhatNeedsNoStateIsRefusedAtOnceWithEveryViolation) {
  IssueInvoiceRequest request = Invoice("c-1", "");
  request.mutable_lines(0)->mutable_amount()->set_currency_code("XXQ");
  request.set_expected_revision(-1);
  const absl::Status status = outcomes_.Get(Send(request)).status;
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  const std::string message(status.message());
  EXPECT_NE(message.find("request_id"), std::string::npos) << message;
  EXPECT_NE(message.find("expected_revision"), std::string::npos) << message;
  EXPECT_NE(message.find("lines[0]"), std::string::npos) << message;
  IssueInvoiceRequest large = Invoice("c-1", "r");
  large.set_reference(std::string(kMaxCommandBytes, 'x'));
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(large)).status), "REQUEST_TOO_LARGE");
}

TEST_F(EngineTest, ACustomerWithoutAnIdGetsTheSameOneEveryTime) {
  auto request = Register("");
  request.clear_customer_id();
  request.set_request_id("r-1");
  const std::string id = Ok<RegisterCustomerResponse>(Send(request)).customer_id();
  EXPECT_EQ(id, DerivedStreamId("customer", "r-1"));
  EXPECT_EQ(Ok<RegisterCustomerResponse>(Send(request)).customer_id(), id);
}

TEST_F(EngineTest, SaysHowEachPartitionStands) {
  const std::string text = metrics_->Expose();
  for (int p = 0; p < engine_->partitions(); ++p) {
    const std::string labels = absl::StrCat("{partition=\"", p, "\"} 1\n");
    EXPECT_THAT(text, testing::HasSubstr("daybook_partition_owned" + labels));
    EXPECT_THAT(text, testing::HasSubstr("daybook_ownership_changes_total" + labels));
  }
}

TEST_F(EngineTest, CountsWhatIsRefusedBeforeItIsTaken) {
  RegisterCustomerRequest request = Register("c");
  request.set_request_id(std::string(10'000, 'r'));
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(request)).status), "INVALID_FIELDS");
  EXPECT_THAT(metrics_->Expose(),
              testing::HasSubstr("daybook_commands_total{command=\"RegisterCustomer\","
                                 "outcome=\"refused\",reason=\"INVALID_FIELDS\"} 1\n"));
}

// The engine with a book whose author set no bound to the answer.
class LongWindedBook : public EngineTest {
 protected:
  absl::StatusOr<Book> MakeBook() override {
    auto book = EngineTest::MakeBook();
    for (Method& method : book->methods) {
      if (method.descriptor->name() != "RegisterCustomer") continue;
      method.decide = [](const View&, const google::protobuf::Message&, const Context&,
                         Decision* decision) {
        decision->answer.assign(kMaxAnswerBytes + 1, 'x');
        return absl::OkStatus();
      };
    }
    return book;
  }
};

TEST_F(LongWindedBook, IsRefusedAndCountedAndStopsNothing) {
  EXPECT_EQ(ReasonOf(outcomes_.Get(Send(Register("c"))).status), "ANSWER_TOO_LARGE");
  EXPECT_THAT(metrics_->Expose(),
              testing::HasSubstr("daybook_commands_total{command=\"RegisterCustomer\","
                                 "outcome=\"refused\",reason=\"ANSWER_TOO_LARGE\"} 1\n"));
  EXPECT_TRUE(engine_->Ready().ok());
}

TEST_F(EngineTest, DrainAnswersEverything) {
  std::vector<int> numbers = {Send(Register("d-first"))};
  EXPECT_TRUE(outcomes_.Get(numbers[0]).status.ok());
  for (int i = 0; i < 2'000; ++i) numbers.push_back(Send(Register(absl::StrCat("d-", i))));
  Stop();
  for (const int number : numbers) {
    const Outcome outcome = outcomes_.Get(number);
    if (outcome.status.ok()) continue;
    EXPECT_EQ(ReasonOf(outcome.status), "SHUTTING_DOWN");
  }
  Start();
  for (const int number : numbers) {
    if (!outcomes_.Get(number).status.ok()) continue;
    const auto id = Ok<RegisterCustomerResponse>(number).customer_id();
    EXPECT_TRUE(outcomes_.Get(Send(Register(id))).status.ok());
  }
}

TEST(Books, RefusesAnRpcWithoutAHandler) {
  const auto book = Books<customer::Customer>({ServiceOf(IssueInvoiceRequest::descriptor())});
  EXPECT_FALSE(book.ok());
  EXPECT_NE(book.status().message().find("OpenAccount"), absl::string_view::npos) << book.status();
}

// A domain whose events stand in no field of book.v1.Event.
struct Homeless {
  using Event = book::v1::Event;
  static constexpr int kStateVersion = 1;
  using Requests = RequestList<>;
  static ReasonList Refusals(std::string_view) { return {}; }
  static void Evolve(const EventMeta&, const Event&, internal::customer::v1::State&,
                     internal::book::v1::PartitionState&) {}
};
TEST(Books, RefusesADomainThatTheBooksEventHasNoFieldFor) {
  const auto book =
      Books<customer::Customer, Homeless>({ServiceOf(RegisterCustomerRequest::descriptor())});
  EXPECT_EQ(book.status().message(),
            "daybook.book.v1.Event has no field for daybook.book.v1.Event; add one to its oneof "
            "`event`");
}

TEST(Ids, AreVersionEightAndDependOnAllTheyAreMadeOf) {
  const Parts parts;
  const internal::book::v1::PartitionState partition;
  const auto id = [&](std::string_view customer, std::string_view request, int ordinal) {
    Context context;
    context.request_id = request;
    return context.NewId({.stream_id = customer, .parts = parts, .partition_state = partition},
                         ordinal);
  };
  const std::string one = id("c", "r", 0);
  EXPECT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '8');
  EXPECT_EQ(one, id("c", "r", 0));
  const std::set<std::string> all = {
      one, id("c", "r", 1), id("c", "r1", 0), id("cr", "", 0), id("", "cr", 0), id("c1", "r", 0)};
  EXPECT_EQ(all.size(), 6u);
}

}  // namespace
}  // namespace daybook::command
