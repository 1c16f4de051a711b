#include "common/base/wire_schema.h"

#include <algorithm>
#include <cstring>

#include "google/protobuf/stubs/common.h"
#include "google/protobuf/wire_format.h"

namespace daybook {

using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormat;

const WireSchema::Field* WireSchema::Message::Find(uint64_t number) const {
  if (number < low.size()) return &low[number];
  const auto it = std::lower_bound(high.begin(), high.end(), number,
                                   [](const Field& f, uint64_t n) { return f.number < n; });
  return it == high.end() || it->number != number ? nullptr : &*it;
}

const WireSchema::Message* WireSchema::Plan(const google::protobuf::Descriptor* type) {
  auto& plan = messages_[type];
  if (plan != nullptr) return plan.get();  // also a type inside of itself
  plan = std::make_unique<Message>();
  Message* const made = plan.get();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    Field row;
    row.number = static_cast<uint64_t>(field->number());
    row.wire_types = static_cast<uint8_t>(1 << WireFormat::WireTypeForFieldType(field->type()));
    if (field->is_packable()) row.wire_types |= 1 << wire::kBytes;
    row.text = field->type() == FieldDescriptor::TYPE_STRING;
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) row.message = Plan(field->message_type());
    if (row.number < kLow) {
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

namespace {

// The parser's own check. Most text is ASCII, and short: that is seen without a call.
bool IsUtf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t i = 0;
  uint64_t bits = 0;
  for (; i + sizeof(bits) <= text.size(); i += sizeof(bits)) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof(word));
    bits |= word;
  }
  for (; i < text.size(); ++i) bits |= static_cast<uint8_t>(text[i]);
  return (bits & kHighBits) == 0 || google::protobuf::internal::IsStructurallyValidUTF8(
                                        text.data(), static_cast<int>(text.size()));
}

}  // namespace

bool AllTextIsUtf8(const WireSchema::Message& type, std::string_view bytes) {
  wire::Field field;
  while (!bytes.empty()) {
    if (!wire::TakeField(bytes, field)) return false;
    if (field.type != wire::kBytes) continue;
    const WireSchema::Field* known = type.Find(field.number);
    if (known == nullptr) continue;
    if (known->message != nullptr && !AllTextIsUtf8(*known->message, field.bytes)) return false;
    if (known->text && !IsUtf8(field.bytes)) return false;
  }
  return true;
}

}  // namespace daybook
