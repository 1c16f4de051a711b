// Looking through numbers for one of them.
#pragma once

#include <cstdint>

namespace daybook {

// The first place of `wanted` from `at` on, or `size`; in steps that the compiler makes vectors of.
inline int FindWord(const uint32_t* all, int size, int at, uint32_t wanted) {
  constexpr int kStep = 16;
  for (; at + kStep <= size; at += kStep) {
    uint32_t differs[kStep];
    for (int i = 0; i < kStep; ++i) differs[i] = all[at + i] ^ wanted;
    bool found = false;
    for (int i = 0; i < kStep; ++i) found |= differs[i] == 0;
    if (found) break;
  }
  while (at < size && all[at] != wanted) ++at;
  return at;
}

}  // namespace daybook
