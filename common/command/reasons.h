// Why the engine says no, and what books have in common. Any command may be refused for one of
// kEngineReasons.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kRequestTooLarge{"REQUEST_TOO_LARGE", absl::StatusCode::kInvalidArgument,
                                         "A command is larger than 256 KiB.", "Split it."};

inline constexpr Reason kRequestIdReused{
    "REQUEST_ID_REUSED", absl::StatusCode::kAlreadyExists,
    "Another request of this customer was accepted under the same request_id.",
    "Use a fresh request_id for a different request."};

inline constexpr Reason kRevisionMismatch{
    "REVISION_MISMATCH", absl::StatusCode::kAborted,
    "The customer's revision is not the expected one; metadata `revision` has the current one.",
    "Read again, decide again, send again with the current revision."};

inline constexpr Reason kEtagMismatch{
    "ETAG_MISMATCH", absl::StatusCode::kAborted,
    "The customer, or the draft, was changed since the etag was read; metadata `etag` has the "
    "current one.",
    "Read again, decide again, send again with the current etag."};

inline constexpr Reason kIllegalTransition{
    "ILLEGAL_TRANSITION", absl::StatusCode::kFailedPrecondition,
    "The account, invoice or payment is in a state that does not allow the command; metadata "
    "`state` and `allowed_commands` say what would be.",
    "Look at the state; do one of the allowed commands."};

inline constexpr Reason kRecordTooLarge{
    "RECORD_TOO_LARGE", absl::StatusCode::kInvalidArgument,
    "What the command would write is larger than a record may be (900 kB).", "Split it."};

inline constexpr Reason kAnswerTooLarge{
    "ANSWER_TOO_LARGE", absl::StatusCode::kInternal,
    "The book answers the command with more than an answer may hold (2 KiB); nothing was recorded.",
    "Tell the operator: it is a mistake of the book, and another attempt ends the same."};

inline constexpr Reason kNotOwner{
    "NOT_OWNER", absl::StatusCode::kUnavailable,
    "Another server owns the customer's partition; metadata `endpoint` says which.",
    "Send it there, with the same request_id."};

inline constexpr Reason kStarting{
    "STARTING", absl::StatusCode::kUnavailable,
    "The server is reading its log and does not own the partition yet.",
    "Retry with the same request_id."};

inline constexpr Reason kNotRecorded{
    "NOT_RECORDED", absl::StatusCode::kUnavailable,
    "The command was certainly not recorded: another server took the partition over.",
    "Send it to the owner, with the same request_id."};

inline constexpr Reason kOutcomeUnknown{
    "OUTCOME_UNKNOWN", absl::StatusCode::kUnavailable,
    "The deadline came before it was certain whether the command was recorded.",
    "Retry with the same request_id: it is answered once it is certain."};

inline constexpr Reason kLogUnavailable{
    "LOG_UNAVAILABLE", absl::StatusCode::kUnavailable,
    "The log does not answer, or somebody has changed it (the message says what); this attempt "
    "recorded nothing (an earlier one under the same request_id may have).",
    "Retry with the same request_id; an operator has to see to a log that was changed."};

inline constexpr Reason kStorageFull{
    "STORAGE_FULL", absl::StatusCode::kResourceExhausted,
    "The disk of the log is full; this attempt recorded nothing.",
    "Retry with the same request_id after an operator has made room."};

inline constexpr Reason kClockWrong{
    "CLOCK_WRONG", absl::StatusCode::kUnavailable,
    "The server's clock and the log disagree about the time by more than a minute, or the clock "
    "was set while the server ran; this attempt recorded nothing (an earlier one under the same "
    "request_id may have).",
    "Retry after the delay in RetryInfo, with the same request_id; the operator is told, too."};

// All of the above.
inline constexpr const Reason* kCommandReasons[] = {
    &kRequestTooLarge, &kRequestIdReused, &kRevisionMismatch, &kEtagMismatch, &kIllegalTransition,
    &kRecordTooLarge,  &kAnswerTooLarge,  &kNotOwner,         &kStarting,     &kNotRecorded,
    &kOutcomeUnknown,  &kLogUnavailable,  &kStorageFull,      &kClockWrong};

// Any command may be refused for one of these, whatever its book.
inline constexpr const Reason* kEngineReasons[] = {
    &kInvalidFields,    &kOverloaded,     &kShuttingDown,   &kRequestTooLarge, &kRequestIdReused,
    &kRevisionMismatch, &kRecordTooLarge, &kAnswerTooLarge, &kNotOwner,        &kStarting,
    &kNotRecorded,      &kOutcomeUnknown, &kLogUnavailable, &kStorageFull,     &kClockWrong};

}  // namespace daybook::reason
