#include "common/store/fault_point.h"

#include <atomic>
#include <utility>

namespace daybook::store {
namespace {

std::function<void(std::string_view)>& Hook() {
  static auto* const hook = new std::function<void(std::string_view)>;
  return *hook;
}
std::atomic<bool> armed = false;

}  // namespace

void FaultPoint(std::string_view name) {
  if (armed.load(std::memory_order_acquire)) Hook()(name);
}

void SetFaultHook(std::function<void(std::string_view name)> hook) {
  armed = false;
  Hook() = std::move(hook);
  armed.store(Hook() != nullptr, std::memory_order_release);
}

}  // namespace daybook::store
