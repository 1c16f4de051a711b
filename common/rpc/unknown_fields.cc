#include "common/rpc/unknown_fields.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/wire.h"
#include "google/protobuf/unknown_field_set.h"

namespace daybook::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Named by reflection, which is slow.
std::string Name(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) return absl::StrCat("#", unknown.field(0).number());
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      const std::string path = Name(reflection.GetMessage(message, field));
      if (!path.empty()) return absl::StrCat(field->name(), ".", path);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      const std::string path = Name(reflection.GetRepeatedMessage(message, field, i));
      if (!path.empty()) return absl::StrCat(field->name(), "[", i, "].", path);
    }
  }
  return {};
}

// Whether every field is one of the type's. The bytes did parse, so that their depth is bounded.
bool Knows(const WireSchema::Message& type, std::string_view bytes) {
  wire::Field field;
  while (!bytes.empty()) {
    if (!wire::TakeField(bytes, field)) return false;
    const WireSchema::Field* known = type.Find(field.number);
    if (known == nullptr || !known->Has(field.type)) return false;
    if (known->message != nullptr && !Knows(*known->message, field.bytes)) return false;
  }
  return true;
}

}  // namespace

std::string UnknownFields::FirstIn(std::string_view bytes, const Message& message) const {
  return Knows(schema_.root(), bytes) ? std::string() : Name(message);
}

}  // namespace daybook::rpc
