// Rows of a file that an import leaves out, on their way to a person: file, line and reason of the
// first few of each reason, at the end how many more there were. A file in the wrong currency is
// ten lines, not one for each row.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace daybook {

class LeftOutRows {
 public:
  static constexpr int64_t kNamed = 10;  // of each reason

  // `say` gets a line without its end, one at a time. `all`: every row is named.
  LeftOutRows(std::string path, bool all, std::function<void(std::string_view line)> say);

  // The server's refusal of a row; `reason` is that of its ErrorInfo.
  void Refused(int64_t line, std::string_view message, std::string_view reason);
  // A row that cannot be read. What stands in quotes, and numbers of lines, differ from row to row
  // and make no other reason.
  void Unreadable(int64_t line, std::string_view why);
  // One line for each reason of which rows were not named; then it begins anew.
  void SayHowManyMore();

 private:
  void Add(int64_t line, std::string_view text, const std::string& group);

  const std::string path_;
  const bool all_;
  const std::function<void(std::string_view)> say_;
  std::mutex mutex_;
  std::map<std::string, int64_t> counts_;  // by what the line of the rest ends with
};

}  // namespace daybook
