#include "common/command/gate.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/command/decider.h"

namespace daybook::command {

void OpenItems::Add(int64_t count, std::string_view key, std::string_view what) {
  total_ += count;
  metadata_.emplace_back(key, absl::StrCat(count));
  if (count != 0) words_.push_back(absl::StrCat(count, " ", ToAbsl(what)));
}

std::string OpenItems::ToText() const {
  if (words_.size() < 2) return absl::StrJoin(words_, "");
  return absl::StrCat(absl::StrJoin(words_.begin(), words_.end() - 1, ", "), " and ",
                      words_.back());
}

OpenItems View::open_items() const {
  OpenItems open;
  DAYBOOK_CHECK(find_open_items != nullptr);
  find_open_items(*this, &open);
  return open;
}

}  // namespace daybook::command
