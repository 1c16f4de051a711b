// One partition of the log, read through the chain and parsed: what every fold of the read side
// eats.
//
// No thread and no clock of its own. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/fact_table.h"
#include "common/log/chain.h"
#include "common/log/event_log.h"
#include "daybook/book/v1/record.pb.h"
#include "google/protobuf/repeated_field.h"

namespace daybook::projection {

// Records that count and are commits, in log order. Reused: Source::Next clears it and keeps its
// memory.
struct ParsedBatch {
  struct Entry {
    int64_t offset;
    int64_t recorded_time_us;
    size_t first_fact;  // in `facts`: that of the commit's first event
    Entry(int64_t offset, int64_t recorded_time_us, size_t first_fact)
        : offset(offset), recorded_time_us(recorded_time_us), first_fact(first_fact) {}
  };
  std::vector<Entry> entries;
  google::protobuf::RepeatedPtrField<book::v1::Commit> commits;  // one per entry
  std::vector<FactTable::Fact> facts;                            // one per event, by FactsOf
  log::Position at;    // after the batch, what counts not included
  bool end = false;    // nothing came after it when it was read
  std::string log_id;  // of the partition's first owner, if the batch holds its record; else empty
  uint64_t counted = 0;                        // records that count, owners and barriers too
  uint64_t void_records[log::kVerdicts] = {};  // by verdict

  // Enters the last of `commits` as what the record at `offset` holds. False, and it is taken out
  // again: it has an event of a kind that this program does not know.
  bool Enter(int64_t offset, int64_t recorded_time_us);
  void Clear();
};

class Source {
 public:
  // Reads on from `at`. `log` must outlive the source. `at_once`: records parsed by one Next;
  // parsed messages whose memory is used again at once cost half of those that lie about.
  Source(log::EventLog& log, int partition, const log::Position& at, size_t at_once = kFewAtOnce);
  static constexpr size_t kFewAtOnce = 8;

  // Replaces `batch` by what comes next, none of it at or behind offset `until`. When all that was
  // read has been parsed, reads at most `max` records more, waiting at most `wait` for the first.
  // Errors stop the source for good, except UNAVAILABLE (ask again); whatever counted before the
  // broken record has been delivered first:
  //   DATA_LOSS, UNIMPLEMENTED: see Chain; also a commit that does not parse or holds an event that
  //     this program does not know
  //   OUT_OF_RANGE: the log was cut or replaced; what was read of it before is good
  absl::Status Next(size_t max, int64_t until, absl::Duration wait, ParsedBatch* batch);

  const log::Position& at() const { return chain_.at(); }
  int partition() const { return partition_; }
  // Records have been read that the next Next will parse.
  bool has_read_ahead() const { return next_ < read_.records.size(); }

 private:
  absl::Status ReadMore(size_t max, absl::Duration wait);
  absl::Status Take(const log::LogRecord& record, ParsedBatch* batch);
  absl::Status ParseCommit(int64_t offset, ParsedBatch* batch);
  absl::Status Named(const absl::Status& status) const;

  log::EventLog& log_;
  const int partition_;
  log::Chain chain_;
  const size_t at_once_;
  std::unique_ptr<log::LogReader> reader_;
  log::Batch read_;  // those before `next_` are parsed
  size_t next_ = 0;
  bool asked_ = false;    // of these: whether the log is still the same
  log::v1::Frame frame_;  // reused: parsing into it costs half of parsing afresh
  absl::Status stopped_;
};

}  // namespace daybook::projection
