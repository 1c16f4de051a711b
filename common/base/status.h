// Refusals: absl::Status with the details of google.rpc riding along as payloads.
//
//   return Refuse(reason::kCustomerNotFound, "customer 'c-1' is not in the book",
//                 {{"customer_id", id}});
//
//   FieldViolations bad;
//   if (request.lines().empty()) bad.Add("lines", "at least one line is required");
//   if (!bad.empty()) return bad.ToStatus();
//
// A payload is keyed by the type URL of its message and holds it serialised, so that the RPC layer
// copies them into google.rpc.Status without knowing what they are.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/reasons.h"

namespace daybook {

using Metadata = std::initializer_list<std::pair<std::string_view, std::string>>;

// A refusal with the code of the reason and ErrorInfo{reason, "daybook", metadata}. UNAVAILABLE and
// RESOURCE_EXHAUSTED carry a RetryInfo (100 ms, see WithRetryDelay).
absl::Status Refuse(const Reason& reason, std::string_view message, Metadata metadata = {});

// The same status with RetryInfo set to `delay`.
absl::Status WithRetryDelay(absl::Status status, absl::Duration delay);

// The same refusal with one value more in its metadata.
absl::Status WithMetadata(absl::Status refusal, std::string_view key, std::string_view value);

// `ErrorInfo.reason` of a refusal; empty if it carries none.
std::string ReasonOf(const absl::Status& status);

// `ErrorInfo.metadata`, by key.
std::map<std::string, std::string> MetadataOf(const absl::Status& status);
// One value of it; empty if there is none.
std::string MetadataOf(const absl::Status& status, std::string_view key);

// Collects every violation of a request, so that a caller corrects all of them at once.
class FieldViolations {
 public:
  // `field`: path as in the proto, `lines[2].quantity`. Keeps the first 100.
  void Add(std::string_view field, std::string_view description);
  bool empty() const { return all_.empty(); }
  // INVALID_ARGUMENT, INVALID_FIELDS with BadRequest; OK when empty.
  absl::Status ToStatus() const;

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

#define DAYBOOK_CONCAT_(a, b) a##b
#define DAYBOOK_CONCAT(a, b) DAYBOOK_CONCAT_(a, b)

// Returns from the function if `expr` is not OK.
#define RETURN_IF_ERROR(expr)                                         \
  do {                                                                \
    if (absl::Status daybook_status = (expr); !daybook_status.ok()) { \
      return daybook_status;                                          \
    }                                                                 \
  } while (false)

// ASSIGN_OR_RETURN(auto x, F()): returns F's status, or goes on with its value.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_(DAYBOOK_CONCAT(daybook_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_(tmp, lhs, expr) \
  auto tmp = (expr);                      \
  if (!tmp.ok()) return tmp.status();     \
  lhs = *std::move(tmp)

// A broken invariant of our own stops the process with file, line and what was broken. Never on
// user input.
#define DAYBOOK_CHECK(condition)                                              \
  do {                                                                        \
    if (!(condition)) ::daybook::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

// Stops the process on purpose (exit code 70 without unwinding): the only safe reaction when what
// is on disk is no longer known, such as after a failed sync. Restarting replays the log.
[[noreturn]] void Die(std::string_view why);

}  // namespace daybook
