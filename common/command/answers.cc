#include "common/command/answers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/wire.h"
#include "common/command/book.h"
#include "common/command/decider.h"
#include "common/command/reasons.h"
#include "common/log/event_log.h"

namespace daybook::command {
namespace {

// After which a caller whom the clock was in the way of may try again.
constexpr absl::Duration kRetryClock = absl::Seconds(1);

}  // namespace

// Fields of a message may stand in any order on the wire, so they are simply appended.
std::string ResponseOf(std::string_view answer, const ResponseEnd& end) {
  std::string response;
  response.reserve(answer.size() + end.token.size() + 16);
  response.append(answer);
  wire::AppendInt(kRevisionField, end.revision, &response);
  if (!end.token.empty()) wire::AppendBytes(kConsistencyTokenField, end.token, &response);
  if (end.already_recorded) wire::AppendInt(kAlreadyRecordedField, 1, &response);
  return response;
}

namespace {

// What the command is about, for people: "customer".
std::string StreamOf(const Command& command) {
  return command.method == nullptr ? "stream" : command.method->stream_noun();
}

}  // namespace

absl::Status CheckSameRequest(const Command& command, const Receipt& receipt) {
  const std::string_view hash(command.request_hash.data(), command.request_hash.size());
  if (receipt.request_hash == hash) return absl::OkStatus();
  return Refuse(reason::kRequestIdReused,
                absl::StrCat("another request of this ", StreamOf(command),
                             " was accepted under this request_id"),
                {{"request_id", command.request_id}, {"revision", absl::StrCat(receipt.revision)}});
}

absl::Status RevisionMismatch(const Command& command, int64_t revision) {
  return Refuse(reason::kRevisionMismatch,
                absl::StrFormat("the %s is at revision %d, not %d", StreamOf(command), revision,
                                command.expected_revision.value_or(0)),
                {{"revision", absl::StrCat(revision)}});
}

absl::Status ServerStops() { return Refuse(reason::kShuttingDown, "the server is stopping"); }

absl::Status PartitionStopped(int partition, const absl::Status& why) {
  return Refuse(reason::kLogUnavailable,
                absl::StrCat("partition ", partition, " has stopped: ", why.message()));
}

absl::Status CacheFull(int partition) {
  return Refuse(reason::kOverloaded, absl::StrCat("the command cache of partition ", partition,
                                                  " cannot be written and is full"));
}

absl::Status QueueFull(int partition, size_t waiting) {
  return Refuse(reason::kOverloaded, absl::StrCat("partition ", partition, " has ", waiting,
                                                  " commands waiting, as many as it takes"));
}

absl::Status TextIsNotUtf8() {
  return Refuse(reason::kInvalidFields, "the command holds text that is not valid UTF-8");
}

absl::Status RecordTooLarge(size_t bytes) {
  return Refuse(reason::kRecordTooLarge,
                absl::StrFormat("the command would write a record of %d bytes; %d are allowed",
                                bytes, log::kMaxRecordBytes));
}

absl::Status AnswerTooLarge(size_t bytes) {
  return Refuse(reason::kAnswerTooLarge,
                absl::StrFormat("the command would be answered with %d bytes; %d are allowed",
                                bytes, kMaxAnswerBytes));
}

absl::Status ClockWrong(std::string_view why) {
  return WithRetryDelay(
      Refuse(reason::kClockWrong, absl::StrCat(ToAbsl(why), "; this attempt recorded nothing")),
      kRetryClock);
}

absl::Status LogInQuestion(const absl::Status& health) {
  return Refuse(reason::kLogUnavailable,
                absl::StrCat(health.message(), "; this attempt recorded nothing"));
}

absl::Status LogFull(const absl::Status& why) {
  return Refuse(reason::kStorageFull, absl::StrCat("the log has no room: ", why.message(),
                                                   "; this attempt recorded nothing"));
}

absl::Status NotOwner(const Command& command, int partition, const std::string& owner_endpoint) {
  return Refuse(command.in_doubt ? reason::kNotRecorded : reason::kNotOwner,
                absl::StrCat("partition ", partition, " is owned by ",
                             owner_endpoint.empty() ? "nobody" : owner_endpoint,
                             "; this attempt recorded nothing"),
                {{"endpoint", owner_endpoint}, {"request_id", command.request_id}});
}

absl::Status TooLateToDecide(int partition, std::string_view doing, bool starting) {
  return Refuse(starting ? reason::kStarting : reason::kLogUnavailable,
                absl::StrCat("the deadline came while partition ", partition, " was ",
                             ToAbsl(doing), "; this attempt recorded nothing"));
}

absl::Status TooLateToConfirm() {
  return Refuse(reason::kLogUnavailable,
                "the deadline came before the log confirmed the answer; this attempt recorded "
                "nothing");
}

absl::Status OutcomeUnknown(const Command& command) {
  return Refuse(reason::kOutcomeUnknown,
                "whether the command was recorded is not certain yet; send it again with the same "
                "request_id",
                {{"request_id", command.request_id}});
}

absl::Status Abandoned() {
  return Refuse(reason::kShuttingDown, "the server is stopping; this attempt recorded nothing");
}

}  // namespace daybook::command
