#include "common/base/wire.h"

#include <gtest/gtest.h>

#include <limits>

#include "google/rpc/error_details.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"

namespace daybook {
namespace {

TEST(Wire, VarintsOfEverySizeComeBack) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const uint64_t value :
         {uint64_t{1} << bits, (uint64_t{1} << bits) - 1, ~uint64_t{0} >> bits}) {
      std::string bytes;
      wire::AppendVarint(value, &bytes);
      EXPECT_EQ(bytes.size(), wire::VarintSize(value)) << value;
      bytes += "x";
      std::string_view rest = bytes;
      uint64_t back = 0;
      ASSERT_TRUE(wire::TakeVarint(rest, back)) << value;
      EXPECT_EQ(back, value);
      EXPECT_EQ(rest, "x");
    }
  }
}

TEST(Wire, AVarintThatDoesNotEndIsNone) {
  uint64_t value;
  for (const std::string& bytes :
       {std::string(), std::string(3, '\x80'), std::string(11, '\x80')}) {
    std::string_view rest = bytes;
    EXPECT_FALSE(wire::TakeVarint(rest, value)) << bytes.size();
  }
}

TEST(Wire, WhatIsAppendedIsWhatProtobufReads) {
  google::type::Money money;
  money.set_currency_code("EUR");
  std::string bytes = money.SerializeAsString();
  wire::AppendInt(google::type::Money::kUnitsFieldNumber, -5, &bytes);
  wire::AppendInt(google::type::Money::kNanosFieldNumber, 300, &bytes);
  ASSERT_TRUE(money.ParseFromString(bytes));
  EXPECT_EQ(money.currency_code(), "EUR");
  EXPECT_EQ(money.units(), -5);
  EXPECT_EQ(money.nanos(), 300);

  google::rpc::BadRequest::FieldViolation inner;
  inner.set_description(std::string(200, 'd'));
  const std::string inside = inner.SerializeAsString();
  std::string outer;
  wire::AppendBytes(google::rpc::BadRequest::kFieldViolationsFieldNumber, inside, &outer);
  EXPECT_EQ(outer.size(), wire::BytesSize(1, inside.size()));
  google::rpc::BadRequest request;
  ASSERT_TRUE(request.ParseFromString(outer));
  EXPECT_EQ(request.field_violations(0).description(), inner.description());
}

TEST(Wire, FieldsAreTakenOneByOne) {
  std::string bytes;
  wire::AppendInt(1, 300, &bytes);
  wire::AppendBytes(1'000, "inside", &bytes);
  wire::AppendVarint(wire::Tag(3, wire::kFixed64), &bytes);
  bytes += std::string(8, '8');
  wire::AppendVarint(wire::Tag(4, wire::kFixed32), &bytes);
  bytes += std::string(4, '4');
  std::string_view rest = bytes;
  wire::Field field;
  ASSERT_TRUE(wire::TakeField(rest, field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.type, wire::kVarint);
  ASSERT_TRUE(wire::TakeField(rest, field));
  EXPECT_EQ(field.number, 1'000u);
  EXPECT_EQ(field.bytes, "inside");
  ASSERT_TRUE(wire::TakeField(rest, field));
  EXPECT_EQ(field.number, 3u);
  EXPECT_EQ(field.bytes, "");
  ASSERT_TRUE(wire::TakeField(rest, field));
  EXPECT_EQ(field.number, 4u);
  EXPECT_TRUE(rest.empty());
}

TEST(Wire, AFieldThatIsCutOffIsNone) {
  std::string bytes;
  wire::AppendBytes(2, "inside", &bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string_view rest = std::string_view(bytes).substr(0, size);
    wire::Field field;
    EXPECT_FALSE(wire::TakeField(rest, field)) << size;
  }
  // A length beyond all that there is, and a group.
  for (const std::string& broken :
       {std::string("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), std::string("\x0b")}) {
    std::string_view rest = broken;
    wire::Field field;
    EXPECT_FALSE(wire::TakeField(rest, field));
  }
}

}  // namespace
}  // namespace daybook
