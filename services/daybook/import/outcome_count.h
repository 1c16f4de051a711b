// How many of the commands of a run were new, and how many were in the book before it.
//
// An answer that was given before says so. Where this run itself may have been first, because a
// command was sent twice, the log decides: what was there before the run stands in front of
// everything that the run has written to the partition.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace daybook {

class OutcomeCount {
 public:
  // An accepted command. `token`: its consistency token. `line`: of the row that it was made of.
  void Add(bool already_recorded, bool in_doubt, const std::string& token, int64_t line);
  // Of a row that says again what another of the same file has said.
  void AddRepeated(int64_t line) { old_lines_.push_back(line); }
  void Add(const OutcomeCount& other);

  // To be called when all is added, before the results.
  void Settle();

  int64_t fresh() const { return static_cast<int64_t>(fresh_lines_.size()); }
  int64_t already() const { return static_cast<int64_t>(old_lines_.size()); }
  // In order, of what is new.
  const std::vector<int64_t>& fresh_lines() const { return fresh_lines_; }
  // In order, of what was already there.
  const std::vector<int64_t>& already_lines() const { return old_lines_; }

 private:
  struct Doubt {
    int partition;
    int64_t offset, line;
  };

  std::vector<int64_t> fresh_lines_, old_lines_;
  std::map<int, int64_t>
      newest_old_;  // offset of the newest that certainly was there, by partition
  std::vector<Doubt> doubts_;
};

}  // namespace daybook
