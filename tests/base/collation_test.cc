#include "common/base/collation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/text.h"

namespace daybook {
namespace {

std::string Times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Collation, PutsNamesInTheOrderOfPeople) {
  const std::vector<std::string> in_order = {
      "",          "3M",    "ada",  "Ada",   "Äda",    "Adam",   "Ärzte",  "Arztin", "Émile",
      "Emir",      "Łódź",  "Løve", "Lowe",  "Müller", "Mullet", "Øre",    "Orel",   "Straße",
      "Strasse 2", "Zebra", "Zoë",  "Ωmega", "Ёлка",   "Жук",    "さくら", "王小明"};
  std::vector<std::string> sorted = in_order;
  std::reverse(sorted.begin(), sorted.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return SortKey(a) < SortKey(b); });
  EXPECT_EQ(sorted, in_order);
}

TEST(Collation, KeysHaveALimitAndNoEnd) {
  for (const std::string& text :
       {std::string(200, 'a'), Times(200, "\xe7\x8e\x8b"), Times(200, "\xf0\xa0\x80\x80"),
        Times(200, "\xef\xb7\xba"), Times(200, "a\xcc\x88")}) {  // U+FDFA is eighteen letters
    const std::string key = SortKey(Normalise(text));
    EXPECT_LE(key.size(), kMaxSortKeyBytes);
    EXPECT_EQ(key.find('\0'), std::string::npos);
    EXPECT_LE(key, SortKey(Normalise(text + "b"))) << text;
  }
}

TEST(Collation, FindsANameHoweverItIsWritten) {
  const std::pair<std::vector<const char*>, const char*> rows[] = {
      {{"istanbul", "ISTANBUL", "İstanbul", "ıstanbul", "I\xcc\x87stanbul"}, "istanbul"},
      {{"Müller", "MU\xcc\x88LLER", "muller", "Ｍüller"}, "muller"},
      {{"Straße", "STRASSE", "strasse"}, "strasse"},
      {{"Łódź", "LODZ", "Lódz"}, "lodz"},
      {{"Søren Ærø", "soren aero", "SØREN ÆRØ"}, "soren aero"},
      {{"O’Neill", "o'neill", "OʼNeill"}, "o'neill"},
      {{"Peters–Brandt", "peters-brandt", "Peters‐Brandt"}, "peters-brandt"},
      {{"Ελένη", "ΕΛΕΝΗ", "ελενη"}, "ελενη"},
      {{"ΣΊΣΥΦΟΣ", "σίσυφος"}, "σισυφοσ"},
      {{"Фёдор", "ФЕДОР"}, "федор"},
      {{"Nguyễn", "NGUYEN"}, "nguyen"},
      {{"مُحَمَّد", "محمد"}, "محمد"},
      {{"שָׂרָה", "שרה"}, "שרה"},
      {{"co\xc2\xad"
        "op",
        "coop"},
       "coop"},
      {{"がく", "か\xe3\x82\x99く"}, "がく"},
      {{"नेहा"}, "नेहा"},
      {{"한국"}, "한국"},
      {{"王小明"}, "王小明"},
  };
  for (const auto& [written, form] : rows) {
    for (const char* text : written) EXPECT_EQ(SearchForm(text), form) << text;
  }
  EXPECT_NE(SearchForm("がく"), SearchForm("かく"));  // other words
  EXPECT_NE(SearchForm("नेहा"), SearchForm("नहा"));
}

}  // namespace
}  // namespace daybook
