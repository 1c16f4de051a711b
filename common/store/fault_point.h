// Named places at which a test kills the process, or looks.
#pragma once

#include <functional>
#include <string_view>

namespace daybook::store {

// Does nothing but call the hook, if one is set.
void FaultPoint(std::string_view name);

// For tests, before any other thread runs; null = none.
void SetFaultHook(std::function<void(std::string_view name)> hook);

}  // namespace daybook::store
