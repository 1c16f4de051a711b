#include "common/rpc/unknown_fields.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"

namespace daybook::rpc {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

struct UnknownFields::Type {
  struct Child {
    const FieldDescriptor* field;
    const Type* type;
  };
  std::vector<Child> children;  // fields that hold messages

  std::string FirstIn(const Message& message) const {
    const Reflection& reflection = *message.GetReflection();
    const auto& unknown = reflection.GetUnknownFields(message);
    if (!unknown.empty()) return absl::StrCat("#", unknown.field(0).number());
    for (const Child& child : children) {
      if (!child.field->is_repeated()) {
        if (!reflection.HasField(message, child.field)) continue;
        const std::string path = child.type->FirstIn(reflection.GetMessage(message, child.field));
        if (!path.empty()) return absl::StrCat(child.field->name(), ".", path);
        continue;
      }
      const int size = reflection.FieldSize(message, child.field);
      for (int i = 0; i < size; ++i) {
        const std::string path =
            child.type->FirstIn(reflection.GetRepeatedMessage(message, child.field, i));
        if (!path.empty()) return absl::StrCat(child.field->name(), "[", i, "].", path);
      }
    }
    return {};
  }
};

UnknownFields::UnknownFields(const Descriptor* type) : root_(Plan(type)) {}
UnknownFields::~UnknownFields() = default;
UnknownFields::UnknownFields(UnknownFields&&) noexcept = default;

const UnknownFields::Type* UnknownFields::Plan(const Descriptor* type) {
  auto& plan = types_[type];
  if (plan != nullptr) return plan.get();  // also a type inside of itself
  plan = std::make_unique<Type>();
  Type* made = plan.get();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    made->children.push_back({field, Plan(field->message_type())});
  }
  return made;
}

std::string UnknownFields::FirstIn(const Message& message) const { return root_->FirstIn(message); }

}  // namespace daybook::rpc
