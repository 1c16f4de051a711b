#include "common/base/contact.h"

#include <gtest/gtest.h>

#include <string>

namespace daybook {
namespace {

using namespace std::string_literals;

std::string Times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Contact, RefusesWhatIsNoEmailAddress) {
  for (const std::string& text : {""s,
                                  "@"s,
                                  "a"s,
                                  "a@"s,
                                  "@b"s,
                                  "a b@c.de"s,
                                  "a@b c"s,
                                  "a@-b.de"s,
                                  "a@b-.de"s,
                                  "a@b..de"s,
                                  "a@.de"s,
                                  "a@b."s,
                                  "a@@b"s,
                                  "\"a b\"@c.de"s,
                                  "a@[127.0.0.1]"s,
                                  "a@b_c.de"s,
                                  "\xc3\xbc\xc2\xa0\xc3\xbc@b.de"s,  // a no-break space
                                  "\xc3\xbc\xe2\x80\x8b@b.de"s,      // a zero-width one
                                  "\xe2\x80\xae\xd7\x90@b.de"s,      // an override
                                  "a@xn--a.de"s,                     // no Punycode
                                  "a@b\0.de"s,
                                  "a@b.de\n"s,
                                  "a@b\xe2\x80\xae.de"s,
                                  "a@xn--\xc3\xbc.de"s,
                                  "a@\xf0\x9f\x98\x80 .de"s,
                                  std::string(65, 'a') + "@b.de",
                                  Times(33, "\xc3\xbc") + "@b.de",
                                  "a@" + std::string(64, 'b') + ".de",
                                  std::string(1'000'000, 'a') + "@b.de"}) {
    EXPECT_FALSE(ParseEmail(text).ok()) << text.substr(0, 100);
  }
  std::string long_domain = "a@b";
  while (long_domain.size() < 250) long_domain += ".bbbbb";
  EXPECT_FALSE(ParseEmail(long_domain + ".bbbbb").ok());
  // Short as it is written; in ASCII too long for a path.
  std::string long_in_ascii = Times(32, "\xc3\xbc") + "@";
  for (int i = 0; i < 12; ++i)
    long_in_ascii +=
        "b\xc3\xbc"
        "cher-b\xc3\xbc"
        "cher.";
  EXPECT_FALSE(ParseEmail(long_in_ascii + "de").ok());
}

TEST(Contact, CountsOctetsOfAnEmailAddress) {
  const auto message = [](const std::string& text) {
    return std::string(ParseEmail(text).status().message());
  };
  EXPECT_EQ(message(Times(32, "\xc3\xbc") + "@b.de"), "");
  EXPECT_EQ(message(Times(33, "\xc3\xbc") + "@b.de"), "has more than 64 octets before the @");
}

TEST(Contact, KeepsTheLocalPartAndSpellsTheDomainInAscii) {
  const std::pair<const char*, const char*> rows[] = {
      {"ada@example.com", "ada@example.com"},
      {"Ada.L+tag@EXAMPLE.Com", "Ada.L+tag@example.com"},
      {"a@localhost", "a@localhost"},
      {" ada@example.com\xc2\xa0", "ada@example.com"},
      {"M\xc3\xbcller@b\xc3\xbc"
       "cher.example",
       "M\xc3\xbcller@xn--bcher-kva.example"},
      {"Mu\xcc\x88ller@example.com", "M\xc3\xbcller@example.com"},
      {"用户@例え.jp", "用户@xn--r8jz45g.jp"},
      {"अजय@डाटा.भारत", "अजय@xn--c2bd1gb.xn--h2brj9c"},
      {"a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"},
      {"!#$%&'*+/=?^_`{|}~-.@b.de", "!#$%&'*+/=?^_`{|}~-.@b.de"},
      {"info@BÜCHER.example", "info@xn--bcher-kva.example"},
      {"info@bu\xcc\x88"
       "cher.example",
       "info@xn--bcher-kva.example"},
      {"info@例え.jp", "info@xn--r8jz45g.jp"}};
  for (const auto& [text, stored] : rows) {
    ASSERT_TRUE(ParseEmail(text).ok()) << text << ParseEmail(text).status();
    EXPECT_EQ(*ParseEmail(text), stored);
  }
}

TEST(Contact, SpellsPlausiblePhonesAsE164) {
  const std::tuple<const char*, const char*, const char*, bool> rows[] = {
      {"+49 30 901820", "", "+4930901820", true},
      {"030 901820", "DE", "+4930901820", true},
      {"(020) 7946 0958", "GB", "+442079460958", true},
      {"138 0013 8000", "CN", "+8613800138000", true},
      {"+49 30 901820 ext. 12", "", "+4930901820;ext=12", true},
      {"030 901820", "", "030 901820", false},
      {"123", "DE", "123", false},
      {"call me", "DE", "call me", false},
      {"+999 123 456", "", "+999 123 456", false},
      {"Mu\xcc\x88ller", "DE", "M\xc3\xbcller", false}};
  for (const auto& [text, region, stored, plausible] : rows) {
    const Phone phone = ParsePhone(text, region);
    EXPECT_EQ(phone.text, stored);
    EXPECT_EQ(phone.plausible, plausible) << text;
  }
}

}  // namespace
}  // namespace daybook
