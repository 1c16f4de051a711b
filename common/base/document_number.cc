#include "common/base/document_number.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace daybook {
namespace {

// Takes what is behind the last dash off `text`.
std::optional<int64_t> TakeLast(std::string_view* text) {
  const size_t dash = text->rfind('-');
  int64_t value = 0;
  if (dash == text->npos || !absl::SimpleAtoi(ToAbsl(text->substr(dash + 1)), &value)) {
    return std::nullopt;
  }
  text->remove_suffix(text->size() - dash);
  return value;
}

}  // namespace

std::string FormatNumber(const DocumentNumber& number) {
  return absl::StrCat(ToAbsl(number.series), "-", number.year, "-",
                      absl::Dec(number.partition, absl::kZeroPad2), "-",
                      absl::Dec(number.sequence, absl::kZeroPad6));
}

std::optional<DocumentNumber> ParseNumber(std::string_view text) {
  std::string_view rest = text;
  const auto sequence = TakeLast(&rest), partition = TakeLast(&rest), year = TakeLast(&rest);
  if (!sequence || !partition || !year || rest.empty()) return std::nullopt;
  const DocumentNumber number{rest, static_cast<int32_t>(*year), static_cast<int32_t>(*partition),
                              *sequence};
  if (FormatNumber(number) != text) return std::nullopt;  // such as with a sign, or other zeros
  return number;
}

}  // namespace daybook
