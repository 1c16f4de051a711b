// What a thread is called in top, perf and a debugger, and what goes before it.
#pragma once

#include <string>

namespace daybook {

// Of the calling thread; cut to 15 bytes.
void SetThreadName(const std::string& name);

// How the calling thread yields to others when the cores are short: commands are answered before
// read models follow, and those follow before files are tidied.
enum class Urgency { kFollow, kTidy };
void SetThreadUrgency(Urgency urgency);

}  // namespace daybook
