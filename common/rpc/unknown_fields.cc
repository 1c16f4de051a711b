#include "common/rpc/unknown_fields.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;

// Reads a varint; false at the end of the bytes.
bool TakeVarint(std::string_view& bytes, uint64_t& value) {
  value = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool Skip(std::string_view& bytes, uint64_t count) {
  if (count > bytes.size()) return false;
  bytes.remove_prefix(count);
  return true;
}

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

}  // namespace

// How a type's fields come over the wire.
struct UnknownFields::Type {
  struct Field {
    uint64_t number = 0;
    uint8_t wire_types = 0;         // bit set; none: not a field
    const Type* message = nullptr;  // what is inside, if anything
  };
  std::vector<Field> low;   // by number, up to kLow
  std::vector<Field> high;  // sorted
  static constexpr uint64_t kLow = 64;

  const Field* Find(uint64_t number) const {
    if (number < low.size()) return &low[number];
    const auto it = std::lower_bound(high.begin(), high.end(), number,
                                     [](const Field& f, uint64_t n) { return f.number < n; });
    return it == high.end() || it->number != number ? nullptr : &*it;
  }

  // Whether every field is one of the type's. The bytes did parse, so that their depth is bounded.
  bool Knows(std::string_view bytes) const {
    uint64_t tag, value;
    while (!bytes.empty()) {
      if (!TakeVarint(bytes, tag)) return false;
      const auto wire_type = static_cast<uint8_t>(tag & 7);
      const Field* field = Find(tag >> 3);
      if (field == nullptr || (field->wire_types & (1 << wire_type)) == 0) return false;
      switch (wire_type) {
        case WireFormatLite::WIRETYPE_VARINT:
          if (!TakeVarint(bytes, value)) return false;
          break;
        case WireFormatLite::WIRETYPE_FIXED64:
          if (!Skip(bytes, 8)) return false;
          break;
        case WireFormatLite::WIRETYPE_FIXED32:
          if (!Skip(bytes, 4)) return false;
          break;
        case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
          if (!TakeVarint(bytes, value)) return false;
          const std::string_view inside = bytes.substr(0, value);
          if (!Skip(bytes, value)) return false;
          if (field->message != nullptr && !field->message->Knows(inside)) return false;
          break;
        }
        default:
          return false;
      }
    }
    return true;
  }
};

UnknownFields::UnknownFields(const Descriptor* type) : root_(Plan(type)) {}
UnknownFields::~UnknownFields() = default;

const UnknownFields::Type* UnknownFields::Plan(const Descriptor* type) {
  auto& plan = types_[type];
  if (plan != nullptr) return plan.get();  // also a type inside of itself
  plan = std::make_unique<Type>();
  Type* made = plan.get();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    Type::Field row;
    row.number = field->number();
    row.wire_types = 1 << WireFormat::WireTypeForFieldType(field->type());
    if (field->is_packable()) row.wire_types |= 1 << WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) row.message = Plan(field->message_type());
    if (row.number < Type::kLow) {
      made->low.resize(std::max<size_t>(made->low.size(), row.number + 1));
      made->low[row.number] = row;
    } else {
      made->high.push_back(row);
    }
  }
  std::sort(made->high.begin(), made->high.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return made;
}

std::string UnknownFields::FirstIn(std::string_view bytes, const Message& message) const {
  return root_->Knows(bytes) ? std::string() : Name(message);
}

}  // namespace daybook::rpc
