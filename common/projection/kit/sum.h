// Sums of 128 bits in rows and parts: each amount fits 64 bits, a sum over all customers need not.
#pragma once

#include <cstdint>

#include "common/base/decimal.h"
#include "daybook/internal/read/v1/part.pb.h"

namespace daybook::projection {

using Sum = daybook::internal::read::v1::Sum;

__extension__ using UInt128 = unsigned __int128;

inline Int128 ValueOf(const Sum& sum) {
  const auto high = static_cast<UInt128>(static_cast<uint64_t>(sum.high()));
  return static_cast<Int128>(high << 64 | sum.low());
}

inline void SetValue(Int128 value, Sum* sum) {
  sum->set_low(static_cast<uint64_t>(value));
  sum->set_high(static_cast<int64_t>(value >> 64));
}

// Wraps, as folds do (wrapping.h).
inline void AddTo(Int128 amount, Sum* sum) {
  SetValue(static_cast<Int128>(static_cast<UInt128>(ValueOf(*sum)) + static_cast<UInt128>(amount)),
           sum);
}

}  // namespace daybook::projection
