#include "services/daybook/import/csv.h"

namespace daybook {

CsvReader::CsvReader(std::string_view content, char delimiter)
    : content_(content), delimiter_(delimiter) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (content_.substr(0, 3) == kByteOrderMark) at_ = 3;
}

bool CsvReader::AtLineEnd() const {
  return at_ == content_.size() || content_[at_] == '\n' ||
         (content_[at_] == '\r' && content_.substr(at_ + 1, 1) == "\n");
}

void CsvReader::TakeLineEnd() {
  if (at_ == content_.size()) return;
  at_ += content_[at_] == '\r' ? 2 : 1;
  ++line_;
}

void CsvReader::SkipLine() {
  while (!AtLineEnd()) ++at_;
  TakeLineEnd();
}

// Up to the delimiter or the end of the line, neither taken. False: `problem` says why.
bool CsvReader::ReadField(std::string* field, std::string* problem) {
  if (at_ == content_.size() || content_[at_] != '"') {
    for (; !AtLineEnd() && content_[at_] != delimiter_; ++at_) {
      if (content_[at_] == '"') {
        *problem = "a quote inside a field that does not begin with one";
        return false;
      }
      field->push_back(content_[at_]);
    }
    return true;
  }
  const size_t begin = at_;
  for (++at_; at_ < content_.size() && at_ - begin < kMaxCsvRowBytes; ++at_) {
    if (content_[at_] == '"') {
      if (content_.substr(at_ + 1, 1) != "\"") {
        ++at_;
        if (AtLineEnd() || content_[at_] == delimiter_) return true;
        *problem = "text after a closing quote";
        return false;
      }
      ++at_;  // a doubled quote stands for one
    } else if (content_[at_] == '\n') {
      ++line_;
    }
    field->push_back(content_[at_]);
  }
  *problem = "a quote is opened and not closed within 1 MiB";
  return false;
}

bool CsvReader::Next(CsvRow* row) {
  while (at_ < content_.size() && AtLineEnd()) TakeLineEnd();
  if (at_ == content_.size()) return false;
  const size_t begin = at_;
  *row = CsvRow{.line = line_, .last_line = line_, .fields = {}, .problem = {}};
  while (true) {
    std::string field;
    if (!ReadField(&field, &row->problem)) {
      at_ = begin;  // a quote may have swallowed good rows: only this line is bad
      line_ = row->line;
      SkipLine();
      return true;
    }
    row->fields.push_back(std::move(field));
    if (AtLineEnd()) break;
    ++at_;  // the delimiter
  }
  row->last_line = line_;
  TakeLineEnd();
  return true;
}

}  // namespace daybook
