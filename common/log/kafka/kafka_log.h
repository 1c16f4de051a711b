// The Kafka driver: an EventLog in one topic of a cluster.
//
//   ASSIGN_OR_RETURN(auto log, OpenKafka({.brokers = "localhost:9092"}));
//
// Operation. Each producer of the log is one librdkafka producer; each reader takes one partition
// from a consumer handle that it shares with readers of other partitions, so that threads grow with
// the readers *of one partition*, not with partitions. There are no consumer groups and no
// transactions; see chain.h for what makes one writer of many.
//
// What this process wrote itself it does not fetch back: a reader that follows a partition closely
// takes records from memory, from their delivery reports on, and its partition is not fetched
// meanwhile. Anything that memory cannot vouch for, such as an offset that somebody else took, is
// fetched.
//
// Failure. Opening creates the topic or verifies it, and refuses what would lose history, naming
// the property, its value and the wanted one; so does `health` from then on. While brokers are
// away, appends are retried for 20 s and then reported as failed; readers give empty batches
// without `end` and go on when they are back.
//
// Limitations. A producer that cannot be made is broken from the start: see its health(). `end` of
// a batch is as of the last answer of the broker: milliseconds ago, or up to some 0.3 s for a
// reader that has just read from memory; GetExtent asks. Acknowledged means on all in-sync
// replicas, in their memory: Kafka does not sync to disk by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/event_log.h"

namespace daybook::log {

struct KafkaOptions {
  // host:port[,host:port...]
  std::string brokers;

  // The topic is this and "daybook.log.v1".
  std::string topic_prefix = {};

  // For a topic to be created; 16 if not given. An existing one: adopted if not given, otherwise it
  // must be the same.
  std::optional<int> partitions = {};

  // The topic may have more than `partitions`, which must be given; those that were added are left
  // out. The way to a log whose topic was widened by mistake; for reading only.
  bool leave_out_added_partitions = false;

  // For a topic to be created: by default 3, or as many as there are brokers. Below 3 the loss of
  // one broker may lose history; that is warned of.
  std::optional<int> replication_factor = {};

  // False: NOT_FOUND if there is no topic.
  bool create_topic = true;

  // Each partition must begin with the first claim of an owner, which must name as many partitions
  // as there are, or the topic is not ours. False for tests that write what is no record of
  // Daybook.
  bool check_beginnings = true;

  // How often it is looked at what somebody may have done to the topic of an open log: see
  // EventLog::health. Zero: never, for whoever does not stay long.
  absl::Duration guard_interval = absl::Seconds(10);

  // Asked while opening waits for brokers: true = give up, CANCELLED.
  std::function<bool()> cancelled = [] { return false; };

  // How this process calls itself towards the brokers: client.id is this and "-w" or "-r".
  std::string client_role = "daybook";

  // Further librdkafka properties (TLS, SASL, ...). Those that the driver depends on are refused.
  std::map<std::string, std::string> properties = {};

  // What one handle may fetch ahead, bytes over all partitions, at least 1 MiB each; memory is some
  // two to three times that with small records. Less slows a replay down: 1 MiB a partition by a
  // third.
  uint64_t prefetch_bytes = uint64_t{64} << 20;

  // The newest records that this process has written are kept in memory for its own readers, in so
  // much of it, all partitions together; brokers are not asked for them. 0: readers always ask.
  size_t recent_bytes = size_t{16} << 20;

  // Called with warnings, from any thread; standard error if not given.
  std::function<void(std::string_view)> warn = {};
};

// Errors: INVALID_ARGUMENT: options or properties; FAILED_PRECONDITION: the topic is not as it must
// be; NOT_FOUND: no topic; PERMISSION_DENIED: an ACL is missing; UNAVAILABLE: no broker answers;
// CANCELLED.
absl::StatusOr<std::unique_ptr<EventLog>> OpenKafka(KafkaOptions options);

}  // namespace daybook::log
