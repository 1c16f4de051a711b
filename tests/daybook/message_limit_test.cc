#include "services/daybook/server/message_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace daybook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MessageLimitTest : public testing::Test {
 protected:
  int Admitted(const std::string& message, int times) {
    int admitted = 0;
    for (int i = 0; i < times; ++i) {
      admitted += limit_.Admit(absl::StrCat(message, " from 10.0.0.", i, ":", 1000 + i), now_);
    }
    return admitted;
  }
  std::vector<std::string> LeftOut() {
    std::vector<std::string> said;
    limit_.TakeLeftOut(now_, [&](int64_t count, std::string_view example) {
      said.push_back(absl::StrCat(count, " ", std::string(example)));
    });
    return said;
  }

  absl::Duration now_ = absl::Hours(7);
  MessageLimit limit_;
};

TEST_F(MessageLimitTest, AFloodIsSaidAsACount) {
  EXPECT_EQ(Admitted("handshake failed", 1'000), MessageLimit::kBurst);
  EXPECT_THAT(LeftOut(), ElementsAre("990 handshake failed from 10.0.0.10:1010"));
  EXPECT_THAT(LeftOut(), IsEmpty());
  now_ += MessageLimit::kReport;
  EXPECT_THAT(LeftOut(), IsEmpty()) << "it is over";
}

TEST_F(MessageLimitTest, OneKindDoesNotHideAnother) {
  Admitted("handshake failed", 1'000);
  EXPECT_EQ(Admitted("no certificate", 3), 3);
}

TEST_F(MessageLimitTest, WhatGoesOnIsSaidNowAndThen) {
  Admitted("handshake failed", 100);
  int admitted = 0;
  for (int second = 0; second < 3'600; ++second) {
    now_ += absl::Seconds(1);
    admitted += Admitted("handshake failed", 50);
  }
  EXPECT_NEAR(admitted, 360, 2);
}

TEST_F(MessageLimitTest, InventedKindsCountAsOne) {
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string word;
    for (int n = i; n > 0; n /= 26) word.push_back(static_cast<char>('a' + n % 26));
    admitted += limit_.Admit(absl::StrCat("malformed ", word), now_);
  }
  EXPECT_EQ(admitted, MessageLimit::kKinds + MessageLimit::kBurst);
  EXPECT_EQ(LeftOut().size(), 1);
}

}  // namespace
}  // namespace daybook
