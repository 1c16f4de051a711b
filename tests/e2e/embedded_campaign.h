// What the tests of faults on an embedded log share: a server with its directory, load on it, and
// the judgement at the end.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/daybook_process.h"
#include "tests/support/history_checker.h"
#include "tests/support/load.h"
#include "tests/support/scratch.h"

namespace daybook {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

class EmbeddedCampaign : public testing::Test {
 protected:
  EmbeddedCampaign() : server_({.data_dir = data_dir()}) {}

  std::string data_dir() const { return scratch_.path() + "/data"; }

  // Starts the server and the load on it.
  void StartLoad(LoadOptions options);
  // Starts the server again after a kill and connects the load to it.
  void StartAgain();
  // SIGKILL.
  void KillServer();

  // Runs some load on the server and stops it in order.
  void MakeHistory(int64_t commands, const std::string& name = "load");

  // Ends the load and the server, reads the log with other code and compares: the commands, then
  // the balances of a server started once more, then what was accepted, asked again; `daybook
  // verify` last. The server is stopped at the end.
  void Judge();

  ScratchDirectory scratch_;
  DaybookProcess server_;
  std::unique_ptr<Load> load_;
};

// Sends accepted commands again, about `count` of them; returns those that were not answered as
// they were the first time.
std::vector<std::string> AskAgain(const std::vector<IssuedCommand>& commands, int count,
                                  rpc::Client& client);

#define ASSERT_IS_OK(expression)             \
  do {                                       \
    const absl::Status is_ok = (expression); \
    ASSERT_TRUE(is_ok.ok()) << is_ok;        \
  } while (false)

#define EXPECT_IS_OK(expression)             \
  do {                                       \
    const absl::Status is_ok = (expression); \
    EXPECT_TRUE(is_ok.ok()) << is_ok;        \
  } while (false)

}  // namespace daybook
