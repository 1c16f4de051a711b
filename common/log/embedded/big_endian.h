// Big-endian numbers, so that the order of the bytes is the order of the numbers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daybook::log {

template <class Unsigned>
void StoreBigEndian(Unsigned value, char* to) {
  for (size_t i = sizeof value; i-- > 0; value = static_cast<Unsigned>(value >> 8)) {
    to[i] = static_cast<char>(value & 0xff);
  }
}

template <class Unsigned>
Unsigned LoadBigEndian(const char* from) {
  Unsigned value = 0;
  for (size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(from[i]));
  }
  return value;
}

}  // namespace daybook::log
