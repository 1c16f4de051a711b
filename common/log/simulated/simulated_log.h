// A log in memory whose network is a seed: for tests and simulations, never for data.
//
// Appended records travel: a record is stored, and its report comes back, only when Advance says
// so. On the way they may be delayed, lost, stored twice, stored though reported failed, reported
// with a wrong offset or not at all - each with its probability in Faults, drawn from the caller's
// generator. Records of one writer keep their order; those of a writer that was thrown away still
// arrive. Made with default Faults it is an honest log.
//
// Concurrency: one thread. There is no time in it; a step is an Advance.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/event_log.h"

namespace daybook::log {

struct SimulatedFaults {
  double lose_record = 0;     // never stored; reported as an error, or never
  double false_error = 0;     // stored, and reported as an error
  double lose_report = 0;     // stored, never reported
  double wrong_offset = 0;    // stored, reported without error at -1 or 0, as librdkafka does
                              // for a batch that the broker has already
  double no_offset = 0;       // stored, reported without error and without an offset
  double duplicate = 0;       // stored twice
  double shuffle_report = 0;  // the report overtakes others
  double stale_read = 0;      // a reader believes an earlier end
  double read_error = 0;      // a reader answers UNAVAILABLE

  friend bool operator==(const SimulatedFaults&, const SimulatedFaults&) = default;
};

class SimulatedLog : public EventLog {
 public:
  using Random = std::mt19937_64;
  // `random` must outlive the log.
  SimulatedLog(int partitions, Random* random, SimulatedFaults faults = {});

  int partitions() const override { return static_cast<int>(stored_.size()); }
  bool exclusive() const override { return false; }
  std::string name() const override { return "simulated"; }
  std::unique_ptr<LogProducer> NewProducer(std::function<void()> wake) override;
  absl::StatusOr<std::unique_ptr<LogReader>> NewReader(int partition, int64_t from) override;
  absl::StatusOr<Extent> GetExtent(int partition) override;
  std::shared_ptr<void> Watch(std::function<void()> wake) override;

  // Lets one thing happen on the network, if there is anything under way; false = there was not.
  bool Advance();
  // Lets everything happen that is under way.
  void Settle();
  // From here on nothing goes wrong.
  void Heal() { faults_ = {}; }

  struct Stored {
    std::string key;
    std::string value;
    bool hole = false;  // nothing stands at this offset
  };
  // Somebody else takes the next offset: with a record, or with nothing, as the control record of a
  // transaction does.
  void AppendForeign(int partition, std::string key, std::string value);
  void AppendHole(int partition);

  // What is in the log: for checkers, and for tests that tamper with it.
  std::vector<Stored>& stored(int partition) { return *stored_[partition]; }

 private:
  struct Link;
  struct Writer;
  struct Producer;
  struct Reader;
  bool Chance(double probability);
  void Deliver(Link& link);
  void WakeWatchers();
  void DeliverAll();

  Random* random_;
  SimulatedFaults faults_;
  const bool honest_;  // made without faults: a Flush delivers what was appended, in order
  std::vector<std::shared_ptr<std::vector<Stored>>> stored_;
  std::vector<std::shared_ptr<Link>> links_;  // one a writer that has something under way
  std::vector<std::weak_ptr<std::function<void()>>> watchers_;
};

}  // namespace daybook::log
