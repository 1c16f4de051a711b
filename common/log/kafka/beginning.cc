#include "common/log/kafka/beginning.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/log/chain.h"

namespace daybook::log {

bool Beginning::Take(const LogRecord& record) {
  if (claim_) return true;
  const bool ours = ParseFrame(record.value, &frame_) && frame_.epoch() > 0 &&
                    frame_.body_case() != v1::Frame::BODY_NOT_SET;
  if (ours && frame_.has_owner_started() && frame_.epoch() == 1) {
    claim_ = frame_.owner_started();
    offset_ = record.offset;
    return true;
  }
  if (ours && orphan_ < 0) orphan_ = record.offset;
  return ++foreign_ >= kMostForeign;
}

std::string WidenedAdvice(int partitions) {
  return absl::StrCat(
      "partitions were added, and customers would be looked for where they are not; `daybook copy "
      "--partitions ",
      partitions, "` carries the log to another topic");
}

absl::Status CheckBeginnings(const std::string& topic, const std::vector<Beginning>& beginnings,
                             int total) {
  const bool begun = std::any_of(beginnings.begin(), beginnings.end(),
                                 [](const Beginning& b) { return b.claim() != nullptr; });
  for (size_t p = 0; p < beginnings.size(); ++p) {
    const Beginning& beginning = beginnings[p];
    const std::string place = absl::StrCat("topic ", topic, ", partition ", p);
    if (beginning.claim() == nullptr && beginning.orphan() >= 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          place, ", offset ", beginning.orphan(),
          ": a record of a log that has no beginning here: the first claim of an owner is gone; "
          "restore the topic from a copy"));
    }
    if (beginning.claim() == nullptr && beginning.foreign() > 0 && !begun) {
      return absl::FailedPreconditionError(absl::StrCat(
          place,
          ": the first record is not the claim of an owner, and no other partition has "
          "one: this is not a log of Daybook; choose another topic prefix"));
    }
    if (beginning.claim() == nullptr) continue;
    const int count = beginning.claim()->partition_count();
    if (count != total) {
      return absl::FailedPreconditionError(absl::StrCat(
          "topic ", topic, " has ", total, " partitions, but the log in it has ", count,
          " for its life (partition ", p, ", offset ", beginning.offset(),
          " says so): ", total > count ? WidenedAdvice(count) : "this is part of another topic"));
    }
  }
  return absl::OkStatus();
}

}  // namespace daybook::log
