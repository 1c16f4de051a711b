#include "common/base/wire_schema.h"

#include <gtest/gtest.h>

#include <string>

#include "daybook/book/v1/record.pb.h"

namespace daybook {
namespace {

const WireSchema::Message& Commits() {
  static const WireSchema schema(book::v1::Commit::descriptor());
  return schema.root();
}

TEST(WireSchema, KnowsTheFieldsOfATypeAndOfThoseInside) {
  const auto* events = Commits().Find(book::v1::Commit::kEventsFieldNumber);
  ASSERT_NE(events, nullptr);
  EXPECT_TRUE(events->Has(wire::kBytes));
  EXPECT_FALSE(events->Has(wire::kVarint));
  EXPECT_FALSE(events->text);
  ASSERT_NE(events->message, nullptr);
  const auto* date = events->message->Find(book::v1::Event::kEffectiveDateFieldNumber);
  ASSERT_NE(date, nullptr);
  EXPECT_NE(date->message, nullptr);
  EXPECT_TRUE(Commits().Find(book::v1::Commit::kRequestIdFieldNumber)->text);
  EXPECT_FALSE(Commits().Find(book::v1::Commit::kAnswerFieldNumber)->text) << "bytes";
  const auto* unknown = Commits().Find(1'999);
  EXPECT_TRUE(unknown == nullptr || unknown->wire_types == 0);
}

// What no parser takes is found, and nothing else: every kind of text, in the message and inside.
TEST(WireSchema, FindsTextThatNoParserTakes) {
  struct Row {
    const char* what;
    std::string text;
  };
  for (const auto& [what, text] :
       {Row{"empty", ""}, Row{"ascii", "acme"}, Row{"two bytes", "M\xc3\xbcller"},
        Row{"three bytes", "\xe6\xbc\xa2"}, Row{"four bytes", "\xf0\x9f\x98\x80"},
        Row{"a byte that goes on", "\x80"}, Row{"cut off", "a\xe6\xbc"},
        Row{"overlong", "\xc0\xaf"}, Row{"a surrogate", "\xed\xa0\x80"},
        Row{"beyond Unicode", "\xf4\x90\x80\x80"}, Row{"latin-1", "M\xfcller"}}) {
    book::v1::Commit outside, inside;
    outside.set_correlation_id(text);
    inside.add_events()->mutable_billing()->mutable_payment_recorded()->set_payer_reference(text);
    for (const book::v1::Commit& commit : {outside, inside}) {
      const std::string bytes = commit.SerializeAsString();
      EXPECT_EQ(AllTextIsUtf8(Commits(), bytes), book::v1::Commit().ParseFromString(bytes)) << what;
    }
  }
}

TEST(WireSchema, BytesMayHoldAnything) {
  book::v1::Commit commit;
  commit.set_answer("\xff\xfe");
  commit.set_request_hash(std::string(16, '\x80'));
  EXPECT_TRUE(AllTextIsUtf8(Commits(), commit.SerializeAsString()));
}

TEST(WireSchema, WhatIsNoMessageHasNoText) {
  EXPECT_TRUE(AllTextIsUtf8(Commits(), ""));
  EXPECT_FALSE(AllTextIsUtf8(Commits(), "\x0a\x7f"));
}

}  // namespace
}  // namespace daybook
