#include "services/daybook/import/outcome_count.h"

#include <algorithm>

#include "common/log/token.h"

namespace daybook {

void OutcomeCount::Add(bool already_recorded, bool in_doubt, const std::string& token,
                       int64_t line) {
  if (!already_recorded) {
    fresh_lines_.push_back(line);
    return;
  }
  const auto place = log::DecodeToken(token);
  if (in_doubt && place.ok()) {
    doubts_.push_back({place->partition, place->next_offset, line});
    return;
  }
  old_lines_.push_back(line);
  if (!place.ok()) return;
  int64_t& newest = newest_old_[place->partition];
  newest = std::max(newest, place->next_offset);
}

void OutcomeCount::Add(const OutcomeCount& other) {
  fresh_lines_.insert(fresh_lines_.end(), other.fresh_lines_.begin(), other.fresh_lines_.end());
  old_lines_.insert(old_lines_.end(), other.old_lines_.begin(), other.old_lines_.end());
  doubts_.insert(doubts_.end(), other.doubts_.begin(), other.doubts_.end());
  for (const auto& [partition, offset] : other.newest_old_) {
    int64_t& newest = newest_old_[partition];
    newest = std::max(newest, offset);
  }
}

void OutcomeCount::Settle() {
  for (const Doubt& doubt : doubts_) {
    const auto newest = newest_old_.find(doubt.partition);
    if (newest != newest_old_.end() && doubt.offset <= newest->second) {
      old_lines_.push_back(doubt.line);
    } else {
      fresh_lines_.push_back(doubt.line);
    }
  }
  doubts_.clear();
  for (std::vector<int64_t>* lines : {&fresh_lines_, &old_lines_}) {
    std::sort(lines->begin(), lines->end());
  }
}

}  // namespace daybook
