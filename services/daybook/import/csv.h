// CSV by RFC 4180, from memory: quotes, doubled quotes, line breaks inside quotes, CRLF or LF, a
// byte order mark. A broken row is reported and the reader goes on with the next line.
//
//   CsvReader reader(content);
//   CsvRow row;
//   while (reader.Next(&row)) {
//     if (!row.problem.empty()) { ... row.line ... continue; }
//     ... row.fields ...
//   }
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace daybook {

struct CsvRow {
  int64_t line = 0;                 // where it begins, 1 for the first line of the file
  int64_t last_line = 0;            // where it ends; a quoted field may have line breaks
  std::vector<std::string> fields;  // unquoted
  std::string problem;              // not empty: why the row cannot be read
};

class CsvReader {
 public:
  // `content` must outlive the reader. `delimiter`: between fields.
  explicit CsvReader(std::string_view content, char delimiter = ',');

  // The next row that is not an empty line; false at the end.
  bool Next(CsvRow* row);

  // Bytes read so far; for progress.
  size_t position() const { return at_; }

 private:
  bool ReadField(std::string* field, std::string* problem);
  void SkipLine();
  bool AtLineEnd() const;
  void TakeLineEnd();

  std::string_view content_;
  const char delimiter_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

// A longer row is a forgotten quote, not a row.
inline constexpr size_t kMaxCsvRowBytes = 1 << 20;

}  // namespace daybook
