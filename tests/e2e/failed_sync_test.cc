// A disk that fails a sync: the server stops itself, and what was in doubt resolves afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/e2e/embedded_campaign.h"

namespace daybook {
namespace {

using FailedSync = EmbeddedCampaign;

TEST_F(FailedSync, StopsTheProcessAndResolvesAfterTheRestart) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime must be the first library";
  ASSERT_NO_FATAL_FAILURE(StartLoad({.seed = 3}));
  for (const int at : {2, 5, 9, 30, 77, 200}) {
    ASSERT_TRUE(load_->WaitForAccepted(load_->accepted() + 50, absl::Seconds(20)));
    KillServer();
    server_.SetEnvironment(
        {"LD_PRELOAD=" DAYBOOK_FAILING_SYNC, absl::StrCat("DAYBOOK_TEST_FAIL_SYNC_AT=", at)});
    ASSERT_IS_OK(server_.Start());
    // It may fail before it is ready: then the load meets nobody.
    if (server_.WaitUntilReady().ok()) load_->Connect(server_.address());
    const auto code = server_.WaitUntilEnded(absl::Seconds(20));
    EXPECT_EQ(code, 70) << "at sync " << at << ": " << server_.words();
    KillServer();
    server_.SetEnvironment({});
    ASSERT_NO_FATAL_FAILURE(StartAgain());
  }
  Judge();
}

}  // namespace
}  // namespace daybook
