// What a partition tells the callers of commands: the bytes of an answer, and the statuses of
// everything that is not decided by a book. Pure functions: who waits for what is Partition's.
//
// A status without "this attempt recorded nothing" leaves the outcome open; only OutcomeUnknown
// is such a one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/command/command.h"
#include "common/command/receipts.h"

namespace daybook::command {

// The serialised response: what was stored, and the fields that every response ends with.
struct ResponseEnd {
  int64_t revision = 0;
  std::string_view token = {};    // empty: there is no record (validate_only)
  bool already_recorded = false;  // the answer had been given before
};
std::string ResponseOf(std::string_view answer, const ResponseEnd& end);

// OK if the receipt is of this very request, else REQUEST_ID_REUSED.
absl::Status CheckSameRequest(const Command& command, const Receipt& receipt);
// `revision`: the stream's; the command expects another.
absl::Status RevisionMismatch(const Command& command, int64_t revision);

// The partition does not take the command.
absl::Status ServerStops();
absl::Status PartitionStopped(int partition, const absl::Status& why);
absl::Status CacheFull(int partition);
absl::Status QueueFull(int partition, size_t waiting);

// The command cannot be a record.
absl::Status TextIsNotUtf8();
absl::Status RecordTooLarge(size_t bytes);
// The mistake of a book's author, which must not stop the server.
absl::Status AnswerTooLarge(size_t bytes);

// The partition cannot decide. None of these attempts has recorded anything.
absl::Status ClockWrong(std::string_view why);
absl::Status LogInQuestion(const absl::Status& health);
absl::Status LogFull(const absl::Status& why);
// Empty `owner_endpoint`: there is no owner. NOT_RECORDED for a command that was in doubt: its
// caller learns that no attempt has recorded anything.
absl::Status NotOwner(const Command& command, int partition, const std::string& owner_endpoint);

// The deadline came. `doing`: what the partition was at; `starting`: it has never been an owner.
absl::Status TooLateToDecide(int partition, std::string_view doing, bool starting);
absl::Status TooLateToConfirm();
absl::Status OutcomeUnknown(const Command& command);

// Of a command that was under way when the server gave up waiting.
absl::Status Abandoned();

}  // namespace daybook::command
