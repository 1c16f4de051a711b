#include "common/base/reasons.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/fields.h"
#include "common/base/status.h"
#include "google/rpc/error_details.pb.h"

namespace daybook {
namespace {

TEST(Reasons, AreOneTableInTheOrderOfTheEnum) {
  std::set<std::string_view> names;
  for (size_t i = 0; i < Reasons().size(); ++i) {
    const ReasonInfo& row = Reasons()[i];
    EXPECT_EQ(static_cast<size_t>(row.reason), i) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string_view::npos)
        << row.name;
    EXPECT_LE(row.name.size(), 63u);
    EXPECT_NE(row.code, absl::StatusCode::kOk);
    EXPECT_NE(row.code, absl::StatusCode::kUnknown);
    EXPECT_FALSE(row.meaning.empty() || row.advice.empty()) << row.name;
    const absl::Status refusal = Refuse(row.reason, "no", {{"key", "value"}});
    EXPECT_EQ(refusal.code(), row.code);
    EXPECT_EQ(ReasonOf(refusal), row.name);
    EXPECT_EQ(MetadataOf(refusal, "key"), "value");
  }
}

TEST(FieldViolations, KeepsSoManyAndSaysHowManyMoreThereAre) {
  FieldViolations bad;
  for (int i = 0; i < 100; ++i) Expect(CheckId("", 64), At("lines", i), bad);
  const auto request = [&] {
    google::rpc::BadRequest request;
    const auto payload = bad.ToStatus().GetPayload("type.googleapis.com/google.rpc.BadRequest");
    EXPECT_TRUE(payload.has_value() && request.ParseFromString(std::string(*payload)));
    return request;
  };
  EXPECT_EQ(request().field_violations_size(), 100);
  for (int i = 100; i < 1'000; ++i) Expect(CheckId("", 64), At("lines", i), bad);
  ASSERT_EQ(request().field_violations_size(), 101);
  EXPECT_EQ(request().field_violations(99).field(), "lines[99]");
  EXPECT_EQ(request().field_violations(100).field(), "");
  EXPECT_EQ(request().field_violations(100).description(), "and 900 more");
}

TEST(FieldViolations, NamesThePlaceInAList) {
  FieldViolations bad;
  Expect(absl::OkStatus(), "fine", bad);
  EXPECT_TRUE(bad.ToStatus().ok());
  Expect(CheckId("", 64), "customer_id", bad);
  Expect(CheckText("\n", 64), At("lines", 2, "product"), bad);
  Expect(CheckText("\n", 64), At("emails", 0), bad);
  const std::string message(bad.ToStatus().message());
  EXPECT_NE(message.find("customer_id: is required"), std::string::npos);
  EXPECT_NE(message.find("lines[2].product: "), std::string::npos);
  EXPECT_NE(message.find("emails[0]: "), std::string::npos);
}

}  // namespace
}  // namespace daybook
