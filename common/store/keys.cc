#include "common/store/store.h"

namespace daybook::store {

// Text ends with 00 01; a zero byte inside becomes 00 FF. So "a" sorts before "a\0b" and "ab".
void AppendText(std::string* key, std::string_view part) {
  for (size_t zero; (zero = part.find('\0')) != part.npos; part.remove_prefix(zero + 1)) {
    key->append(part.substr(0, zero)).append("\0\xff", 2);
  }
  key->append(part);
  key->append("\0\1", 2);
}

void AppendNumber(std::string* key, uint32_t part) {
  for (int shift = 24; shift >= 0; shift -= 8) key->push_back(static_cast<char>(part >> shift));
}

bool TakeText(std::string_view* key, std::string* part) {
  part->clear();
  for (size_t i = 0; i + 1 < key->size(); ++i) {
    const char c = (*key)[i];
    if (c != '\0') {
      part->push_back(c);
    } else if ((*key)[++i] == '\xff') {
      part->push_back('\0');
    } else {
      key->remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool TakeNumber(std::string_view* key, uint32_t* part) {
  if (key->size() < 4) return false;
  *part = 0;
  for (int i = 0; i < 4; ++i) *part = *part << 8 | static_cast<unsigned char>((*key)[i]);
  key->remove_prefix(4);
  return true;
}

}  // namespace daybook::store
