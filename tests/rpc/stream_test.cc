#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "common/command/reasons.h"
#include "daybook/book/v1/command_service.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/rpc/serving.h"
#include "tests/support/stream_client.h"

namespace daybook::rpc {
namespace {

using book::v1::ExecuteStreamRequest;
using book::v1::ExecuteStreamResponse;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kPath = "/daybook.book.v1.CommandService/ExecuteStream";
constexpr const char* kWatch = "/grpc.health.v1.Health/Watch";

// Sends the tag back, and as the result's message what was wrong with the item.
void EchoItem(std::unique_ptr<StreamItem> item) {
  const auto& request = static_cast<const ExecuteStreamRequest&>(item->message());
  ExecuteStreamResponse response;
  response.set_tag(request.tag());
  response.mutable_result()->mutable_status()->set_message(ReasonOf(item->problem()));
  item->Answer(response.SerializeAsString());
}

// Keeps items instead of answering them.
// The server outlives the items of a test: what comes when they are gone is dropped.
class Items {
 public:
  ~Items() {
    std::vector<std::unique_ptr<StreamItem>> left;
    std::lock_guard lock(kept_->mutex);
    kept_->closed = true;
    left.swap(kept_->items);
  }
  ItemHandler Keep() {
    return [kept = kept_](std::unique_ptr<StreamItem> item) {
      std::lock_guard lock(kept->mutex);
      if (kept->closed) return;
      kept->items.push_back(std::move(item));
      kept->came.notify_all();
    };
  }
  size_t size() {
    std::lock_guard lock(kept_->mutex);
    return kept_->items.size();
  }
  void WaitFor(size_t size) {
    std::unique_lock lock(kept_->mutex);
    kept_->came.wait(lock, [&] { return kept_->items.size() >= size; });
  }
  std::unique_ptr<StreamItem> Take(size_t i) {
    std::lock_guard lock(kept_->mutex);
    auto item = std::move(kept_->items[i]);
    kept_->items.erase(kept_->items.begin() + static_cast<ptrdiff_t>(i));
    return item;
  }

 private:
  struct Kept {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<std::unique_ptr<StreamItem>> items;
    bool closed = false;
  };
  const std::shared_ptr<Kept> kept_ = std::make_shared<Kept>();
};

class RpcStream : public Serving {
 protected:
  void ServeStream(StreamHandler handler) {
    server_ = std::make_unique<Server>(options_);
    Service service("daybook.book.v1.CommandService");
    service.Decline("ExecuteBatch").HandleStream("ExecuteStream", std::move(handler));
    server_->Add(std::move(service));
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void ServeItems(ItemHandler handler) {
    ServeStream([handler = std::move(handler)](Caller&) { return handler; });
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  std::unique_ptr<StreamClient> Open(absl::Time deadline = absl::Now() + absl::Seconds(30),
                                     const char* path = kPath) {
    return std::make_unique<StreamClient>(address(), path, deadline);
  }

  static ExecuteStreamRequest Tagged(uint64_t tag) {
    ExecuteStreamRequest request;
    request.set_tag(tag);
    return request;
  }

  static std::vector<uint64_t> ReadTags(StreamClient& stream) {
    std::vector<uint64_t> tags;
    for (ExecuteStreamResponse response; stream.Read(&response);) tags.push_back(response.tag());
    return tags;
  }

  void WaitUntilNoStreamIsOpen() {
    while (server_->streams() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

TEST_F(RpcStream, AnswersEveryMessageAndEndsOkWithTheCallersHalf) {
  ServeItems(EchoItem);
  auto stream = Open();
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(stream->Write(Tagged(i)));
    ExecuteStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.tag(), i);
  }
  stream->CloseWrites();
  EXPECT_THAT(ReadTags(*stream), ElementsAre());
  EXPECT_TRUE(stream->Finish().ok());
  WaitUntilNoStreamIsOpen();
  EXPECT_THAT(metrics_.Expose(),
              AllOf(HasSubstr("grpc_server_msg_received_total{grpc_type=\"bidi_stream\",grpc_"
                              "service=\"daybook.book.v1.CommandService\",grpc_method="
                              "\"ExecuteStream\"} 1000"),
                    HasSubstr("grpc_method=\"ExecuteStream\",grpc_code=\"OK\"} 1"),
                    HasSubstr("daybook_rpc_streams 0")));
}

TEST_F(RpcStream, EndsOkWhenTheCallerSendsNothing) {
  ServeItems(EchoItem);
  auto stream = Open();
  stream->CloseWrites();
  EXPECT_THAT(ReadTags(*stream), ElementsAre());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RpcStream, AnswersWhatIsOutBeforeItEnds) {
  Items items;
  ServeItems(items.Keep());
  auto stream = Open();
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(stream->Write(Tagged(i)));
  stream->CloseWrites();
  items.WaitFor(3);
  EchoItem(items.Take(2));  // in the order of outcomes
  EchoItem(items.Take(0));
  items.Take(0).reset();  // goes unanswered
  EXPECT_THAT(ReadTags(*stream), ElementsAre(3, 1));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RpcStream, ReadsNoFurtherThanItsWindow) {
  Items items;
  options_.stream_window = 5;
  ServeItems(items.Keep());
  auto stream = Open();
  std::thread writer([&] {
    for (int i = 1; i <= 100; ++i) ASSERT_TRUE(stream->Write(Tagged(i)));
    stream->CloseWrites();
  });
  items.WaitFor(5);
  for (int answered = 1; answered <= 95; ++answered) {
    std::this_thread::yield();
    EXPECT_LE(items.size(), 5u);
    EchoItem(items.Take(0));
    ExecuteStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.tag(), answered);
    items.WaitFor(5);
  }
  writer.join();
  EXPECT_EQ(items.size(), 5u);
  while (items.size() > 0) EchoItem(items.Take(0));
  EXPECT_THAT(ReadTags(*stream), ElementsAre(96, 97, 98, 99, 100));
  EXPECT_TRUE(stream->Finish().ok());
}

// HTTP/2 holds a sender whose messages are not read, so that they do not pile up here.
TEST_F(RpcStream, HoldsASenderWhoIsTooQuick) {
  Items items;
  options_.stream_window = 2;
  ServeItems(items.Keep());
  auto stream = Open();
  std::atomic<int> sent{0};
  ExecuteStreamRequest large = Tagged(1);
  large.mutable_command()->mutable_issue_invoice()->set_reference(std::string(1 << 20, 'x'));
  std::thread writer([&] {
    while (sent < 100 && stream->Write(large)) ++sent;
  });
  items.WaitFor(2);
  int before = -1;
  while (before != sent) {
    before = sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(sent, 50);
  stream->Cancel();
  writer.join();
}

TEST_F(RpcStream, HoldsAnswersForASlowReaderInsideTheWindow) {
  std::atomic<int> seen{0};
  options_.stream_window = 4;
  ServeItems([&](std::unique_ptr<StreamItem> item) {
    ++seen;
    ExecuteStreamResponse response;
    response.mutable_result()->mutable_status()->set_message(std::string(1 << 20, 'x'));
    item->Answer(response.SerializeAsString());
  });
  auto stream = Open();
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(stream->Write(Tagged(i)));
  int before = -1;
  while (before != seen) {
    before = seen;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(seen, 40);
  stream->CloseWrites();
  EXPECT_EQ(ReadTags(*stream).size(), 50u);
  EXPECT_EQ(seen, 50);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RpcStream, OneMessageThatCannotBeReadDoesNotEndIt) {
  ServeItems(EchoItem);
  auto stream = Open();
  ExecuteStreamRequest unknown = Tagged(2);
  unknown.GetReflection()->MutableUnknownFields(&unknown)->AddVarint(1999, 1);
  ASSERT_TRUE(stream->Write(Tagged(1)));
  ASSERT_TRUE(stream->Write(unknown));
  ASSERT_TRUE(
      stream->WriteRaw("\x08\x03\x12\x7f"
                       "cut"));  // a tag, then a command cut short
  ASSERT_TRUE(stream->WriteRaw("\xff\xff"));
  ASSERT_TRUE(stream->Write(Tagged(5)));
  stream->CloseWrites();
  std::vector<std::string> said;
  for (ExecuteStreamResponse response; stream->Read(&response);) {
    said.push_back(std::to_string(response.tag()) + response.result().status().message());
  }
  EXPECT_THAT(said,
              ElementsAre("1", "2UNKNOWN_FIELDS", "3MALFORMED_REQUEST", "0MALFORMED_REQUEST", "5"));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(RpcStream, AMessageAboveTheLimitEndsIt) {
  ServeItems(EchoItem);
  auto stream = Open();
  ASSERT_TRUE(stream->Write(Tagged(1)));
  ASSERT_TRUE(stream->WriteRaw(std::string(5'000'000, 'x')));
  ReadTags(*stream);
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kResourceExhausted);
  WaitUntilNoStreamIsOpen();
}

TEST_F(RpcStream, RefusesMessagesBeyondTheBytesInFlight) {
  Items items;
  options_.max_in_flight_bytes = 3'000'000;
  ServeItems([&](std::unique_ptr<StreamItem> item) {
    if (item->problem().ok()) return items.Keep()(std::move(item));
    EchoItem(std::move(item));
  });
  auto stream = Open();
  ExecuteStreamRequest large = Tagged(1);
  large.mutable_command()->mutable_issue_invoice()->set_reference(std::string(2'000'000, 'x'));
  ASSERT_TRUE(stream->Write(large));
  items.WaitFor(1);
  large.set_tag(2);
  ASSERT_TRUE(stream->Write(large));
  ExecuteStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.tag(), 2u);
  EXPECT_EQ(response.result().status().message(), "OVERLOADED");
  EchoItem(items.Take(0));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.tag(), 1u);
  large.set_tag(3);
  ASSERT_TRUE(stream->Write(large));  // there is room again
  items.WaitFor(1);
}

TEST_F(RpcStream, RefusesOneStreamTooMany) {
  options_.max_streams = 1;
  ServeItems(EchoItem);
  auto first = Open();
  ASSERT_TRUE(first->Write(Tagged(1)));
  ExecuteStreamResponse response;
  ASSERT_TRUE(first->Read(&response));
  auto second = Open();
  EXPECT_THAT(ReadTags(*second), ElementsAre());
  const absl::Status status = second->Finish();
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/google.rpc.RetryInfo").has_value());
  first->CloseWrites();
  EXPECT_THAT(ReadTags(*first), ElementsAre());
  EXPECT_TRUE(first->Finish().ok());
  WaitUntilNoStreamIsOpen();
  EXPECT_TRUE(Open()->Write(Tagged(1)));
}

TEST_F(RpcStream, TheOpenerMayRefuse) {
  ServeStream([](Caller& caller) -> absl::StatusOr<ItemHandler> {
    return Refuse(reason::kInvalidFields, std::string(caller.metadata("traceparent")));
  });
  StreamClient stream(address(), kPath, absl::Now() + absl::Seconds(30), {{"traceparent", "no"}});
  EXPECT_THAT(ReadTags(stream), ElementsAre());
  const absl::Status status = stream.Finish();
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELDS");
  EXPECT_EQ(status.message(), "no");
}

TEST_F(RpcStream, EndsShortlyBeforeTheCallersDeadline) {
  Items items;
  ServeItems(items.Keep());
  const absl::Time deadline = absl::Now() + absl::Seconds(1);
  auto stream = Open(deadline);
  ASSERT_TRUE(stream->Write(Tagged(1)));
  items.WaitFor(1);
  EXPECT_LT(items.Take(0)->deadline(), deadline);  // unanswered, which is allowed
  ReadTags(*stream);
  const absl::Status status = stream->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");  // the server's word, not the client's
}

TEST_F(RpcStream, EndsWhenAnAnswerIsOverdue) {
  Items items;
  options_.max_deadline = absl::Milliseconds(50);
  ServeStream([&](Caller& caller) {
    caller.SetDeadlineStatus(Refuse(reason::kOutcomeUnknown, "perhaps recorded"));
    return items.Keep();
  });
  auto stream = Open(absl::InfiniteFuture());
  ASSERT_TRUE(stream->Write(Tagged(1)));
  EXPECT_THAT(ReadTags(*stream), ElementsAre());
  EXPECT_EQ(ReasonOf(stream->Finish()), "OUTCOME_UNKNOWN");
  EchoItem(items.Take(0));  // too late, and harmless
}

TEST_F(RpcStream, LetsItemsOutliveACallerWhoCancels) {
  Items items;
  std::atomic<bool> over{false};
  ServeItems([&](std::unique_ptr<StreamItem> item) {
    item->WhenOver([&] { over = true; });
    items.Keep()(std::move(item));
  });
  auto stream = Open();
  ASSERT_TRUE(stream->Write(Tagged(1)));
  ASSERT_TRUE(stream->Write(Tagged(2)));
  items.WaitFor(2);
  stream->Cancel();
  WaitUntilNoStreamIsOpen();
  while (!over) std::this_thread::yield();
  EchoItem(items.Take(0));
  server_.reset();
  EchoItem(items.Take(0));
}

TEST_F(RpcStream, DrainsInTwoSteps) {
  Items items;
  ServeItems(items.Keep());
  auto stream = Open();
  ASSERT_TRUE(stream->Write(Tagged(1)));
  items.WaitFor(1);
  server_->DrainStreams();
  ASSERT_TRUE(stream->Write(Tagged(2)));  // is not read
  auto late = Open();
  EXPECT_THAT(ReadTags(*late), ElementsAre());
  EXPECT_EQ(ReasonOf(late->Finish()), "SHUTTING_DOWN");
  EchoItem(items.Take(0));
  EXPECT_THAT(ReadTags(*stream), ElementsAre(1));
  const absl::Status status = stream->Finish();
  EXPECT_EQ(ReasonOf(status), "SHUTTING_DOWN");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(items.size(), 0u);
  server_->Shutdown(absl::Now() + absl::Seconds(30));
}

TEST_F(RpcStream, StopsAtItsDeadlineWhateverHandlersDo) {
  Items items;
  ServeItems(items.Keep());
  auto stream = Open(absl::InfiniteFuture());
  ASSERT_TRUE(stream->Write(Tagged(1)));
  items.WaitFor(1);
  server_->Shutdown(absl::Now() + absl::Milliseconds(50));
  server_.reset();
  EXPECT_THAT(ReadTags(*stream), ElementsAre());
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(RpcStream, AnswersFromAnyThreadAtOnce) {
  Items items;
  ServeItems(items.Keep());
  std::atomic<bool> stop{false};
  std::mutex one;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!stop) {
        std::unique_ptr<StreamItem> item;
        {
          std::lock_guard lock(one);
          if (items.size() > 0) item = items.Take(items.size() / 2);
        }
        item ? EchoItem(std::move(item)) : std::this_thread::yield();
      }
    });
  }
  std::vector<std::unique_ptr<StreamClient>> streams;
  std::vector<std::thread> writers;
  constexpr int kStreams = 4, kMessages = 3000;
  for (int s = 0; s < kStreams; ++s) {
    streams.push_back(Open());
    writers.emplace_back([stream = streams.back().get()] {
      for (int i = 1; i <= kMessages; ++i) stream->Write(Tagged(i));
      stream->CloseWrites();
    });
  }
  for (auto& stream : streams) {
    auto tags = ReadTags(*stream);
    std::sort(tags.begin(), tags.end());
    ASSERT_EQ(tags.size(), static_cast<size_t>(kMessages));
    for (int i = 0; i < kMessages; ++i) ASSERT_EQ(tags[i], static_cast<uint64_t>(i + 1));
    EXPECT_TRUE(stream->Finish().ok());
  }
  for (auto& writer : writers) writer.join();
  stop = true;
  for (auto& worker : workers) worker.join();
}

class RpcWatch : public RpcStream {
 protected:
  RpcWatch() { ServeItems(EchoItem); }

  std::unique_ptr<StreamClient> Watch(const std::string& name) {
    auto stream = Open(absl::Now() + absl::Seconds(30), kWatch);
    HealthCheckRequest request;
    request.set_service(name);
    EXPECT_TRUE(stream->Write(request));
    stream->CloseWrites();
    return stream;
  }
  static std::string Next(StreamClient& stream) {
    HealthCheckResponse response;
    return stream.Read(&response) ? HealthCheckResponse::ServingStatus_Name(response.status())
                                  : "end";
  }
};

TEST_F(RpcWatch, TellsEveryChange) {
  auto all = Watch("");
  auto balances = Watch("balances");
  EXPECT_EQ(Next(*all), "SERVING");
  EXPECT_EQ(Next(*balances), "SERVICE_UNKNOWN");
  server_->health().Set("balances", false);
  EXPECT_EQ(Next(*balances), "NOT_SERVING");
  server_->health().Set("balances", false);  // no change
  server_->health().Set("balances", true);
  EXPECT_EQ(Next(*balances), "SERVING");
  server_->health().Set("", false);
  EXPECT_EQ(Next(*all), "NOT_SERVING");
}

TEST_F(RpcWatch, LastsLongerThanACallMay) {
  options_.max_deadline = absl::Milliseconds(50);
  ServeItems(EchoItem);
  auto all = Watch("");
  EXPECT_EQ(Next(*all), "SERVING");
  std::this_thread::sleep_for(std::chrono::seconds(1));  // a call is given up 0.5 s after its time
  server_->health().Set("", false);
  EXPECT_EQ(Next(*all), "NOT_SERVING");
}

TEST_F(RpcWatch, SaysNotServingBeforeTheServerStops) {
  auto all = Watch("");
  EXPECT_EQ(Next(*all), "SERVING");
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  EXPECT_EQ(Next(*all), "NOT_SERVING");
  EXPECT_EQ(Next(*all), "end");
  EXPECT_EQ(ReasonOf(all->Finish()), "SHUTTING_DOWN");
}

TEST_F(RpcWatch, RefusesWhatIsNoRequest) {
  for (const std::string& bytes : {std::string("\xff"), "\x0a\x7f" + std::string(300, 'x')}) {
    auto stream = Open(absl::Now() + absl::Seconds(30), kWatch);
    ASSERT_TRUE(stream->WriteRaw(bytes));
    EXPECT_EQ(Next(*stream), "end");
    EXPECT_EQ(ReasonOf(stream->Finish()), "MALFORMED_REQUEST");
  }
  auto silent = Open(absl::Now() + absl::Seconds(30), kWatch);
  silent->CloseWrites();
  EXPECT_EQ(Next(*silent), "end");
  EXPECT_EQ(ReasonOf(silent->Finish()), "MALFORMED_REQUEST");
  auto long_name = Watch(std::string(257, 'x'));
  EXPECT_EQ(Next(*long_name), "end");
  EXPECT_EQ(ReasonOf(long_name->Finish()), "INVALID_FIELDS");
}

TEST_F(RpcWatch, ForgetsWatchersWhoAreGone) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Next(*Watch("")), "SERVING");
  WaitUntilNoStreamIsOpen();
  server_->health().Set("", false);
}

TEST_F(RpcWatch, KeepsOnlyTheNewestForASlowReader) {
  auto slow = Watch("");
  EXPECT_EQ(Next(*slow), "SERVING");
  for (int i = 0; i < 100'000; ++i) server_->health().Set("", i % 2 == 0);
  server_->health().Set("", false);
  std::string last;
  int told = 0;
  server_->Shutdown(absl::Now() + absl::Seconds(30));
  for (std::string next = Next(*slow); next != "end"; next = Next(*slow), ++told) last = next;
  EXPECT_EQ(last, "NOT_SERVING");
  EXPECT_LT(told, 90'000);
}

}  // namespace
}  // namespace daybook::rpc
