// The chain: the only idea anywhere of which records of a partition count.
//
// Every reader, the owner included, folds every record of a partition through one Chain in offset
// order. The rule (why it makes plain Kafka a store with one writer a partition: README.md here):
//
//   state: newest epoch E, last sequence S, hash H, key K; at the start zeros
//   OwnerStarted counts iff chain_key = K and epoch = E + 1; while E = 0 nothing else counts
//   any other counts iff chain_key = K, epoch = E, sequence = S + 1; previous_hash must then be H
//   whatever counts becomes a link: H = first 16 bytes of SHA-256(H + value)
//   the first claim of format 2 makes K, from its random id; before it K = 0
//   anything else is void: skipped by every reader, counted by reason
//
// Offsets may be missing anywhere: others' transactions leave such holes. Lost records are told
// from them by what the records behind know of those before them: their epoch, and how many counted
// when they were written (Frame.confirmed_sequence).
//
// Pure: no I/O, no clock. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daybook/log/v1/frame.pb.h"

namespace daybook::log {

using Hash = std::array<char, 16>;

// First 16 bytes of SHA-256(previous + value).
Hash LinkHash(const Hash& previous, std::string_view value);

// How far a reader has come in one partition; see daybook.log.v1.Position.
struct Position {
  int64_t next_offset = 0;
  int64_t last_offset = -1;
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  Hash hash = {};
  int64_t recorded_time_us = 0;  // the greatest of all effective records; commits never go back
  Hash previous_hash = {};  // before the last effective record: that record alone proves `hash`
  uint64_t chain_key = 0;   // 0: none yet

  friend bool operator==(const Position&, const Position&) = default;
};

v1::Position ToProto(const Position& position);
// INVALID_ARGUMENT if the hash is not of 16 bytes.
absl::StatusOr<Position> FromProto(const v1::Position& proto);
std::string ToString(const Position& position);

// What became of a record.
enum class Verdict {
  kEffective,
  kVoidUnparsable,   // not a Frame
  kVoidBeforeOwner,  // no OwnerStarted has counted yet
  kVoidOldEpoch,     // of an owner that has been succeeded
  kVoidStaleClaim,   // an OwnerStarted that lost the race
  kVoidSequence,     // of this epoch, but not the next in sequence (a duplicate, or after a gap)
  kVoidFuture,       // an epoch that no owner can have; the reader makes sure that the log is whole
  kVoidForeign,      // without the key: of another log, another partition, or made up
};
inline constexpr int kVerdicts = 8;
std::string_view ToString(Verdict verdict);
inline bool IsEffective(Verdict v) { return v == Verdict::kEffective; }

// The key that a claim of `owner`, which is random, makes.
uint64_t ChainKey(std::string_view owner);
// The chain's key once this record has counted.
uint64_t KeyAfter(const v1::Frame& frame);

class Chain {
 public:
  // A chain that has read up to `at`.
  explicit Chain(const Position& at = {}) : at_(at) {}

  // The record at `offset`. `frame` is `bytes` parsed, null if they do not parse. Errors stop the
  // reader; they name the offset:
  //   DATA_LOSS: right key, epoch and sequence but another history (previous_hash); or by an owner
  //     that knew of records, its own claim among them, which are not there
  //   UNIMPLEMENTED: it counts but has no body that this binary knows: "written by a newer version"
  // A CHECK: an offset that was read already.
  absl::StatusOr<Verdict> Apply(int64_t offset, const v1::Frame* frame, std::string_view bytes);

  // Offsets before `next` that were not given hold nothing.
  void Pass(int64_t next);
  // The last record that counted, and what comes next, stand so many offsets further on than they
  // were given: an owner knows where its records stand only when they have been stored.
  void Shift(int64_t by);

  const Position& at() const { return at_; }

 private:
  absl::Status CheckWhole(int64_t offset, const v1::Frame& frame, Verdict verdict) const;

  Position at_;
  bool gap_ = false;  // offsets are missing and no newer record has counted since
};

// Parses `bytes` as a Frame into `frame` (reused between records, for speed); false = does not
// parse.
bool ParseFrame(std::string_view bytes, v1::Frame* frame);

// Times on the wire.
int64_t RecordedTimeUs(const v1::Frame& frame);

}  // namespace daybook::log
