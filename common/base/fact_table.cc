#include "common/base/fact_table.h"

#include "absl/strings/str_cat.h"

namespace daybook {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

namespace {

// The only oneof of a message, whose fields are all messages.
absl::StatusOr<const OneofDescriptor*> OnlyOneof(const Descriptor& message) {
  if (message.real_oneof_decl_count() != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat(message.full_name(), " must have one oneof, which says what happened"));
  }
  const OneofDescriptor* const oneof = message.oneof_decl(0);
  for (int i = 0; i < oneof->field_count(); ++i) {
    if (oneof->field(i)->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(oneof->field(i)->full_name(), " must be a message"));
  }
  return oneof;
}

}  // namespace

absl::StatusOr<FactTable> FactTable::Of(const Descriptor& event) {
  FactTable table;
  ASSIGN_OR_RETURN(table.parts_of_event_, OnlyOneof(event));
  for (int p = 0; p < table.parts_of_event_->field_count(); ++p) {
    const FieldDescriptor* const slot = table.parts_of_event_->field(p);
    ASSIGN_OR_RETURN(const OneofDescriptor* const facts, OnlyOneof(*slot->message_type()));
    table.parts_.push_back({slot, facts, table.size_});
    for (int f = 0; f < facts->field_count(); ++f) {
      const Descriptor* const type = facts->field(f)->message_type();
      if (!table.by_type_.emplace(type, table.size_++).second) {
        return absl::FailedPreconditionError(
            absl::StrCat(type->full_name(), " stands for two facts; ", facts->field(f)->full_name(),
                         " needs a message of its own"));
      }
    }
  }
  return table;
}

FactTable::Fact FactTable::In(const Message& event) const {
  const Reflection& outer = *event.GetReflection();
  const FieldDescriptor* const slot = outer.GetOneofFieldDescriptor(event, parts_of_event_);
  if (slot == nullptr) return {};
  const Message& part = outer.GetMessage(event, slot);
  const Part& known = parts_[static_cast<size_t>(slot->index_in_oneof())];
  const Reflection& inner = *part.GetReflection();
  const FieldDescriptor* const fact = inner.GetOneofFieldDescriptor(part, known.facts);
  if (fact == nullptr) return {};
  return {known.first + static_cast<size_t>(fact->index_in_oneof()), &inner.GetMessage(part, fact)};
}

std::optional<size_t> FactTable::IndexOf(const Descriptor& fact) const {
  const auto it = by_type_.find(&fact);
  return it == by_type_.end() ? std::nullopt : std::optional<size_t>(it->second);
}

const FieldDescriptor* FactTable::SlotOf(const Descriptor& part) const {
  for (const Part& known : parts_) {
    if (known.slot->message_type() == &part) return known.slot;
  }
  return nullptr;
}

}  // namespace daybook
