#include "common/base/text.h"

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

TEST(Text, CountsBytesBeforeAndAfterNormalising) {
  EXPECT_TRUE(CheckText(std::string(200, 'a'), 200).ok());
  EXPECT_FALSE(CheckText(std::string(201, 'a'), 200).ok());
  EXPECT_FALSE(CheckText(std::string(1'000'000, 'a'), 200).ok());
  // U+1D160 is three characters in NFC: 4 bytes become 12.
  EXPECT_TRUE(CheckText("\xf0\x9d\x85\xa0", 12).ok());
  EXPECT_FALSE(CheckText("\xf0\x9d\x85\xa0", 11).ok());
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

TEST(Text, AnIdIsPrintableAsciiWithoutSpaces) {
  for (const std::string& id :
       {"c-1"s, "~"s, "!"s, "a/b"s, "../../etc/passwd"s, std::string(64, 'x')}) {
    EXPECT_TRUE(CheckId(id, 64).ok()) << id;
  }
  for (const std::string& id : {""s, " "s, "a b"s, "a\n"s, "\0"s, "é"s, "\x7f"s, "\xff"s,
                                std::string(65, 'x'), std::string(1'000'000, 'x')}) {
    EXPECT_FALSE(CheckId(id, 64).ok()) << id.substr(0, 100);
  }
}

TEST(Text, KnowsScriptsThatWriteTheFamilyNameFirst) {
  for (const char* text : {"王", "小明", "김", "さくら", "カナ"}) EXPECT_TRUE(IsCjk(text)) << text;
  for (const char* text : {"", "Wang", "Élise", "محمد"}) EXPECT_FALSE(IsCjk(text)) << text;
}

}  // namespace
}  // namespace daybook
