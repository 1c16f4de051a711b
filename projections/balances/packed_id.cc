#include "projections/balances/packed_id.h"

#include "common/base/wire.h"

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
  constexpr size_t kUuidBytes = 16;
  std::string_view rest = ids;
  uint64_t n;
  if (!wire::TakeVarint(rest, n)) return 0;
  if (n == 0) n = kUuidBytes;
  return n <= rest.size() ? ids.size() - rest.size() + n : 0;
}

std::string_view PackId(std::string_view id) {
  thread_local std::string packed;
  packed.assign(17, '\0');
  if (UuidBytes(id, packed.data() + 1)) return packed;
  // An empty id would read as a UUID; nothing has one, but On never fails.
  if (id.empty()) id = "-";
  packed.clear();
  wire::AppendVarint(id.size(), &packed);
  packed.append(id);
  return packed;
}

std::string UnpackId(std::string_view packed) {
  if (packed.empty()) return "";
  if (packed[0] != 0) {
    uint64_t size;
    return wire::TakeVarint(packed, size) ? std::string(packed) : "";
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
