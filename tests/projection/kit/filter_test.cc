#include "common/projection/kit/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/dates.h"
#include "common/base/text.h"
#include "daybook/customer/v1/customer.pb.h"

namespace daybook::projection {
namespace {

using testing::HasSubstr;

constexpr FilterField kFields[] = {
    {"name", FilterType::kText},
    {"size_band", FilterType::kEnum, &customer::v1::SizeBand_descriptor},
    {"registered_date", FilterType::kDate},
    {"industry.code", FilterType::kText},
    {"count", FilterType::kInteger},
};

struct Row {
  std::string name = "Müller & Söhne";
  int size = customer::v1::SIZE_BAND_SMALL;
  absl::CivilDay day{2026, 3, 1};
  std::string code = "";
  int64_t count = 7;
  bool dated = true;
};

FilterValue ValueOf(const Row& row, size_t field) {
  switch (field) {
    case 0:
      return {.present = !row.name.empty(), .text = row.name};
    case 1:
      return {.present = row.size != 0, .number = row.size};
    case 2:
      return {.present = row.dated, .number = row.dated ? row.day - absl::CivilDay(1970, 1, 1) : 0};
    case 3:
      return {.present = !row.code.empty(), .text = row.code};
    default:
      return {.number = row.count};
  }
}

bool Matches(const std::string& text, const Row& row = {}) {
  const auto filter = Filter::Parse(text, kFields);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() && filter->Matches([&](size_t field) { return ValueOf(row, field); });
}

std::string ErrorOf(const std::string& text) {
  const auto filter = Filter::Parse(text, kFields);
  EXPECT_FALSE(filter.ok()) << text;
  return std::string(filter.status().message());
}

TEST(Filter, RefusesAndSaysWhere) {
  const std::pair<std::string, std::string> rows[] = {
      {"nome = x", "at character 1: there is no such field; known are name, size_band"},
      {"name", "at character 5: one of ="},
      {"name x", "at character 6: one of ="},
      {"name =", "at character 7: a value"},
      {"name = AND", "at character 8: a value"},
      {"name = ( x )", "at character 8: a value"},
      {"name ! x", "at character 6: '!'"},
      {"name == x", "at character 7: a value is expected here; to be equal"},
      {"name = x name = y", "at character 10: AND, OR"},
      {"name = x name", "at character 10: AND, OR"},
      {"name = x AND", "at character 13: a field name"},
      {"OR name = x", "at character 1: a field name"},
      {"name = x AND OR name = y", "at character 14: a field name"},
      {"NOT", "at character 4: a field name"},
      {"()", "at character 2: a field name"},
      {"(name = x", "at character 1: this parenthesis is not closed"},
      {"name = x)", "at character 9: this parenthesis was not opened"},
      {"((name = x)", "at character 1: this parenthesis is not closed"},
      {"name = \"x", "at character 8: this quote"},
      {"name = \"x\\", "at character 8: this quote"},
      {"name = \"x\\\"", "at character 8: this quote"},
      {"name = \"a\\n\"", "at character 10: '\\'"},
      {"\"name\" = x", "at character 1: a field name"},
      {"name = \xff", "at character 8: the value is not valid UTF-8"},
      {"name = \"a\nb\"", "at character 8: the value has the character U+000A"},
      {"name : \"\"", "at character 8: ':' needs"},
      {"name : \"*\"", "at character 8: ':' needs"},
      {"size_band = HUGE", "at character 13: the value is none of UNSPECIFIED, MICRO, SMALL"},
      {"size_band = small", "at character 13: the value is none of"},
      {"registered_date > 2026-02-30", "at character 19: a day of the calendar"},
      {"registered_date > 2026-2-3", "at character 19: a day"},
      {"registered_date > +026-02-03", "at character 19: a day"},
      {"registered_date > yesterday", "at character 19: a day"},
      {"registered_date > *", "at character 19: a day"},
      {"count = 1.5", "at character 9: a whole number"},
      {"count = 9223372036854775808", "at character 9: a whole number"},
      {"name = \"Müller\" AND x = 1", "at character 21: there is no such field"},
  };
  for (const auto& [text, error] : rows) {
    EXPECT_THAT(ErrorOf(text), testing::StartsWith(error)) << text;
  }
}

TEST(Filter, IsBounded) {
  EXPECT_THAT(ErrorOf(std::string(kMaxFilterCharacters + 1, ' ')), HasSubstr("4096 characters"));
  EXPECT_THAT(ErrorOf(std::string(33, '(') + "name = x" + std::string(33, ')')),
              HasSubstr("at character 33: more than 32 parentheses"));
  EXPECT_TRUE(Matches(std::string(32, '(') + "count = 7" + std::string(32, ')')));
  std::string many = "count = 7";
  for (int i = 1; i < kMaxRestrictions; ++i) many += " AND count = 7";
  EXPECT_TRUE(Matches(many));
  EXPECT_THAT(ErrorOf(many + " AND count = 7"), HasSubstr("more than 100 restrictions"));
  // A hundred results at once, and a thousand negations.
  std::string deep, close;
  for (int i = 0; i < 30; ++i) deep += "count = 7 AND (", close += ")";
  EXPECT_TRUE(Matches(deep + "count = 7" + close));
  std::string nots;
  for (int i = 0; i < 1000; ++i) nots += "NOT ";
  EXPECT_TRUE(Matches(nots + "count = 7"));
  EXPECT_FALSE(Matches(nots + "NOT count = 7"));
}

TEST(Filter, TakesEveryRowIfItIsEmpty) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches(" \t\n "));
}

TEST(Filter, ComparesTextAsItIsWritten) {
  EXPECT_TRUE(Matches("name = \"Müller & Söhne\""));
  EXPECT_TRUE(Matches("name = 'Mu\xcc\x88ller & So\xcc\x88hne'"));  // NFC
  EXPECT_FALSE(Matches("name = \"müller & söhne\""));
  EXPECT_TRUE(Matches("name != x"));
  EXPECT_TRUE(Matches("name > Muller AND name < N AND name >= M AND name <= Z"));
  EXPECT_TRUE(Matches("name = \"a \\\"b\\\" \\\\\"", {.name = "a \"b\" \\"}));
}

TEST(Filter, LooksForTextWithoutRegardToCaseAndAccents) {
  EXPECT_TRUE(Matches("name : \"MÜLLER\""));
  EXPECT_TRUE(Matches("name:söhne"));
  EXPECT_FALSE(Matches("name : \"söhne*\""));
  EXPECT_TRUE(Matches("name : mü*"));
  EXPECT_TRUE(Matches("name : muller"));
  EXPECT_FALSE(Matches("name : mulx"));
}

TEST(Filter, KnowsWhatIsNotThere) {
  EXPECT_FALSE(Matches("industry.code : *"));
  EXPECT_TRUE(Matches("industry.code : *", {.code = "62.01"}));
  EXPECT_TRUE(Matches("name:*"));
  EXPECT_TRUE(Matches("industry.code = \"\""));
  EXPECT_FALSE(Matches("industry.code != \"\""));
  EXPECT_TRUE(Matches("industry.code != 62.01"));
  EXPECT_FALSE(Matches("industry.code < 62.01"));
  const Row none{.size = 0};
  EXPECT_FALSE(Matches("size_band : *", none));
  EXPECT_FALSE(Matches("size_band < LARGE", none));
  EXPECT_TRUE(Matches("size_band != LARGE", none));
  EXPECT_TRUE(Matches("size_band = UNSPECIFIED", none));
  EXPECT_FALSE(Matches("size_band = UNSPECIFIED"));
  const Row undated{.dated = false};
  EXPECT_FALSE(Matches("registered_date = 1970-01-01", undated));
  EXPECT_TRUE(Matches("registered_date != 1970-01-01", undated));
  EXPECT_FALSE(Matches("registered_date <= 1970-01-01", undated));
  EXPECT_FALSE(Matches("registered_date : *", undated));
}

TEST(Filter, ComparesNamesOfValuesDatesAndNumbers) {
  EXPECT_TRUE(Matches("size_band = SMALL AND size_band = SIZE_BAND_SMALL AND size_band : SMALL"));
  EXPECT_TRUE(Matches("size_band >= SMALL AND size_band < MEDIUM AND size_band > MICRO"));
  EXPECT_TRUE(Matches("registered_date = 2026-03-01 AND registered_date >= \"2026-02-28\""));
  EXPECT_TRUE(Matches("registered_date > 0001-01-01 AND registered_date < 9999-12-31"));
  EXPECT_TRUE(Matches("count = 7 AND count > -1 AND count <= 9223372036854775807"));
}

TEST(Filter, LetsOrBindTighterThanAnd) {
  // t AND t OR f AND f: (t) AND (t OR f) AND (f)
  EXPECT_FALSE(Matches("count = 7 AND count = 7 OR count = 0 AND count = 0"));
  EXPECT_TRUE(Matches("(count = 7 AND count = 7) OR (count = 0 AND count = 0)"));
  EXPECT_FALSE(Matches("count = 7 OR count = 0 AND count = 0"));
  EXPECT_TRUE(Matches("count = 7 OR (count = 0 AND count = 0)"));
  EXPECT_TRUE(Matches("NOT count = 0 AND NOT (count = 0 OR count = 1)"));
  EXPECT_FALSE(Matches("NOT count = 7 OR count = 0"));
}

// A random expression and what it comes to, by its own structure.
std::pair<std::string, bool> Draw(std::mt19937& random, int depth) {
  const auto below = [&](uint32_t n) { return random() % n; };
  if (depth == 0 || below(3) == 0) {
    const bool holds = below(2) == 0;
    return {holds ? "count = 7" : "count=8", holds};
  }
  auto [left, a] = Draw(random, depth - 1);
  if (below(4) == 0) return {absl::StrCat("NOT (", left, ")"), !a};
  auto [right, b] = Draw(random, depth - 1);
  if (below(2) == 0) return {absl::StrCat("(", left, ") AND (", right, ")"), a && b};
  return {absl::StrCat("(", left, ")OR(", right, ")"), a || b};
}

TEST(Filter, ComesToWhatItsStructureSays) {
  std::mt19937 random(1);
  for (int i = 0; i < 3'000; ++i) {
    const auto [text, holds] = Draw(random, 5);
    ASSERT_EQ(Matches(text), holds) << text;
  }
}

// The text that an index can be asked for.
std::string Pinned(const std::string& text, size_t field = 0) {
  const auto filter = Filter::Parse(text, kFields);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  const std::string* pinned = filter.ok() ? filter->PinnedText(field) : nullptr;
  return pinned == nullptr ? "-" : *pinned;
}

TEST(Filter, ATextThatEveryRowMustHaveIsKnown) {
  EXPECT_EQ(Pinned("name = x"), "x");
  EXPECT_EQ(Pinned("count > 3 AND name = x AND NOT count = 7"), "x");
  EXPECT_EQ(Pinned("count > 3 AND (name = x AND size_band = SMALL)"), "x");
  EXPECT_EQ(Pinned("(name = x AND count = 1) OR (count = 2 AND name = x)"), "-")
      << "the same text, but of two restrictions";
  for (const char* text : {"", "count = 7", "name != x", "name : x", "name > x", "NOT name = x",
                           "name = x OR count = 7", "NOT (count = 1 AND name = x)", "name = \"\"",
                           "industry.code = x"}) {
    EXPECT_EQ(Pinned(text), "-") << text;
  }
}

TEST(Filter, NoTextStopsTheProcess) {
  const std::string words[] = {"(",         ")",    "AND",  "OR",        "NOT",   "name",
                               "count",     "=",    "!=",   "<",         ":",     "\"",
                               "'",         "\\",   "*",    "7",         " ",     " ",
                               "x",         "\xff", "\xc3", "size_band", "SMALL", "registered_date",
                               "2026-01-01"};
  std::mt19937 random(7);
  int fine = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (uint32_t n = random() % 12; n > 0; --n) text += words[random() % std::size(words)];
    const auto filter = Filter::Parse(text, kFields);
    if (!filter.ok()) continue;
    ++fine;
    const Row row;
    filter->Matches([&](size_t field) { return ValueOf(row, field); });
  }
  EXPECT_GT(fine, 100);
}

}  // namespace
}  // namespace daybook::projection
