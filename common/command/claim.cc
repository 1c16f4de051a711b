#include "common/command/claim.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace daybook::command {
namespace {

// Of the back-off, which so grows to 64 times.
constexpr int kMostDoublings = 6;

}  // namespace

void Claim::Reset() {
  epoch_ = 0;
  Confirmed();
}

void Claim::Begin(uint64_t epoch, uint64_t fresh, absl::Duration now) {
  id_ = absl::StrCat(instance_, "/", absl::Hex(fresh, absl::kZeroPad16));
  epoch_ = epoch;
  counts_ = false;
  begun_at_ = now;
  stored_.reset();
  const int doublings = std::min(attempts_++, kMostDoublings);
  const int dice = static_cast<int>(fresh % 16);
  not_before_ = now + backoff_ * (1 << doublings) * (16 + dice) / 16;
}

Claim::Met Claim::Read(uint64_t epoch, const log::v1::OwnerStarted& started, bool waiting) {
  owner_endpoint_ = started.endpoint();
  counts_ = waiting && started.owner() == id_;
  if (counts_) return Met::kOurs;
  const bool own = absl::StartsWith(started.owner(), instance_);
  if (epoch_ == 0 || epoch < epoch_ || own) return Met::kOther;
  epoch_ = 0;
  superseded_ = true;
  return Met::kDeposes;
}

}  // namespace daybook::command
