#include "common/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace daybook {
namespace {

using namespace std::string_literals;

TEST(Text, RefusesWhatMustNotStandInTheBook) {
  const std::string rows[] = {"a\0b"s,
                              "a\nb",
                              "a\rb",
                              "a\tb",
                              "a\x7f",
                              "\x1b[31m",
                              "\xc2\x85",       // NEL
                              "a\xe2\x80\xaa",  // U+202A embedding
                              "a\xe2\x80\xae"
                              "b",              // U+202E override
                              "a\xe2\x81\xa6",  // U+2066 isolate
                              "\xe2\x80\xa8",   // U+2028 line separator
                              "\xef\xbb\xbf"
                              "a",             // byte order mark
                              "\xef\xbf\xbf",  // U+FFFF
                              "\xff",
                              "\xc3",               // truncated
                              "\xc0\x80",           // overlong
                              "\xed\xa0\x80",       // surrogate
                              "\xf4\x90\x80\x80"};  // beyond U+10FFFF
  for (const std::string& text : rows) EXPECT_FALSE(CheckText(text, 200).ok()) << text;
}

TEST(Text, TakesAllScripts) {
  for (const char* text :
       {"", "Ada", "王小明", "Ελένη", "محمد", "שרה", "नेहा", "O'Neill–Łuński", "🙂",
        "\xe2\x80\x8f"
        "RLM is a mark, no override",
        "zero\xe2\x80\x8djoiner"}) {
    EXPECT_TRUE(CheckText(text, 200).ok()) << text;
  }
}

std::string Times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Text, CountsCharactersOfItsNormalFormInEveryScript) {
  const std::pair<const char*, int> rows[] = {
      {"a", 1},
      {"\xc3\xbc", 1},          // ü
      {"u\xcc\x88", 1},         // the same, apart: NFC has one
      {"\xe0\xb8\x97", 1},      // Thai
      {"\xe7\x8e\x8b", 1},      // Han
      {"\xf0\x9f\x99\x82", 1},  // beyond the first 65,536
      {"\xf0\x9d\x85\xa0", 3},  // U+1D160 is three characters in NFC
      {"\xef\xac\xac", 3}};     // U+FB2C, the same of three bytes
  for (const auto& [text, characters] : rows) {
    for (const int count : {1, 3, 50, 200}) {
      const auto limit = static_cast<size_t>(count * characters);
      EXPECT_TRUE(CheckText(Times(count, text), limit).ok()) << count << " " << text;
      EXPECT_FALSE(CheckText(Times(count, text), limit - 1).ok()) << count << " " << text;
    }
  }
  EXPECT_FALSE(CheckText(std::string(1'000'000, 'a'), 200).ok());
  EXPECT_EQ(CheckText(Times(201, "\xe0\xb8\x97"), 200).message(), "is longer than 200 characters");
  EXPECT_EQ(CharactersOf("\xe0\xb8\x97\xf0\x9f\x99\x82z"), 3u);
}

TEST(Text, NormalisesToNfc) {
  EXPECT_EQ(Normalise("plain"), "plain");
  EXPECT_EQ(Normalise("Mu\xcc\x88ller"), "M\xc3\xbcller");
  EXPECT_EQ(Normalise("M\xc3\xbcller"), "M\xc3\xbcller");
  EXPECT_EQ(Normalise("\xe2\x84\xab"), "\xc3\x85");  // Angstrom sign
}

TEST(Text, TidiesWhiteSpaceOfAllKinds) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {"Ada", "Ada"},
      {"  Ada  Lovelace ", "Ada Lovelace"},
      {"\xc2\xa0"
       "Ada\xc2\xa0 Lovelace\xe3\x80\x80",
       "Ada\xc2\xa0Lovelace"},  // no-break, ideographic
      {"\xe7\x8e\x8b\xe3\x80\x80\xe5\xb0\x8f\xe6\x98\x8e",
       "\xe7\x8e\x8b\xe3\x80\x80\xe5\xb0\x8f\xe6\x98\x8e"},
      {" Mu\xcc\x88ller\xe2\x80\x89", "M\xc3\xbcller"},  // thin space
      {"   ", ""},
      {"a\xe2\x80\x8d"
       "b",
       "a\xe2\x80\x8d"
       "b"}};  // a joiner is no space
  for (const auto& [text, tidy] : rows) EXPECT_EQ(Tidy(text), tidy) << '"' << text << '"';
}

TEST(Text, TrimsWhiteSpaceOfAllKinds) {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},
      {" \xc2\xa0 ", ""},
      {"x", "x"},
      {"\xe3\x80\x80Mu\xcc\x88ller  \xc2\xa0& So\xcc\x88hne ",
       "M\xc3\xbcller  \xc2\xa0& S\xc3\xb6hne"}};
  for (const auto& [text, trimmed] : rows) EXPECT_EQ(Trim(text), trimmed) << '"' << text << '"';
}

TEST(Text, FoldsUpperAndLowerCaseOfAllScripts) {
  EXPECT_EQ(FoldCase("ACME Ltd"), "acme ltd");
  EXPECT_EQ(FoldCase("MÜLLER"), FoldCase("mu\xcc\x88ller"));
  EXPECT_EQ(FoldCase("Straße"), "strasse");
  EXPECT_EQ(FoldCase("ΣΊΣΥΦΟΣ"), FoldCase("σίσυφος"));
  EXPECT_EQ(FoldCase("王小明"), "王小明");
  EXPECT_LE(FoldCase("\xce\x90").size(), 6u);  // a letter that folds into three
  EXPECT_EQ(FoldCase(""), "");
}

TEST(Text, ANameShowsSomething) {
  EXPECT_TRUE(CheckName("x", 200).ok());
  for (const char* text : {"", " ", "\xc2\xa0\xe3\x80\x80", "\xe2\x80\x8b"}) {
    EXPECT_FALSE(CheckName(text, 200).ok()) << text;
  }
}

TEST(Text, AnIdIsOfAnyScriptAndShows) {
  for (const std::string& id :
       {"c-1"s, "~"s, "!"s, "a/b"s, "../../etc/passwd"s, "a b"s, "a  b"s,
        "M\xc3\xbcller & S\xc3\xb6hne"s,
        "\xe7\x8e\x8b\xe3\x80\x80\xe5\xb0\x8f\xe6\x98\x8e"s,  // an ideographic space inside
        "\xf0\x9f\x99\x82"s, "\xe0\xa4\xa8\xe0\xa5\x87\xe0\xa4\xb9\xe0\xa4\xbe"s,
        std::string(64, 'x'), Times(64, "\xf0\x9f\x99\x82"), Times(64, "\xc3\xbc")}) {
    EXPECT_TRUE(CheckId(id, 64).ok()) << id << ": " << CheckId(id, 64);
  }
}

TEST(Text, AnIdHasOneSpelling) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "is required"},
      {" ", "begins or ends with white space"},
      {" a", "begins or ends with white space"},
      {"a ", "begins or ends with white space"},
      {"\xc3\xbc\xc2\xa0", "begins or ends with white space"},  // no-break
      {"\xe3\x80\x80\xc3\xbc", "begins or ends with white space"},
      {"a\n", "has the character U+000A, which does not show"},
      {"a\tb", "has the character U+0009, which does not show"},
      {"\0"s, "has the character U+0000, which does not show"},
      {"\x7f", "has the character U+007F, which does not show"},
      {"\xc3\xbc\xc2\x85", "has the character U+0085, which does not show"},
      {"a\xe2\x80\x8b"
       "b",
       "has the character U+200B, which does not show"},  // zero-width space
      {"a\xe2\x80\x8d"
       "b",
       "has the character U+200D, which does not show"},  // joiner
      {"\xe2\x80\xae"
       "ab",
       "has the character U+202E, which does not show"},                   // bidi override
      {"a\xe2\x80\x8f", "has the character U+200F, which does not show"},  // right-to-left mark
      {"a\xc2\xad", "has the character U+00AD, which does not show"},      // soft hyphen
      {"a\xef\xb8\x8f", "has the character U+FE0F, which does not show"},  // variation selector
      {"\xe3\x85\xa4", "has the character U+3164, which does not show"},   // Hangul filler
      {"\xcd\xb8", "has the character U+0378, which does not show"},       // not assigned
      {"\xef\xbf\xbf", "has the character U+FFFF, which does not show"},
      {"Mu\xcc\x88ller", "normal form C"},
      {"\xe2\x84\xab", "normal form C"},  // the Angstrom sign is another spelling of a letter
      {"\xff", "is not valid UTF-8"},
      {"a\xc3", "is not valid UTF-8"},
      {"\xed\xa0\x80", "is not valid UTF-8"},
      {std::string(65, 'x'), "is longer than 64 characters"},
      {std::string(1'000'000, 'x'), "is longer than 64 characters"},
      {Times(65, "\xc3\xbc"), "is longer than 64 characters"}};
  for (const auto& [id, why] : rows) {
    EXPECT_THAT(std::string(CheckId(id, 64).message()), testing::HasSubstr(why))
        << id.substr(0, 100);
  }
}

TEST(Text, KnowsScriptsThatWriteTheFamilyNameFirst) {
  for (const char* text : {"王", "小明", "김", "さくら", "カナ"}) EXPECT_TRUE(IsCjk(text)) << text;
  for (const char* text : {"", "Wang", "Élise", "محمد"}) EXPECT_FALSE(IsCjk(text)) << text;
}

}  // namespace
}  // namespace daybook
