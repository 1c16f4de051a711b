// Every reason of the catalogue over the wire: what a client can rest on.

#include "common/command/reasons.h"

#include <set>

#include "google/rpc/error_details.pb.h"
#include "services/daybook/wiring/catalogue.h"
#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

template <class Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  const auto payload =
      status.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

class RpcReasons : public Serving {
 protected:
  // What a caller gets when a handler says `status`.
  absl::Status Over(absl::Status status) {
    refusal_ = std::move(status);
    if (server_ == nullptr) {
      Serve([this](std::unique_ptr<Call> call) { call->FinishError(refusal_); });
    }
    return Ask("c-1");
  }

  absl::Status refusal_;
};

TEST_F(RpcReasons, EachComesWithItsCodeItsNameAndWhatElseItNeeds) {
  for (const Reason* reason : Catalogue()) {
    const Reason& row = *reason;
    const absl::Status status = Over(Refuse(row, "because", {{"key", "value"}}));
    EXPECT_EQ(status.code(), row.code) << row.name;
    EXPECT_EQ(status.message(), "because") << row.name;
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    ASSERT_TRUE(info.has_value()) << row.name;
    EXPECT_EQ(info->reason(), row.name);
    EXPECT_EQ(info->domain(), "daybook");
    EXPECT_EQ(info->metadata().at("key"), "value");
    const bool again = row.code == absl::StatusCode::kUnavailable ||
                       row.code == absl::StatusCode::kResourceExhausted;
    const auto retry = DetailOf<google::rpc::RetryInfo>(status);
    EXPECT_EQ(retry.has_value(), again) << row.name;
    if (again) {
      EXPECT_GT(retry->retry_delay().seconds() + retry->retry_delay().nanos(), 0) << row.name;
    }
  }
}

TEST_F(RpcReasons, NoneIsACodeThatBlamesNobody) {
  const std::set<absl::StatusCode> never = {absl::StatusCode::kOk, absl::StatusCode::kUnknown,
                                            absl::StatusCode::kInternal,
                                            absl::StatusCode::kCancelled};
  for (const Reason* row : Catalogue()) {
    if (row == &reason::kAnswerTooLarge) continue;  // a book's mistake is the server's own
    EXPECT_EQ(never.count(row->code), 0u) << row->name;
  }
}

TEST_F(RpcReasons, BadFieldsComeAllAtOnce) {
  FieldViolations bad;
  for (int i = 0; i < 30; ++i) bad.Add("lines[" + std::to_string(i) + "].quantity", "is required");
  const auto request = DetailOf<google::rpc::BadRequest>(Over(bad.ToStatus()));
  ASSERT_TRUE(request.has_value());
  ASSERT_EQ(request->field_violations_size(), 30);
  EXPECT_EQ(request->field_violations(29).field(), "lines[29].quantity");
  EXPECT_EQ(request->field_violations(29).description(), "is required");
}

// What the server itself says, without a handler.
TEST_F(RpcReasons, TheServersOwnRefusalsHaveThemToo) {
  EXPECT_EQ(ReasonOf(Over(Refuse(reason::kUnsupported, "no"))), "UNSUPPORTED");
  EXPECT_EQ(ReasonOf(AskRaw("\xff")), "MALFORMED_REQUEST");
  EXPECT_EQ(ReasonOf(AskRaw("\xb8\xa2\x09\x01")), "UNKNOWN_FIELDS");
}

}  // namespace
}  // namespace daybook::rpc
