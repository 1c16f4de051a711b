// Why Daybook says no. Clients branch on `ErrorInfo.reason`; the canonical code, the meaning and
// the advice come with it.
//
// A reason is a constant of whoever gives it, in namespace daybook::reason: those of the engine
// stand in common/command/reasons.h, those of a book in services/<book>/reasons.h, those of read
// models beside them. Here is what several rooms give. The catalogue of a server lists them all
// (services/daybook/wiring/catalogue.h).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace daybook {

struct Reason {
  std::string_view name;     // as on the wire, UPPER_SNAKE
  absl::StatusCode code;     // canonical code that always goes with it
  std::string_view meaning;  // one sentence for whoever reads the catalogue
  std::string_view advice;   // what the caller does
};
using ReasonList = absl::Span<const Reason* const>;

namespace reason {

inline constexpr Reason kInvalidFields{
    "INVALID_FIELDS", absl::StatusCode::kInvalidArgument,
    "Fields of the request are missing or malformed; BadRequest names each of them.",
    "Correct the fields and send a new request."};

inline constexpr Reason kAmountOverflow{"AMOUNT_OVERFLOW", absl::StatusCode::kOutOfRange,
                                        "A sum would leave the range of 64-bit minor units.",
                                        "Use smaller amounts."};

inline constexpr Reason kOverloaded{
    "OVERLOADED", absl::StatusCode::kResourceExhausted,
    "More commands are waiting than the server takes.",
    "Retry after the delay in RetryInfo, with the same request_id."};

inline constexpr Reason kShuttingDown{"SHUTTING_DOWN", absl::StatusCode::kUnavailable,
                                      "The server is stopping; this attempt recorded nothing.",
                                      "Retry with the same request_id, here or elsewhere."};

inline constexpr Reason kNotServedHere{
    "NOT_SERVED_HERE", absl::StatusCode::kUnavailable,
    "This server does not do what was asked for (metadata `what`); nothing was recorded. Metadata "
    "`endpoint` says which one does, where that is known.",
    "Send it there, a command with the same request_id; the same server will not take it later."};

inline constexpr Reason kUnsupported{"UNSUPPORTED", absl::StatusCode::kUnimplemented,
                                     "This server does not do that.", "See the message."};

inline constexpr Reason kDeadlineExceeded{"DEADLINE_EXCEEDED", absl::StatusCode::kDeadlineExceeded,
                                          "The deadline came before there was an answer.",
                                          "Retry with the same request_id and more time."};

inline constexpr Reason kCustomerNotFound{"CUSTOMER_NOT_FOUND", absl::StatusCode::kNotFound,
                                          "No customer of this id is in the book.",
                                          "Check the id, or register the customer first."};

// All of the above.
inline constexpr const Reason* kBaseReasons[] = {
    &kCustomerNotFound, &kInvalidFields, &kAmountOverflow, &kOverloaded,
    &kShuttingDown,     &kNotServedHere, &kUnsupported,    &kDeadlineExceeded};

}  // namespace reason
}  // namespace daybook
