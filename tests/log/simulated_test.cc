#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "common/base/status.h"
#include "common/log/simulated/simulated_log.h"
#include "tests/log/contract.h"

namespace daybook::log {
namespace {

// Without faults a simulated log is an honest one.
class SimulatedUnderTest : public LogUnderTest {
 public:
  std::unique_ptr<EventLog> Open(int partitions) override {
    auto log = std::make_unique<SimulatedLog>(partitions, &random_);
    log_ = log.get();
    return log;
  }
  void Pass() override { log_->Advance(); }
  bool keeps() const override { return false; }
  bool threads() const override { return false; }

 private:
  std::mt19937_64 random_{1};
  SimulatedLog* log_ = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Simulated, LogContract,
                         testing::Values(Driver{
                             "simulated", [] { return std::make_unique<SimulatedUnderTest>(); }}),
                         NameOf);

// Each fault does what it says, or the simulation on top of it proves nothing.
struct Weather {
  SimulatedFaults faults;
  size_t stored = 0, good = 0, errors = 0, wrong = 0;
};

Weather Rain(const SimulatedFaults& faults) {
  std::mt19937_64 random(7);
  SimulatedLog log(1, &random, faults);
  const auto producer = log.NewProducer([] {});
  const auto writer = producer->NewWriter(0);
  for (int i = 0; i < 1'000; ++i) writer->Append("k", std::to_string(i));
  log.Settle();
  std::vector<Report> reports;
  writer->TakeReports(&reports);
  Weather weather{.faults = faults, .stored = log.stored(0).size()};
  for (const Report& report : reports) {
    if (!report.status.ok()) {
      ++weather.errors;
    } else if (report.offset && *report.offset > 0) {
      ++weather.good;
    } else {
      ++weather.wrong;
    }
  }
  return weather;
}

TEST(SimulatedLog, GoesWrongAsItIsTold) {
  EXPECT_EQ(Rain({}).good, 999u);  // the first stands at offset 0
  const Weather lost = Rain({.lose_record = 0.2});
  EXPECT_LT(lost.stored, 900u);
  EXPECT_GT(lost.errors, 50u);
  EXPECT_LT(lost.errors + lost.good, 950u);
  const Weather false_errors = Rain({.false_error = 0.2});
  EXPECT_EQ(false_errors.stored, 1'000u);
  EXPECT_GT(false_errors.errors, 100u);
  const Weather silent = Rain({.lose_report = 0.2});
  EXPECT_EQ(silent.stored, 1'000u);
  EXPECT_LT(silent.good, 900u);
  EXPECT_GT(Rain({.wrong_offset = 0.2}).wrong, 100u);
  EXPECT_GT(Rain({.no_offset = 0.2}).wrong, 100u);
  EXPECT_GT(Rain({.duplicate = 0.2}).stored, 1'100u);
}

TEST(SimulatedLog, RecordsOfAWriterThatIsGoneStillArrive) {
  std::mt19937_64 random(7);
  SimulatedLog log(1, &random);
  const auto producer = log.NewProducer([] {});
  auto writer = producer->NewWriter(0);
  writer->Append("k", "late");
  writer.reset();
  log.Settle();
  EXPECT_EQ(log.stored(0).size(), 1u);
}

}  // namespace
}  // namespace daybook::log
