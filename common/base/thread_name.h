// What a thread is called in top, perf and a debugger.
#pragma once

#include <string>

namespace daybook {

// Of the calling thread; cut to 15 bytes.
void SetThreadName(const std::string& name);

}  // namespace daybook
