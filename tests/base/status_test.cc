#include "common/base/status.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/fields.h"
#include "google/rpc/error_details.pb.h"

namespace daybook {
namespace {

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
