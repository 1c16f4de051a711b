#include "common/base/status.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace daybook {
namespace {

constexpr size_t kMaxViolations = 100;

template <class Message>
std::string TypeUrl() {
  return absl::StrCat("type.googleapis.com/", Message::descriptor()->full_name());
}

template <class Message>
void SetDetail(absl::Status& status, const Message& detail) {
  status.SetPayload(TypeUrl<Message>(), absl::Cord(detail.SerializeAsString()));
}

google::rpc::ErrorInfo InfoIn(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  if (const auto payload = status.GetPayload(TypeUrl<google::rpc::ErrorInfo>())) {
    info.ParseFromString(std::string(*payload));
  }
  return info;
}

}  // namespace

absl::Status Refuse(const Reason& reason, std::string_view message, Metadata metadata) {
  absl::Status status(reason.code, absl::string_view(message.data(), message.size()));
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason.name));
  info.set_domain("daybook");
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[std::string(key)] = value;
  SetDetail(status, info);
  if (reason.code == absl::StatusCode::kUnavailable ||
      reason.code == absl::StatusCode::kResourceExhausted) {
    return WithRetryDelay(std::move(status), absl::Milliseconds(100));
  }
  return status;
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay % absl::Seconds(1))));
  SetDetail(status, retry);
  return status;
}

absl::Status WithMetadata(absl::Status refusal, std::string_view key, std::string_view value) {
  google::rpc::ErrorInfo info = InfoIn(refusal);
  (*info.mutable_metadata())[std::string(key)] = std::string(value);
  SetDetail(refusal, info);
  return refusal;
}

std::string ReasonOf(const absl::Status& status) { return InfoIn(status).reason(); }

std::map<std::string, std::string> MetadataOf(const absl::Status& status) {
  const google::rpc::ErrorInfo info = InfoIn(status);
  return {info.metadata().begin(), info.metadata().end()};
}

std::string MetadataOf(const absl::Status& status, std::string_view key) {
  const google::rpc::ErrorInfo info = InfoIn(status);
  const auto it = info.metadata().find(std::string(key));
  return it == info.metadata().end() ? "" : it->second;
}

void FieldViolations::Add(std::string_view field, std::string_view description) {
  if (all_.size() < kMaxViolations) {
    all_.emplace_back(field, description);
    return;
  }
  // One more entry, without a field, counts those that are left out.
  if (all_.size() == kMaxViolations) all_.emplace_back("", "0");
  int64_t more = 0;
  DAYBOOK_CHECK(absl::SimpleAtoi(all_.back().second, &more));
  all_.back().second = absl::StrCat(more + 1);
}

absl::Status FieldViolations::ToStatus() const {
  if (all_.empty()) return absl::OkStatus();
  std::string message;
  google::rpc::BadRequest bad;
  for (size_t i = 0; i < std::min(all_.size(), kMaxViolations); ++i) {
    const auto& [field, description] = all_[i];
    absl::StrAppend(&message, message.empty() ? "" : "; ", field, ": ", description);
    auto* violation = bad.add_field_violations();
    violation->set_field(field);
    violation->set_description(description);
  }
  if (all_.size() > kMaxViolations) {
    bad.add_field_violations()->set_description(absl::StrCat("and ", all_.back().second, " more"));
  }
  // gRPC sends the message in a header; the details have every word of it.
  if (message.size() > 1024) message = absl::StrCat(message.substr(0, 1024), " ...");
  absl::Status status = Refuse(reason::kInvalidFields, message);
  SetDetail(status, bad);
  return status;
}

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

void Die(std::string_view why) {
  std::fprintf(stderr, "daybook stops: %.*s\n", static_cast<int>(why.size()), why.data());
  ::_exit(70);
}

}  // namespace daybook
