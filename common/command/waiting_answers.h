// Answers of an owner that wait until a record is proven: acceptances, twins of commands under way,
// refusals and validate_only alike. They go out in one order, that of the decisions: none before
// one that stands in front of it, even if it could.
//
// Not thread-safe, like its partition.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/planted_bug.h"
#include "common/command/command.h"
#include "common/command/receipts.h"

namespace daybook::command {

class WaitingAnswers {
 public:
  struct Answer {
    uint64_t release = 0;                // the record that must be proven before
    std::unique_ptr<Command> command;    // null: it was answered at its deadline
    bool by_receipt = false;             // it is the answer in the receipt of its request id,
    Receipts::Entry* receipt = nullptr;  // which for a command of its own record is this one
    absl::Status status = absl::OkStatus();
    std::string response = {};
  };

  bool empty() const { return answers_.empty(); }
  size_t size() const { return answers_.size(); }

  void Hold(Answer answer) {
    if (!empty()) answer.release = std::max(answer.release, answers_.back().release);
    answers_.push_back(std::move(answer));
  }
  // Whether the oldest may go out, of what is proven up to `sequence`.
  bool Ready(uint64_t sequence) const {
    if (empty()) return false;
    const Answer& oldest = answers_.front();
    return oldest.release <= sequence || (DAYBOOK_PLANTED(kNoBarrier) && !oldest.by_receipt);
  }
  // Whether the newest waits for a record that comes after `sequence`.
  bool WaitBehind(uint64_t sequence) const {
    return !empty() && answers_.back().release > sequence;
  }

  Answer TakeOldest() {
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  // May be null.
  std::unique_ptr<Command> TakeNewest() {
    std::unique_ptr<Command> command = std::move(answers_.back().command);
    answers_.pop_back();
    return command;
  }
  // Gives every command whose deadline is not after `now` to `each`. Its place stays.
  template <class Each>
  void TakeExpired(absl::Time now, const Each& each) {
    for (Answer& answer : answers_) {
      if (answer.command != nullptr && answer.command->deadline <= now) {
        each(std::move(answer.command));
      }
    }
  }

 private:
  std::deque<Answer> answers_;
};

}  // namespace daybook::command
