#include "common/projection/scan_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/status.h"

namespace daybook::projection {
namespace {

const int kLong = 0, kShort = 0;  // two kinds, by their addresses

// A task that runs until it is let go.
struct Held {
  ScanQueue::Task Task() {
    return [this](const absl::Status& status) {
      outcome = status;
      begun.Notify();
      let_go.WaitForNotification();
    };
  }
  absl::Status outcome;
  absl::Notification begun, let_go;
};

std::string ReasonOfTask(std::future<absl::Status>& future) { return ReasonOf(future.get()); }

std::future<absl::Status> Add(ScanQueue& queue, const void* kind) {
  auto promise = std::make_shared<std::promise<absl::Status>>();
  queue.Add(kind, [promise](const absl::Status& status) { promise->set_value(status); });
  return promise->get_future();
}

TEST(ScanQueueTest, ALongScanHoldsUpNoOther) {
  ScanQueue queue(10, 2);
  Held held;
  queue.Add(&kLong, held.Task());
  held.begun.WaitForNotification();
  EXPECT_TRUE(Add(queue, &kShort).get().ok());
  held.let_go.Notify();
}

TEST(ScanQueueTest, ScansOfOneKindLeaveAThreadToTheOthers) {
  ScanQueue queue(10, 3);
  Held held[3];
  for (Held& one : held) queue.Add(&kLong, one.Task());
  held[0].begun.WaitForNotification();
  held[1].begun.WaitForNotification();
  EXPECT_TRUE(Add(queue, &kShort).get().ok());  // before the third, which came first
  EXPECT_FALSE(held[2].begun.HasBeenNotified());
  held[0].let_go.Notify();
  held[2].begun.WaitForNotification();
  held[1].let_go.Notify();
  held[2].let_go.Notify();
}

TEST(ScanQueueTest, OneThreadRunsWhatComesInItsOrder) {
  ScanQueue queue(10, 1);
  Held held;
  queue.Add(&kLong, held.Task());
  held.begun.WaitForNotification();
  std::vector<int> order;
  std::vector<std::future<void>> done;
  for (int i = 0; i < 4; ++i) {
    auto promise = std::make_shared<std::promise<void>>();
    done.push_back(promise->get_future());
    queue.Add(i % 2 == 0 ? &kLong : &kShort, [&order, i, promise](const absl::Status&) {
      order.push_back(i);
      promise->set_value();
    });
  }
  held.let_go.Notify();
  for (auto& each : done) each.get();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(ScanQueueTest, RefusesWhatIsTooMuchAndWhatComesAfterStop) {
  ScanQueue queue(1, 1);
  Held held;
  queue.Add(&kLong, held.Task());
  held.begun.WaitForNotification();
  auto waiting = Add(queue, &kShort);
  auto refused = Add(queue, &kShort);
  EXPECT_EQ(ReasonOfTask(refused), "OVERLOADED");
  std::thread stopper([&] { queue.Stop(); });
  held.let_go.Notify();
  stopper.join();
  // It ran before the stop was seen, or was told.
  const absl::Status outcome = waiting.get();
  EXPECT_TRUE(outcome.ok() || ReasonOf(outcome) == "SHUTTING_DOWN") << outcome;
  auto late = Add(queue, &kShort);
  EXPECT_EQ(ReasonOfTask(late), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace daybook::projection
