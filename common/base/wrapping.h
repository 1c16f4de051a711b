// Sums for folds. The write side refuses amounts and sums that leave 64 bits; of a log that breaks
// that, a fold must neither stop nor be undefined, so these wrap. Everyone else: Add of money.h.
#pragma once

#include <cstdint>

namespace daybook {

inline int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
inline int64_t Minus(int64_t a) { return Minus(0, a); }

}  // namespace daybook
