#include "services/daybook/import/left_out_rows.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace daybook {
namespace {

// `line 12` as `line ...`.
std::string WithoutLines(std::string text) {
  constexpr std::string_view kLine = "line ";
  for (size_t at = text.find(kLine); at != text.npos; at = text.find(kLine, at)) {
    at += kLine.size();
    const size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    if (end > at) text.replace(at, end - at, "...");
  }
  return text;
}

std::string WithoutQuoted(std::string_view text) {
  std::string without;
  while (true) {
    const size_t begin = text.find('\'');
    const size_t end = begin == text.npos ? begin : text.find('\'', begin + 1);
    if (end == text.npos) return without + std::string(text);
    without += std::string(text.substr(0, begin)) + "'...'";
    text.remove_prefix(end + 1);
  }
}

}  // namespace

LeftOutRows::LeftOutRows(std::string path, bool all, std::function<void(std::string_view)> say)
    : path_(std::move(path)), all_(all), say_(std::move(say)) {}

void LeftOutRows::Refused(int64_t line, std::string_view message, std::string_view reason) {
  Add(line, Cat(message, " (", reason, ")"), Cat(" refused with ", reason));
}

void LeftOutRows::Unreadable(int64_t line, std::string_view why) {
  Add(line, why, ": " + WithoutLines(WithoutQuoted(why)));
}

void LeftOutRows::Add(int64_t line, std::string_view text, const std::string& group) {
  const std::lock_guard lock(mutex_);
  if (++counts_[group] <= kNamed || all_) say_(Cat(path_, ":", line, ": ", text));
}

void LeftOutRows::SayHowManyMore() {
  const std::lock_guard lock(mutex_);
  for (const auto& [group, count] : counts_) {
    const int64_t more = count - kNamed;
    if (more <= 0 || all_) continue;
    say_(Cat(path_, ": ... and ", Grouped(more), " more row", more == 1 ? "" : "s", group));
  }
  counts_.clear();
}

}  // namespace daybook
