// Work that is killed at a named point: in a process of its own, without any clean-up.
//
//   int main(int argc, char** argv) {
//     if (IsChild(argc, argv)) return RunChild(argc, argv, {{"write", &Write}});
//     testing::InitGoogleTest(&argc, argv);
//     return RUN_ALL_TESTS();
//   }
//   ... RunKilledAt("store.after_flush", 3, "write", {directory}) ...
//
// A fresh process and not a fork: RocksDB's threads do not survive one.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/store/fault_point.h"

namespace daybook {

enum class Ending { kKilled, kFinished, kFailed };

using ChildTask = std::function<bool(const std::vector<std::string>& arguments)>;

inline constexpr int kKilledCode = 42;
inline constexpr const char* kChildMark = "--killed-child";

// Runs `task` in a child that dies when it passes `point` for the `nth` time. kFinished: it never
// did, and the task returned true.
inline Ending RunKilledAt(const std::string& point, int nth, const std::string& task,
                          const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"/proc/self/exe", kChildMark, point, std::to_string(nth), task};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  DAYBOOK_CHECK(child >= 0);
  if (child == 0) {
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  DAYBOOK_CHECK(::waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status)) return Ending::kFailed;
  if (WEXITSTATUS(status) == kKilledCode) return Ending::kKilled;
  return WEXITSTATUS(status) == 0 ? Ending::kFinished : Ending::kFailed;
}

inline bool IsChild(int argc, char** argv) {
  return argc > 4 && std::string_view(argv[1]) == kChildMark;
}

inline int RunChild(int argc, char** argv, const std::map<std::string, ChildTask>& tasks) {
  const std::string point = argv[2];
  int left = std::atoi(argv[3]);
  store::SetFaultHook([&](std::string_view name) {
    if (name == point && --left == 0) ::_exit(kKilledCode);
  });
  ::_exit(tasks.at(argv[4])({argv + 5, argv + argc}) ? 0 : 1);
}

}  // namespace daybook
