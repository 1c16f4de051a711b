#include "projections/balances/packed_id.h"

#include <algorithm>

namespace daybook::balances {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr bool IsDash(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

// The 16 bytes of a lower-case UUID; false: it is none, or spelled otherwise.
bool UuidBytes(std::string_view id, char* bytes) {
  if (id.size() != 36) return false;
  for (size_t i = 0; i < id.size();) {
    if (IsDash(i)) {
      if (id[i++] != '-') return false;
      continue;
    }
    const int high = HexDigit(id[i]), low = HexDigit(id[i + 1]);
    if (high < 0 || low < 0) return false;
    *bytes++ = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

}  // namespace

size_t PackedSize(std::string_view ids) {
  uint64_t n = 0;
  for (size_t i = 0; i < ids.size() && i < 9; ++i) {
    n |= static_cast<uint64_t>(ids[i] & 0x7f) << (7 * i);
    if ((ids[i] & 0x80) != 0) continue;
    const size_t size = i + 1 + (n == 0 ? 16 : n);
    return size <= ids.size() ? size : 0;
  }
  return 0;
}

std::string_view PackId(std::string_view id) {
  thread_local std::string packed;
  packed.assign(17, '\0');
  if (UuidBytes(id, packed.data() + 1)) return packed;
  // An empty id would read as a UUID; nothing has one, but On never fails.
  if (id.empty()) id = "-";
  packed.clear();
  size_t n = id.size();
  for (; n >= 0x80; n >>= 7) packed.push_back(static_cast<char>(0x80 | (n & 0x7f)));
  packed.push_back(static_cast<char>(n));
  packed.append(id);
  return packed;
}

std::string UnpackId(std::string_view packed) {
  if (packed.empty()) return "";
  if (packed[0] != 0) {
    size_t i = 0;
    while (i < packed.size() && (packed[i] & 0x80) != 0) ++i;
    return std::string(packed.substr(std::min(i + 1, packed.size())));
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (const char c : packed.substr(1)) {
    if (IsDash(id.size())) id.push_back('-');
    id.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    id.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
  return id;
}

}  // namespace daybook::balances
