// What the partitions of a topic begin with: whether it is one whole log, and of how many
// partitions. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/log/event_log.h"
#include "daybook/log/v1/frame.pb.h"

namespace daybook::log {

// Of one partition, found out record by record from offset 0 on. What is none of our records may
// stand in front of the first claim of an owner.
class Beginning {
 public:
  // More records than this in front of the first claim are not looked through.
  static constexpr int64_t kMostForeign = 10'000;

  // True when no more is needed: the claim has come, or too many others.
  bool Take(const LogRecord& record);

  // The first claim; null: none has come.
  const v1::OwnerStarted* claim() const { return claim_ ? &*claim_ : nullptr; }
  // Where it stands.
  int64_t offset() const { return offset_; }
  // Where the first record of ours stands that has no claim before it; -1: none.
  int64_t orphan() const { return orphan_; }
  // Records in front of the claim.
  int64_t foreign() const { return foreign_; }

 private:
  std::optional<v1::OwnerStarted> claim_;
  int64_t offset_ = -1;
  int64_t orphan_ = -1;
  int64_t foreign_ = 0;
  v1::Frame frame_;
};

// What to do with a topic that was given more partitions than its log has.
std::string WidenedAdvice(int partitions);

// FAILED_PRECONDITION if these are not the beginnings of one whole log that was begun with as many
// partitions as topic `topic` has, `total`. `beginnings` are those of its first partitions. A topic
// without records is fine: a log may begin in it.
absl::Status CheckBeginnings(const std::string& topic, const std::vector<Beginning>& beginnings,
                             int total);

}  // namespace daybook::log
