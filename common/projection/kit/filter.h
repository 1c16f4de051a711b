// Which rows of a list: a subset of AIP-160 filters, parsed once and asked of every row.
//
//   constexpr FilterField kFields[] = {{"display_name", FilterType::kText},
//                                      {"registered_date", FilterType::kDate}};
//   ASSIGN_OR_RETURN(const Filter filter, Filter::Parse(request.filter(), kFields));
//   if (filter.Matches([&](size_t field) { return ValueOf(row, field); })) ...
//
// Grammar. OR binds tighter than AND, as AIP-160 has it; white space alone joins nothing.
//
//   filter      = [ expression ]                      empty: every row
//   expression  = alternatives { "AND" alternatives }
//   alternatives= term { "OR" term }
//   term        = { "NOT" } ( "(" expression ")" | restriction )
//   restriction = field operator value
//   operator    = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":"
//   value       = word | quoted           quoted in " or ', with \ before a quote or a \.
//
// Meaning, by the type of the field:
//   text     compared by code point as it is written (NFC); `:` is "contains", or "begins with" if
//            the value ends with `*`, both as SearchForm of common/base/collation.h has the two:
//            without regard to case, accents, width and the like
//   enum     the name of a value, with or without the prefix that all its values have; ordered by
//            number; `:` as `=`
//   date     2026-01-31; `:` as `=`
//   integer  64 bits; `:` as `=`
//   any      `field : *` is true where there is a value. Where there is none (text: empty, enum:
//            unspecified) only `!=` is true, and `=` with the empty text or the unspecified value.
//
// Bounded: text of kMaxFilterCharacters, kMaxRestrictions, kMaxParentheses; parser and evaluation
// use no recursion. Errors are plain INVALID_ARGUMENT whose message stands beside a field's name
// and gives the position, in characters from 1.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/descriptor.h"

namespace daybook::projection {

inline constexpr size_t kMaxFilterCharacters = 4096;
inline constexpr int kMaxRestrictions = 100;
inline constexpr int kMaxParentheses = 32;  // open at once

enum class FilterType { kText, kEnum, kDate, kInteger };

// A field that a filter may name.
struct FilterField {
  std::string_view name;  // letters, digits, `_`, `.`
  FilterType type;
  const google::protobuf::EnumDescriptor* (*values)() = nullptr;  // of an enum
};

// What a row has in a field.
struct FilterValue {
  bool present = true;
  std::string_view text = {};  // of a text
  int64_t number = 0;          // of the others; a date as days from 1970-01-01
};

class Filter {
 public:
  // `fields` must outlive the filter.
  static absl::StatusOr<Filter> Parse(std::string_view text, absl::Span<const FilterField> fields);

  bool empty() const { return steps_.empty(); }
  // `value_of` gives the value of fields[i]; the text must be good until the next call.
  bool Matches(absl::FunctionRef<FilterValue(size_t field)> value_of) const;

  // The text that fields[field] has in every row that matches, so that an index can be asked for
  // it; null if the filter does not say. It is never empty.
  const std::string* PinnedText(size_t field) const;

 private:
  friend class FilterParser;
  enum class Op { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kHas };
  enum class How { kPlain, kContains, kBeginsWith, kIsThere };  // of kHas on text
  struct Restriction {
    size_t field;
    FilterType type;
    Op op;
    How how = How::kPlain;
    std::string text = {};  // folded where `how` asks for it
    int64_t number = 0;
  };
  // In postfix order: a restriction's number, or what to do with the last results.
  enum Step { kAnd = -1, kOr = -2, kNot = -3 };

  static bool Holds(const Restriction& restriction, const FilterValue& value);

  std::vector<Restriction> restrictions_;
  std::vector<int> steps_;
};

}  // namespace daybook::projection
