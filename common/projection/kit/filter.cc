#include "common/projection/kit/filter.h"

#include <algorithm>
#include <bitset>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/collation.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook::projection {
namespace {

using google::protobuf::EnumDescriptor;

enum class Kind { kEnd, kOpen, kClose, kAnd, kOr, kNot, kOperator, kWord, kQuoted };

struct Token {
  Kind kind = Kind::kEnd;
  std::string_view text;  // of a quoted value, what is between the quotes, escapes included
  size_t at = 0;          // byte
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool EndsWord(char c) { return IsSpace(c) || std::string_view("()=!<>:\"'").find(c) < 10; }

// `CUSTOMER_STATE_` of CUSTOMER_STATE_ACTIVE, CUSTOMER_STATE_ARCHIVED.
std::string_view CommonPrefix(const EnumDescriptor& values) {
  std::string_view prefix = values.value(0)->name();
  for (int i = 1; i < values.value_count(); ++i) {
    const std::string& name = values.value(i)->name();
    const auto end = std::mismatch(prefix.begin(), prefix.end(), name.begin(), name.end()).first;
    prefix = prefix.substr(0, static_cast<size_t>(end - prefix.begin()));
  }
  return prefix.substr(0, prefix.rfind('_') + 1);
}

}  // namespace

// Operator precedence: operands go out at once, operators wait on a stack until a weaker one, a
// parenthesis or the end comes.
class FilterParser {
 public:
  FilterParser(std::string_view text, absl::Span<const FilterField> fields)
      : text_(text), fields_(fields) {}

  absl::StatusOr<Filter> Run() {
    if (text_.size() > 4 * kMaxFilterCharacters || CharactersOf(text_) > kMaxFilterCharacters) {
      return absl::InvalidArgumentError(
          absl::StrCat("is longer than ", kMaxFilterCharacters, " characters"));
    }
    RETURN_IF_ERROR(Advance());
    if (token_.kind == Kind::kEnd) return Filter();
    for (bool want_operand = true; want_operand || token_.kind != Kind::kEnd;) {
      RETURN_IF_ERROR(want_operand ? TakeOperand(&want_operand) : TakeOperator(&want_operand));
    }
    while (!waiting_.empty()) {
      if (waiting_.back().kind == Kind::kOpen) {
        return Error(waiting_.back().at, "this parenthesis is not closed");
      }
      PopWaiting();
    }
    return std::move(filter_);
  }

 private:
  using Op = Filter::Op;
  using How = Filter::How;

  // ------------------------------------------------------------------------------------- words

  absl::Status Error(size_t at, std::string_view what) const {
    const auto characters = std::count_if(text_.begin(), text_.begin() + static_cast<ptrdiff_t>(at),
                                          [](char c) { return (c & 0xC0) != 0x80; });
    return absl::InvalidArgumentError(
        absl::StrCat("at character ", characters + 1, ": ", ToAbsl(what)));
  }

  absl::Status Advance() {
    while (next_ < text_.size() && IsSpace(text_[next_])) ++next_;
    token_ = {Kind::kEnd, {}, next_};
    if (next_ == text_.size()) return absl::OkStatus();
    const char c = text_[next_];
    if (c == '(' || c == ')') return Take(c == '(' ? Kind::kOpen : Kind::kClose, 1);
    if (c == '"' || c == '\'') return TakeQuoted(c);
    if (std::string_view("=:<>!").find(c) != std::string_view::npos) {
      const bool two =
          (c == '<' || c == '>' || c == '!') && text_.substr(next_ + 1).starts_with('=');
      if (c == '!' && !two) return Error(next_, "'!' must be followed by '='");
      return Take(Kind::kOperator, two ? 2 : 1);
    }
    size_t end = next_;
    while (end < text_.size() && !EndsWord(text_[end])) ++end;
    const std::string_view word = text_.substr(next_, end - next_);
    const Kind kind = word == "AND"   ? Kind::kAnd
                      : word == "OR"  ? Kind::kOr
                      : word == "NOT" ? Kind::kNot
                                      : Kind::kWord;
    return Take(kind, word.size());
  }

  absl::Status Take(Kind kind, size_t size) {
    token_ = {kind, text_.substr(next_, size), next_};
    next_ += size;
    return absl::OkStatus();
  }

  absl::Status TakeQuoted(char quote) {
    size_t end = next_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) return Error(next_, "this quote is not closed");
    token_ = {Kind::kQuoted, text_.substr(next_ + 1, end - next_ - 1), next_};
    next_ = end + 1;
    return absl::OkStatus();
  }

  // --------------------------------------------------------------------------------- structure

  absl::Status TakeOperand(bool* want_operand) {
    switch (token_.kind) {
      case Kind::kNot:
        waiting_.push_back(token_);
        return Advance();
      case Kind::kOpen:
        if (++open_ > kMaxParentheses) {
          return Error(token_.at,
                       absl::StrCat("more than ", kMaxParentheses, " parentheses are open here"));
        }
        waiting_.push_back(token_);
        return Advance();
      case Kind::kWord:
        *want_operand = false;
        return TakeRestriction();
      default:
        return Error(token_.at, "a field name, NOT or '(' is expected here");
    }
  }

  absl::Status TakeOperator(bool* want_operand) {
    if (token_.kind == Kind::kClose) {
      while (!waiting_.empty() && waiting_.back().kind != Kind::kOpen) PopWaiting();
      if (waiting_.empty()) return Error(token_.at, "this parenthesis was not opened");
      waiting_.pop_back();
      --open_;
      return Advance();
    }
    if (token_.kind != Kind::kAnd && token_.kind != Kind::kOr) {
      return Error(token_.at, "AND, OR, ')' or the end is expected here");
    }
    while (!waiting_.empty() && Strength(waiting_.back().kind) >= Strength(token_.kind)) {
      PopWaiting();
    }
    waiting_.push_back(token_);
    *want_operand = true;
    return Advance();
  }

  static int Strength(Kind kind) {
    return kind == Kind::kNot ? 3 : kind == Kind::kOr ? 2 : kind == Kind::kAnd ? 1 : 0;
  }

  void PopWaiting() {
    const Kind kind = waiting_.back().kind;
    filter_.steps_.push_back(kind == Kind::kNot  ? Filter::kNot
                             : kind == Kind::kOr ? Filter::kOr
                                                 : Filter::kAnd);
    waiting_.pop_back();
  }

  // ------------------------------------------------------------------------------ restrictions

  absl::Status TakeRestriction() {
    const Token name = token_;
    const auto field = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const FilterField& f) { return f.name == name.text; });
    if (field == fields_.end()) return UnknownField(name);
    if (filter_.restrictions_.size() == kMaxRestrictions) {
      return Error(name.at, absl::StrCat("more than ", kMaxRestrictions, " restrictions"));
    }
    RETURN_IF_ERROR(Advance());
    if (token_.kind != Kind::kOperator) {
      return Error(token_.at, "one of = != < <= > >= : is expected here");
    }
    Filter::Restriction restriction{.field = static_cast<size_t>(field - fields_.begin()),
                                    .type = field->type,
                                    .op = OpOf(token_.text)};
    RETURN_IF_ERROR(Advance());
    if (token_.kind != Kind::kWord && token_.kind != Kind::kQuoted) {
      const bool twice = token_.kind == Kind::kOperator && token_.text == "=";
      return Error(token_.at, twice
                                  ? "a value is expected here; to be equal is written with one ="
                                  : "a value is expected here (in quotes if it is AND, OR or NOT)");
    }
    RETURN_IF_ERROR(SetValue(*field, &restriction));
    filter_.steps_.push_back(static_cast<int>(filter_.restrictions_.size()));
    filter_.restrictions_.push_back(std::move(restriction));
    return Advance();
  }

  absl::Status UnknownField(const Token& name) const {
    std::string known;
    for (const FilterField& field : fields_) {
      absl::StrAppend(&known, known.empty() ? "" : ", ", ToAbsl(field.name));
    }
    return Error(name.at, absl::StrCat("there is no such field; known are ", known));
  }

  static Op OpOf(std::string_view text) {
    if (text == "=") return Op::kEqual;
    if (text == "!=") return Op::kNotEqual;
    if (text == "<") return Op::kLess;
    if (text == "<=") return Op::kLessEqual;
    if (text == ">") return Op::kGreater;
    return text == ">=" ? Op::kGreaterEqual : Op::kHas;
  }

  absl::Status SetValue(const FilterField& field, Filter::Restriction* restriction) {
    if (restriction->op == Op::kHas && token_.kind == Kind::kWord && token_.text == "*") {
      restriction->how = How::kIsThere;
      return absl::OkStatus();
    }
    std::string value(token_.text);
    if (token_.kind == Kind::kQuoted) RETURN_IF_ERROR(Unescape(&value));
    if (const absl::Status fine = CheckText(value, kMaxFilterCharacters); !fine.ok()) {
      return Error(token_.at, absl::StrCat("the value ", fine.message()));
    }
    switch (field.type) {
      case FilterType::kText:
        return SetText(Normalise(value), restriction);
      case FilterType::kEnum:
        return SetEnum(*field.values(), value, restriction);
      case FilterType::kDate:
        return SetDate(value, restriction);
      case FilterType::kInteger:
        if (absl::SimpleAtoi(value, &restriction->number)) break;
        return Error(token_.at, "a whole number of 64 bits is expected here");
    }
    return absl::OkStatus();
  }

  absl::Status Unescape(std::string* value) const {
    std::string plain;
    for (size_t i = 0; i < value->size(); ++i) {
      if ((*value)[i] == '\\') {
        const char c = (*value)[++i];  // the end of the quotes is no escaped character
        if (c != '\\' && c != '"' && c != '\'') {
          return Error(token_.at + i, "'\\' may stand only before a quote or another '\\'");
        }
      }
      plain.push_back((*value)[i]);
    }
    *value = std::move(plain);
    return absl::OkStatus();
  }

  absl::Status SetText(std::string value, Filter::Restriction* restriction) const {
    restriction->text = std::move(value);
    if (restriction->op != Op::kHas) return absl::OkStatus();
    restriction->how = How::kContains;
    if (restriction->text.ends_with('*')) {
      restriction->text.pop_back();
      restriction->how = How::kBeginsWith;
    }
    if (restriction->text.empty()) return Error(token_.at, "':' needs something to look for");
    restriction->text = SearchForm(restriction->text);
    if (restriction->text.empty()) return Error(token_.at, "':' needs letters to look for");
    return absl::OkStatus();
  }

  absl::Status SetEnum(const EnumDescriptor& values, const std::string& name,
                       Filter::Restriction* restriction) const {
    const std::string_view prefix = CommonPrefix(values);
    std::string known;
    for (int i = 0; i < values.value_count(); ++i) {
      const std::string& full = values.value(i)->name();
      if (name == full || name == std::string_view(full).substr(prefix.size())) {
        restriction->number = values.value(i)->number();
        return absl::OkStatus();
      }
      absl::StrAppend(&known, known.empty() ? "" : ", ", full.substr(prefix.size()));
    }
    return Error(token_.at, absl::StrCat("the value is none of ", known));
  }

  absl::Status SetDate(const std::string& text, Filter::Restriction* restriction) const {
    google::type::Date date;
    int year = 0, month = 0, day = 0;
    const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-' &&
                        text.find_first_not_of("0123456789-") == std::string::npos &&
                        absl::SimpleAtoi(text.substr(0, 4), &year) &&
                        absl::SimpleAtoi(text.substr(5, 2), &month) &&
                        absl::SimpleAtoi(text.substr(8, 2), &day);
    date.set_year(year);
    date.set_month(month);
    date.set_day(day);
    const auto civil = DayOf(date);
    if (!shaped || !civil.ok()) {
      return Error(token_.at, "a day of the calendar such as 2026-01-31 is expected here");
    }
    restriction->number = EpochDay(*civil);
    return absl::OkStatus();
  }

  const std::string_view text_;
  const absl::Span<const FilterField> fields_;
  size_t next_ = 0;
  Token token_;
  std::vector<Token> waiting_;
  int open_ = 0;
  Filter filter_;
};

absl::StatusOr<Filter> Filter::Parse(std::string_view text, absl::Span<const FilterField> fields) {
  return FilterParser(text, fields).Run();
}

namespace {

template <class Value, class Op>
bool Compare(const Value& a, Op op, const Value& b) {
  switch (op) {
    case Op::kEqual:
    case Op::kHas:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kLess:
      return a < b;
    case Op::kLessEqual:
      return a <= b;
    case Op::kGreater:
      return a > b;
    case Op::kGreaterEqual:
      return a >= b;
  }
  return false;
}

}  // namespace

bool Filter::Holds(const Restriction& restriction, const FilterValue& value) {
  if (restriction.how == How::kIsThere) return value.present;
  if (!value.present) {
    // Nothing equals nothing: the empty text, the unspecified value.
    const bool asks_for_nothing =
        restriction.type == FilterType::kText
            ? restriction.text.empty()
            : restriction.type == FilterType::kEnum && restriction.number == value.number;
    return restriction.op == Op::kNotEqual ? !asks_for_nothing
                                           : restriction.op == Op::kEqual && asks_for_nothing;
  }
  if (restriction.type != FilterType::kText)
    return Compare(value.number, restriction.op, restriction.number);
  if (restriction.op != Op::kHas) {
    return Compare(value.text, restriction.op, std::string_view(restriction.text));
  }
  const std::string form = SearchForm(value.text);
  return restriction.how == How::kBeginsWith ? form.starts_with(restriction.text)
                                             : form.find(restriction.text) != std::string::npos;
}

bool Filter::Matches(absl::FunctionRef<FilterValue(size_t field)> value_of) const {
  if (steps_.empty()) return true;
  // No more results wait than there are restrictions.
  std::bitset<kMaxRestrictions + 1> results;
  size_t size = 0;
  for (const int step : steps_) {
    if (step == kNot) {
      results.flip(size - 1);
    } else if (step == kAnd || step == kOr) {
      --size;
      results[size - 1] =
          step == kAnd ? results[size - 1] && results[size] : results[size - 1] || results[size];
    } else {
      const Restriction& restriction = restrictions_[static_cast<size_t>(step)];
      results[size++] = Holds(restriction, value_of(restriction.field));
    }
  }
  return results[0];
}

}  // namespace daybook::projection
