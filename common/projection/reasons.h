// Why the read side says no.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kTokenOtherLog{
    "CONSISTENCY_TOKEN_OTHER_LOG", absl::StatusCode::kFailedPrecondition,
    "The consistency token belongs to another log.", "Ask the deployment that gave the token."};

inline constexpr Reason kTokenInFuture{
    "CONSISTENCY_TOKEN_IN_FUTURE", absl::StatusCode::kFailedPrecondition,
    "The consistency token points behind the end of the log.",
    "The log is not the one that gave it, or has lost records: tell the operator."};

inline constexpr Reason kPositionNotReached{
    "POSITION_NOT_REACHED", absl::StatusCode::kDeadlineExceeded,
    "The deadline came before the read model had seen the command of the token.",
    "Retry, or ask without a token for an older answer."};

inline constexpr Reason kReadTimeInFuture{
    "READ_TIME_IN_FUTURE", absl::StatusCode::kInvalidArgument,
    "read_time is later than now: what will be known is not known.", "Use a past time."};

inline constexpr Reason kPageTokenMalformed{
    "PAGE_TOKEN_MALFORMED", absl::StatusCode::kInvalidArgument,
    "The page token is not one of this query with these fields.",
    "Pass next_page_token unchanged and keep all other fields."};

inline constexpr Reason kRebuilding{"REBUILDING", absl::StatusCode::kUnavailable,
                                    "The read model is being built from the log.",
                                    "Retry after the delay in RetryInfo."};

inline constexpr Reason kReadModelStopped{
    "READ_MODEL_STOPPED", absl::StatusCode::kUnavailable,
    "The read model met a record that it does not understand, or damage; the message says which.",
    "Retry later: a damaged read model is made anew by itself. If it stays, tell the operator to "
    "upgrade the server."};

// All of the above.
inline constexpr const Reason* kReadReasons[] = {
    &kTokenOtherLog,      &kTokenInFuture, &kPositionNotReached, &kReadTimeInFuture,
    &kPageTokenMalformed, &kRebuilding,    &kReadModelStopped};

}  // namespace daybook::reason
