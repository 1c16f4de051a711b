#include "common/base/enum_name.h"

#include <cstddef>

namespace daybook {

std::string_view ShortNameOf(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* found = type.FindValueByNumber(value);
  if (found == nullptr) return "UNKNOWN";
  // ACCOUNT_STATE_ has an underscore for each word of AccountState.
  size_t prefix = 0;
  for (const char c : type.name()) prefix += c >= 'A' && c <= 'Z' ? 2 : 1;
  return std::string_view(found->name()).substr(prefix);
}

}  // namespace daybook
