#include "services/daybook/import/order_format.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

absl::Status Invalid(const std::string& why) { return absl::InvalidArgumentError(why); }

bool AllDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `31/01/1997` in its three numbers; empty if it is not of that form.
std::vector<std::string> ThreeNumbers(std::string_view text) {
  std::vector<std::string> parts = absl::StrSplit(ToAbsl(text), absl::ByAnyChar("/.-"));
  const bool shaped = parts.size() == 3 && parts[2].size() == 4 && parts[0].size() <= 2 &&
                      parts[1].size() <= 2 &&
                      std::all_of(parts.begin(), parts.end(),
                                  [](const std::string& part) { return AllDigits(part); });
  if (!shaped) parts.clear();
  return parts;
}

bool Exists(int year, int month, int day, absl::CivilDay* date) {
  *date = absl::CivilDay(year, month, day);  // rolls over what does not exist
  return year >= 1 && date->month() == month && date->day() == day;
}

// Bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xC2 && first < 0xE0   ? 2
                      : first >= 0xE0 && first < 0xF0 ? 3
                      : first >= 0xF0 && first < 0xF5 ? 4
                                                      : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Longer than need be, surrogates, beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return size;
}

}  // namespace

absl::StatusOr<OrderFormat> OrderFormat::Parse(std::string_view words) {
  OrderFormat format;
  for (const absl::string_view word : absl::StrSplit(ToAbsl(words), ',', absl::SkipWhitespace())) {
    const std::string name(absl::StripAsciiWhitespace(word));
    if (name == "comma") {
      format.delimiter = ',';
    } else if (name == "semicolon") {
      format.delimiter = ';';
    } else if (name == "tab") {
      format.delimiter = '\t';
    } else if (name == "decimal-comma") {
      format.decimal_mark = ',';
    } else if (name == "decimal-point") {
      format.decimal_mark = '.';
    } else if (name == "yyyy-mm-dd") {
      format.days = Days::kYearFirst;
    } else if (name == "dd/mm/yyyy" || name == "dd.mm.yyyy" || name == "dd-mm-yyyy") {
      format.days = Days::kDayFirst;
    } else if (name == "mm/dd/yyyy" || name == "mm-dd-yyyy") {
      format.days = Days::kMonthFirst;
    } else {
      return Invalid(Cat("'", name,
                         "' is none of comma, semicolon, tab, decimal-point, decimal-comma, "
                         "yyyy-mm-dd, dd/mm/yyyy, dd.mm.yyyy, mm/dd/yyyy"));
    }
  }
  return format;
}

absl::StatusOr<absl::CivilDay> OrderFormat::ParseDay(std::string_view text) const {
  absl::CivilDay date;
  const std::vector<std::string> numbers = ThreeNumbers(text);
  if (days == Days::kYearFirst) {
    std::string digits(text);
    if (digits.size() == 10 && digits[4] == '-' && digits[7] == '-') {
      digits = digits.substr(0, 4) + digits.substr(5, 2) + digits.substr(8, 2);
    }
    int number = 0;
    if (digits.size() == 8 && AllDigits(digits) && absl::SimpleAtoi(digits, &number) &&
        Exists(number / 10000, number / 100 % 100, number % 100, &date)) {
      return date;
    }
    if (!numbers.empty()) {
      return Invalid(Cat("'", text,
                         "' does not begin with the year; say --format dd/mm/yyyy if the day comes "
                         "first, mm/dd/yyyy if the month does"));
    }
    return Invalid(Cat("'", text, "' is no day; write 1997-01-31 or 19970131"));
  }
  const bool day_first = days == Days::kDayFirst;
  int first = 0, second = 0, year = 0;
  if (!numbers.empty() && absl::SimpleAtoi(numbers[0], &first) &&
      absl::SimpleAtoi(numbers[1], &second) && absl::SimpleAtoi(numbers[2], &year) &&
      Exists(year, day_first ? second : first, day_first ? first : second, &date)) {
    return date;
  }
  return Invalid(Cat("'", text, "' is no day as ", day_first ? "dd/mm/yyyy" : "mm/dd/yyyy"));
}

// With the mark that Decimal reads.
absl::StatusOr<std::string> OrderFormat::WithPoint(std::string_view text) const {
  const char other = decimal_mark == '.' ? ',' : '.';
  if (text.find(other) != text.npos) {
    return Invalid(
        Cat("'", text, "' has a ", other == ',' ? "comma" : "point",
            ": signs for thousands are not read; if it is the decimal mark, say --format ",
            other == ',' ? "decimal-comma" : "decimal-point"));
  }
  std::string with_point(text);
  std::replace(with_point.begin(), with_point.end(), decimal_mark, '.');
  return with_point;
}

absl::StatusOr<int64_t> OrderFormat::ParseAmount(std::string_view text,
                                                 const Currency& currency) const {
  ASSIGN_OR_RETURN(const std::string with_point, WithPoint(text));
  ASSIGN_OR_RETURN(const Decimal major, Decimal::Parse(with_point));
  ASSIGN_OR_RETURN(const int64_t minor, ToMinor(major, currency));
  if (ToMajor(minor, currency) != major) {
    return Invalid(Cat("finer than the smallest unit of ", currency.code()));
  }
  return minor;
}

absl::StatusOr<std::string> OrderFormat::ParseQuantity(std::string_view text) const {
  ASSIGN_OR_RETURN(const std::string with_point, WithPoint(text));
  ASSIGN_OR_RETURN(const Decimal quantity, Decimal::Parse(with_point));
  return quantity.ToString();
}

std::string OrderFormat::HintFor(std::string_view header) const {
  const auto has = [&](char c) { return header.find(c) != header.npos; };
  for (const auto& [mark, word] :
       {std::pair{';', "semicolon"}, std::pair{'\t', "tab"}, std::pair{',', "comma"}}) {
    if (mark != delimiter && !has(delimiter) && has(mark)) {
      return Cat("; this header looks as if there were ",
                 mark == '\t' ? "tabs" : Cat("'", std::string(1, mark), "'"),
                 " between: say --format ", word);
    }
  }
  return "";
}

absl::Status CheckEncoding(std::string_view content) {
  const std::string_view mark = content.substr(0, 2);
  if (mark == "\xFF\xFE" || mark == "\xFE\xFF") {
    return Invalid("the file is UTF-16; save it as CSV in UTF-8");
  }
  int64_t line = 1;
  while (!content.empty()) {
    if (content[0] == '\0') {
      return Invalid(Cat("line ", line,
                         " has a zero byte: the file is UTF-16, or no text; save it ",
                         "as CSV in UTF-8"));
    }
    line += content[0] == '\n';
    const size_t bytes = CharacterBytes(content);
    if (bytes == 0) {
      return Invalid(Cat("line ", line, " is not UTF-8: the file is probably Latin-1 or ",
                         "Windows-1252; save it as CSV in UTF-8"));
    }
    content.remove_prefix(bytes);
  }
  return absl::OkStatus();
}

}  // namespace daybook
