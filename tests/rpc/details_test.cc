#include "common/rpc/details.h"

#include <string>

#include "absl/strings/cord.h"
#include "common/base/status.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace daybook::rpc {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kBadRequest[] = "type.googleapis.com/google.rpc.BadRequest";

absl::Status Violations(int count, size_t bytes) {
  FieldViolations bad;
  for (int i = 0; i < count; ++i) bad.Add("field", std::string(bytes, 'x'));
  return bad.ToStatus();
}

TEST(ErrorDetails, RoundTrip) {
  const absl::Status status = Refuse(reason::kOverloaded, "too much", {{"limit", "3"}});
  EXPECT_EQ(DecodeDetails(status.code(), "too much", EncodeDetails(status)), status);
}

TEST(ErrorDetails, CarryCodeAndMessageToo) {
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(EncodeDetails(Refuse(reason::kCustomerNotFound, "nobody"))));
  EXPECT_EQ(details.code(), 5);
  EXPECT_EQ(details.message(), "nobody");
}

TEST(ErrorDetails, AreEmptyWithoutPayloads) {
  EXPECT_THAT(EncodeDetails(absl::NotFoundError("nobody")), IsEmpty());
}

TEST(ErrorDetails, CutViolationsAndSayHowMany) {
  const absl::Status status = Violations(100, 200);
  const std::string details = EncodeDetails(status);
  EXPECT_LE(details.size(), 4608u);
  const absl::Status seen = DecodeDetails(status.code(), "", details);
  EXPECT_EQ(ReasonOf(seen), "INVALID_FIELDS");
  google::rpc::BadRequest bad;
  ASSERT_TRUE(bad.ParseFromString(std::string(*seen.GetPayload(kBadRequest))));
  ASSERT_GT(bad.field_violations_size(), 5);
  const int whole = bad.field_violations_size() - 1;
  EXPECT_EQ(bad.field_violations(whole).description(),
            "and " + std::to_string(100 - whole) + " more");
}

// What is cut here and what nobody kept before, together.
TEST(ErrorDetails, SayHowManyOfThousands) {
  for (const int count : {100, 101, 5'000}) {
    for (const size_t bytes : {1, 20, 200}) {
      const absl::Status status = Violations(count, bytes);
      const absl::Status seen = DecodeDetails(status.code(), "", EncodeDetails(status));
      google::rpc::BadRequest bad;
      ASSERT_TRUE(bad.ParseFromString(std::string(*seen.GetPayload(kBadRequest))));
      const int whole = bad.field_violations_size() - 1;
      if (whole == 99 && count == 100) continue;  // all of them are there
      EXPECT_EQ(bad.field_violations(whole).description(),
                "and " + std::to_string(count - whole) + " more")
          << count << " of " << bytes;
      EXPECT_EQ(bad.field_violations(whole).field(), "");
    }
  }
}

TEST(ErrorDetails, KeepTheReasonWhenNothingElseFits) {
  absl::Status status = Refuse(reason::kCustomerNotFound, "nobody");
  status.SetPayload("type.googleapis.com/long", absl::Cord(std::string(10'000, 'x')));
  const absl::Status seen = DecodeDetails(status.code(), "", EncodeDetails(status));
  EXPECT_EQ(ReasonOf(seen), "CUSTOMER_NOT_FOUND");
  const absl::Status huge =
      Refuse(reason::kCustomerNotFound, "nobody", {{"key", std::string(10'000, 'x')}});
  EXPECT_LE(EncodeDetails(huge).size(), 4608u);
}

TEST(ErrorDetails, IgnoreWhatDoesNotParse) {
  const absl::Status seen = DecodeDetails(absl::StatusCode::kAborted, "no", "\xff\xff");
  EXPECT_EQ(seen, absl::AbortedError("no"));
}

TEST(HeaderMessages, KeepGoodUtf8AndReplaceTheRest) {
  EXPECT_EQ(HeaderMessage("Zürich 😀"), "Zürich 😀");
  EXPECT_EQ(HeaderMessage("a\xff"
                          "b\xc3"),
            "a?b?");
  EXPECT_EQ(HeaderMessage("\xed\xa0\x80"), "???");  // a surrogate
  EXPECT_EQ(HeaderMessage("\xc0\xaf"), "??");       // longer than need be
}

TEST(HeaderMessages, AreCutByTheirEncodedSize) {
  EXPECT_EQ(HeaderMessage(std::string(1500, 'a')).size(), 1500u);
  EXPECT_THAT(HeaderMessage(std::string(2000, 'a')), EndsWith("a..."));
  std::string umlauts;
  for (int i = 0; i < 1000; ++i) umlauts += "ü";
  EXPECT_EQ(HeaderMessage(umlauts).size(), 256 * 2 + 3u);  // 6 bytes each
}

}  // namespace
}  // namespace daybook::rpc
