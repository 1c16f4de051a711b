#include "common/base/codes.h"

#include <gtest/gtest.h>

#include <string>

namespace daybook {
namespace {

using namespace std::string_literals;

TEST(Codes, RefusesRegionsThatAreNot) {
  for (const std::string& code :
       {""s, "D"s, "de"s, "XX"s, "ZZ"s, "DEU"s, "D1"s, "DE-"s, "DE-ABCD"s, "DE-by"s, "DE-B Y"s,
        "-BY"s, "DE-BY-1"s, "DE_BY"s, "DE\0"s, "EU"s, "XX-01"s, "DE-B-"s, "DE-\xc3\x84"s}) {
    EXPECT_FALSE(CheckRegion(code).ok()) << code;
  }
  for (const char* code :
       {"DE", "CN", "DE-BY", "CN-GD", "GB-ENG", "FR-2A", "AT-9", "TW", "PS", "CZ-10F", "MK-85",
        "LV-111", "PR", "US-PR",
        // What ISO has taken out stands in addresses of people who did not notice.
        "CN-11", "NO-01", "FR-A"}) {
    EXPECT_TRUE(CheckRegion(code).ok()) << code;
    EXPECT_TRUE(IsKnownRegion(code)) << code;
  }
  // Of the form, and in no table yet, such as the counties of Norway of 2024; or in none at all.
  for (const char* code : {"NO-31", "NO-32", "NO-33", "NO-39", "NO-40", "NO-55", "NO-56", "DE-XX",
                           "DE-ZZZ", "DE-B", "US-EU", "GB-EN", "CN-BY"}) {
    EXPECT_TRUE(CheckRegion(code).ok()) << code;
  }
  for (const char* code : {"DE-XX", "DE-ZZZ", "DE-B", "US-EU", "GB-EN", "CN-BY"}) {
    EXPECT_FALSE(IsKnownRegion(code)) << code;
  }
  EXPECT_EQ(CountryOf("CN-GD"), "CN");
  EXPECT_EQ(CountryOf("CN"), "CN");
}

TEST(Codes, RefusesLanguagesThatAreNot) {
  for (const std::string& tag :
       {""s, "x"s, "xx"s, "english"s, "de_DE"s, "de-"s, "de-XX"s, "zh-Abcd"s, "123"s, "x-private"s,
        "und"s, "d\0e"s, "dé"s, "de DE"s, "de-DE-"s, std::string(1'000, 'a')}) {
    EXPECT_FALSE(ParseLanguage(tag).ok()) << tag;
  }
}

TEST(Codes, SpellsLanguagesCanonically) {
  const std::pair<const char*, const char*> rows[] = {
      {"de", "de"},           {"DE", "de"},
      {"zh-hans", "zh-Hans"}, {"zh-Hans-CN", "zh-Hans-CN"},
      {"pt-br", "pt-BR"},     {"es-419", "es-419"},
      {"yue", "yue"},         {"sr-Latn-RS", "sr-Latn-RS"}};
  for (const auto& [tag, canonical] : rows) {
    ASSERT_TRUE(ParseLanguage(tag).ok()) << tag << ParseLanguage(tag).status();
    EXPECT_EQ(ParseLanguage(tag)->tag, canonical);
    EXPECT_FALSE(ParseLanguage(tag)->replaced) << tag;
  }
}

TEST(Codes, ReplacesLanguagesOfYesterday) {
  const std::pair<const char*, const char*> rows[] = {
      {"iw", "he"},       {"IW-il", "he-IL"}, {"in", "id"},        {"ji", "yi"},
      {"jw", "jv"},       {"mo", "ro"},       {"sh", "sr-Latn"},   {"zh-cmn", "zh"},
      {"de-DD", "de-DE"}, {"sr-YU", "sr-RS"}, {"i-klingon", "tlh"}};
  for (const auto& [tag, today] : rows) {
    ASSERT_TRUE(ParseLanguage(tag).ok()) << tag << ParseLanguage(tag).status();
    EXPECT_EQ(ParseLanguage(tag)->tag, today);
    EXPECT_TRUE(ParseLanguage(tag)->replaced) << tag;
  }
}

TEST(Codes, RefusesZonesThatAreNot) {
  for (const std::string& name : {"Mars/Olympus"s,
                                  "localtime"s,
                                  "/etc/localtime"s,
                                  "/usr/share/zoneinfo/Europe/Berlin"s,
                                  "file:UTC"s,
                                  "../zoneinfo/Europe/Berlin"s,
                                  "Fixed/UTC+01:00:00"s,
                                  "europe/berlin"s,
                                  "Europe/Berlin "s,
                                  "Europe/Berlin\0"s,
                                  "Europe//Berlin"s,
                                  "Europe/Berlin/"s,
                                  "Europe"s,
                                  "right/Europe/Berlin"s,
                                  "posix/Europe/Berlin"s,
                                  "Factory"s,
                                  "leapseconds"s,
                                  "Etc/Unknown"s,
                                  "posixrules"s,
                                  "tzdata.zi"s,
                                  "+01:00"s,
                                  std::string(1'000, 'A')}) {
    EXPECT_FALSE(FindTimeZone(name).ok()) << name;
  }
}

TEST(Codes, FindsZones) {
  for (const char* name : {"", "UTC", "Europe/Berlin", "Asia/Shanghai",
                           "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "Etc/GMT+5",
                           // Younger than the ICU of Debian 12.
                           "America/Ciudad_Juarez"}) {
    ASSERT_TRUE(FindTimeZone(name).ok()) << name;
  }
  EXPECT_EQ(FindTimeZone("Asia/Shanghai")->name(), "Asia/Shanghai");
  EXPECT_EQ(FindTimeZone("Europe/Berlin")->name(), "Europe/Berlin");
  EXPECT_EQ(FindTimeZone("Europe/Berlin")->name(), "Europe/Berlin");
  EXPECT_EQ(FindTimeZone("")->name(), "UTC");
}

}  // namespace
}  // namespace daybook
