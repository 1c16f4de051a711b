#include "common/command/parts.h"

#include <vector>

#include "daybook/internal/book/v1/state.pb.h"

namespace daybook::command {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const std::vector<PartField>& Fields() {
  static const auto* const fields = [] {
    auto* all = new std::vector<PartField>;
    const Descriptor& state = *internal::book::v1::State::descriptor();
    for (int i = 0; i < state.field_count(); ++i) {
      const FieldDescriptor& field = *state.field(i);
      DAYBOOK_CHECK(field.type() == FieldDescriptor::TYPE_MESSAGE && !field.is_repeated());
      DAYBOOK_CHECK(field.number() <= kMaxPartNumber);
      all->push_back(
          {field.number(), google::protobuf::MessageFactory::generated_factory()->GetPrototype(
                               field.message_type())});
    }
    DAYBOOK_CHECK(all->size() <= kMaxParts);
    return all;
  }();
  return *fields;
}

}  // namespace

size_t PartCount() { return Fields().size(); }

const PartField& PartAt(size_t index) { return Fields()[index]; }

std::optional<size_t> FindPart(const Descriptor& type) {
  for (size_t i = 0; i < PartCount(); ++i) {
    if (PartAt(i).prototype->GetDescriptor() == &type) return i;
  }
  return std::nullopt;
}

size_t detail::LookUpPart(const Descriptor& type, std::atomic<int>* index) {
  const std::optional<size_t> found = FindPart(type);
  DAYBOOK_CHECK(found.has_value());
  index->store(static_cast<int>(*found), std::memory_order_relaxed);
  return *found;
}

Parts Parts::Empty() {
  Parts parts;
  for (size_t i = 0; i < PartCount(); ++i) parts.Add(i);
  return parts;
}

google::protobuf::Message& Parts::Add(size_t index) {
  all_[index].reset(PartAt(index).prototype->New());
  held_ |= PartSet::Of(index);
  return *all_[index];
}

void Parts::Remove(size_t index) {
  all_[index] = nullptr;
  held_ = held_.Without(PartSet::Of(index));
}

Parts Parts::CopyOf(PartSet which) const {
  Parts copy;
  which.ForEach([&](size_t index) { copy.Add(index).CopyFrom(At(index)); });
  return copy;
}

}  // namespace daybook::command
