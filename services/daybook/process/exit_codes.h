// Exit codes, the same for every subcommand; a manual names those that can happen.
#pragma once

namespace daybook {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;   // it did not work, or what was checked is not so
inline constexpr int kExitUsage = 2;    // flags, environment or configuration file
inline constexpr int kExitLeftOut = 3;  // done, but bad rows were left out
inline constexpr int kExitUnavailable =
    4;  // the server or log did not answer in time: run it again
inline constexpr int kExitInterrupted = 130;

}  // namespace daybook
