// Names of proto enum values, as people read them.
#pragma once

#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace daybook {

// A value of a proto's enum without the name of its type: `SUSPENDED` of ACCOUNT_STATE_SUSPENDED.
// `UNKNOWN` if it is none.
std::string_view ShortNameOf(const google::protobuf::EnumDescriptor& type, int value);
template <class Enum>
std::string_view ShortNameOf(Enum value) {
  return ShortNameOf(*google::protobuf::GetEnumDescriptor<Enum>(), value);
}

}  // namespace daybook
