// Which build this is.
#pragma once

#include <string>

namespace daybook {

// `0.1.0`; from the top CMakeLists.txt.
std::string Version();

// `GNU 12.2.0 Release`.
std::string BuildInfo();

}  // namespace daybook
