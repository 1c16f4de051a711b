// The contract of common/log/event_log.h as tests that every driver must pass.
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, LogContract,
//                            testing::Values(Driver{"embedded", MakeEmbedded}), NameOf);
//
// The tests are in contract.cc, in the object library `log_contract`; a binary links it and
// instantiates LogContract for its drivers.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/log/event_log.h"

namespace daybook::log {

// One log, fresh for each test.
class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;

  // Opens it, creating it with `partitions` at the first call. Called again only after the log of
  // the call before was destroyed.
  virtual std::unique_ptr<EventLog> Open(int partitions) = 0;

  // Called again and again while a test waits for something; a simulated log lets time pass here.
  virtual void Pass() {}

  // Opened again, it holds what it held.
  virtual bool keeps() const { return true; }
  // Calls its watchers, at least while a reader stands at the end.
  virtual bool watches() const { return true; }
  // Any number of threads may use it; false for a simulation that lives in one.
  virtual bool threads() const { return true; }
};

struct Driver {
  std::string name;
  // May return null: this machine cannot have it, and the tests are skipped.
  std::function<std::unique_ptr<LogUnderTest>()> make;
};

inline std::string NameOf(const testing::TestParamInfo<Driver>& info) { return info.param.name; }

using KeyValue = std::pair<std::string, std::string>;

class LogContract : public testing::TestWithParam<Driver> {
 protected:
  static constexpr int kPartitions = 4;

  void SetUp() override;
  void TearDown() override;

  void Reopen();

  // Appends and waits for the reports, which must be good; returns the offsets.
  std::vector<int64_t> Put(int partition, const std::vector<KeyValue>& records);
  std::vector<int64_t> Put(LogProducer& producer, LogWriter& writer,
                           const std::vector<KeyValue>& records);
  // Waits until `writer` has given `count` reports.
  std::vector<Report> TakeReports(LogProducer& producer, LogWriter& writer, size_t count);
  // Reads until the reader says that it is at the end.
  std::vector<KeyValue> ReadToEnd(int partition, int64_t from);
  // Reads until `count` records have come.
  std::vector<KeyValue> ReadCount(LogReader& reader, size_t count);
  // Waits until `done`, letting the log's time pass.
  bool Await(const std::function<bool()>& done);

  std::unique_ptr<LogUnderTest> under_test_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace daybook::log
