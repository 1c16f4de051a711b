// The event log: partitions of records at growing offsets, append at the end, read from anywhere.
//
// Three drivers stand behind this contract: `embedded` (one process, RocksDB), `kafka` (librdkafka)
// and `simulated` (tests: time, loss and races by a seed). tests/log/contract.h holds all of them
// to it. What is *in* a record, and which records count, is not the log's business: see chain.h.
//
//   auto producer = log->NewProducer([&] { doorbell.Ring(); });
//   auto writer = producer->NewWriter(3);
//   writer->Append(customer_id, bytes);
//   producer->Send();                        // hand over; on the embedded log: one synced write
//   std::vector<Report> reports;
//   writer->TakeReports(&reports);           // outcomes so far, in order of arrival
//
// Concurrency: an EventLog may be used from any thread; a producer with its writers, and a reader,
// from one thread each. Failure: a method that returns a status returns it; everything that can go
// wrong with an append comes as a report, or as silence.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook::log {

// What became of one append.
struct Report {
  uint64_t append = 0;  // which: 0 for the writer's first Append, then 1, 2, ...
  absl::Status status;  // not OK: whether the record is stored is unknown
  std::optional<int64_t>
      offset;  // where it stands; may be absent or, on Kafka, wrong (see protocol)
  absl::Time stored_time = absl::InfinitePast();  // the log's own clock, if it has one
};

// Appends to one partition under one claim; thrown away at the first doubt.
class LogWriter {
 public:
  virtual ~LogWriter() = default;

  // Takes a record for the end of the partition. Order of Append = order of offsets, as far as the
  // log can. Never blocks. `key` is the customer id (empty for records without a customer); `value`
  // is copied or sent before the call returns.
  virtual void Append(std::string_view key, std::string_view value) = 0;

  // Moves the reports that have come since the last call to the end of `reports`. On some logs they
  // are late, out of order, wrong or missing: whoever acts on them must bear that.
  virtual void TakeReports(std::vector<Report>* reports) = 0;
};

// The writers of one thread share what is costly: a Kafka producer, a synced write.
class LogProducer {
 public:
  virtual ~LogProducer() = default;

  // A fresh writer for `partition`. A producer must outlive its writers.
  virtual std::unique_ptr<LogWriter> NewWriter(int partition) = 0;

  // Makes sure that everything appended through this producer's writers is on its way, and returns
  // at once: reports will ring.
  virtual void Send() = 0;

  // As Send; on an exclusive log it returns when all of it is durable. If durability is unknown the
  // process is stopped, by either.
  virtual void Flush() { Send(); }

  // Tells watchers of the log, and readers that wait, of what Flush has made durable or TakeReports
  // has reported. The caller first answers those who wait for these records, and calls this then.
  // Without it watchers and readers find out by themselves, somewhat later.
  virtual void Announce() {}

  // Not OK: this producer is broken for good; throw it and its writers away and make another.
  virtual absl::Status health() const { return absl::OkStatus(); }
};

struct LogRecord {
  int64_t offset;
  std::string_view key;    // into the batch
  std::string_view value;  // into the batch
};

// Records in offset order and whether they reach the end. Owns the bytes; move only.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  std::vector<LogRecord> records;
  // Nothing came after these when they were read (or after `records` came back empty).
  bool end = false;
  // Offset that the next Read begins at. Those between the last record and it hold nothing, and so
  // do those that are missing between two records: on Kafka the transactions of others leave such
  // holes.
  int64_t next_offset = 0;
  // Whatever keeps the bytes of `records` alive.
  std::shared_ptr<void> storage;
};

// Reads one partition in offset order.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Up to `max` records, waiting at most `wait` for the first. Empty: none yet (`end` set), or none
  // came in time (`end` not set); either way `next_offset` may have passed a hole. Errors:
  // OUT_OF_RANGE: the position is behind the end or before the beginning of the log (it was cut or
  // replaced); DATA_LOSS: broken records, names partition and offset; UNAVAILABLE: try again. After
  // an error the reader is to be thrown away.
  virtual absl::StatusOr<Batch> Read(size_t max, absl::Duration wait) = 0;
};

// The extent of a partition: [first, end).
struct Extent {
  int64_t first = 0;
  int64_t end = 0;
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Number of partitions; fixed for the log's life.
  virtual int partitions() const = 0;

  // No other process can write while this object lives (the embedded log's directory lock).
  virtual bool exclusive() const = 0;

  // Its reports say when a record was stored (Report::stored_time).
  virtual bool has_clock() const { return false; }

  // What to call the log in messages: `embedded:/var/lib/daybook/log`, `kafka:host:9092/topic`.
  virtual std::string name() const = 0;

  // `wake` is called, from any thread, when reports may have arrived; it must not block.
  virtual std::unique_ptr<LogProducer> NewProducer(std::function<void()> wake) = 0;

  // A reader whose first record is the first at or behind offset `from`. `from` may be the end.
  virtual absl::StatusOr<std::unique_ptr<LogReader>> NewReader(int partition, int64_t from) = 0;

  // OK as long as nothing is known against the log as a whole. Else FAILED_PRECONDITION: it is not,
  // or may not stay, what it was when it was opened, and the message says what was done to it.
  // Nothing may be decided on it until this is OK again. Asked as often as one likes; what happens
  // to a log is noticed within a minute.
  virtual absl::Status health() const { return absl::OkStatus(); }

  // Asks the log; may block up to a few seconds. UNAVAILABLE if it does not answer.
  virtual absl::StatusOr<Extent> GetExtent(int partition) = 0;

  // The same for every partition, in order; on Kafka in two questions instead of two for each.
  virtual absl::StatusOr<std::vector<Extent>> GetExtents() {
    std::vector<Extent> extents;
    for (int partition = 0; partition < partitions(); ++partition) {
      absl::StatusOr<Extent> extent = GetExtent(partition);
      if (!extent.ok()) return extent.status();
      extents.push_back(*extent);
    }
    return extents;
  }

  // Calls `wake` (any thread, must not block) after records have been added to any partition, as
  // far as this driver knows of them; a hint, for readers at the end. Returns a handle; dropping it
  // ends the calls. A driver that cannot know (Kafka) may never call it.
  virtual std::shared_ptr<void> Watch(std::function<void()> wake) = 0;
};

// Partition of a key, by murmur2 as Kafka's Java client does it: any Kafka producer agrees.
int PartitionOf(std::string_view key, int partitions);

// Largest record, bytes of the value. Kafka's default message limit is 1 MiB with overhead.
inline constexpr size_t kMaxRecordBytes = 900'000;

}  // namespace daybook::log
