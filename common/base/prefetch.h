// Asking the processor for memory that will be looked at soon: a hint that changes nothing.
//
// The state of a customer whom nobody asked for lately is not in any cache of the processor, and a
// decision that meets it piece by piece waits for each. Asked for in steps, those of many customers
// come at the same time.
#pragma once

#include <cstddef>

namespace daybook {

inline constexpr size_t kCacheLine = 64;

inline void PrefetchBytes(const void* from, size_t bytes) {
  const char* const begin = static_cast<const char*>(from);
  for (size_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(begin + i);
}

// The object itself, not what it points to.
template <class Object>
void PrefetchObject(const Object& object) {
  PrefetchBytes(&object, sizeof(object));
}

}  // namespace daybook
