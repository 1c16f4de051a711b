#include "common/command/books.h"

#include <algorithm>

#include "common/log/chain.h"

namespace daybook::command {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Field 1, by its number: it is called as what it names.
absl::Status ExpectStream(const Descriptor& request) {
  const FieldDescriptor* field = request.FindFieldByNumber(kStreamField);
  if (field != nullptr && field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      request.full_name(), " must have the id of its stream, a string, as number ", kStreamField));
}

absl::Status Expect(const Descriptor& message, const char* name, int number,
                    FieldDescriptor::Type type) {
  const FieldDescriptor* field = message.FindFieldByName(name);
  if (field != nullptr && field->number() == number && field->type() == type &&
      !field->is_repeated()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(message.full_name(), " must have the field `", name, "` as number ", number));
}

}  // namespace

absl::Status CheckConventions(const google::protobuf::MethodDescriptor& method) {
  const Descriptor& request = *method.input_type();
  const Descriptor& response = *method.output_type();
  RETURN_IF_ERROR(ExpectStream(request));
  const Descriptor& first = *method.service()->method(0)->input_type();
  RETURN_IF_ERROR(ExpectStream(first));
  const std::string& name = request.FindFieldByNumber(kStreamField)->name();
  if (name != first.FindFieldByNumber(kStreamField)->name()) {
    return absl::FailedPreconditionError(
        absl::StrCat(request.full_name(), " calls its stream `", name, "` and ", first.full_name(),
                     " calls it otherwise; the requests of a service call it the same"));
  }
  RETURN_IF_ERROR(Expect(request, "request_id", kRequestIdField, FieldDescriptor::TYPE_STRING));
  RETURN_IF_ERROR(
      Expect(request, "expected_revision", kExpectedRevisionField, FieldDescriptor::TYPE_INT64));
  RETURN_IF_ERROR(Expect(request, "validate_only", kValidateOnlyField, FieldDescriptor::TYPE_BOOL));
  RETURN_IF_ERROR(Expect(response, "revision", kRevisionField, FieldDescriptor::TYPE_INT64));
  RETURN_IF_ERROR(
      Expect(response, "consistency_token", kConsistencyTokenField, FieldDescriptor::TYPE_STRING));
  return Expect(response, "already_recorded", kAlreadyRecordedField, FieldDescriptor::TYPE_BOOL);
}

uint32_t detail::StateVersionOf(const std::vector<std::pair<const Descriptor*, int>>& versions) {
  std::string text;
  for (const auto& [event, version] : versions) {
    absl::StrAppend(&text, event->full_name(), "=", version, "\n");
  }
  const log::Hash hash = log::LinkHash({}, text);
  uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<uint8_t>(hash[i]);
  return number;
}

void detail::AddRefusals(ReasonList reasons, std::vector<const Reason*>* all) {
  for (const Reason* reason : reasons) {
    if (std::find(all->begin(), all->end(), reason) == all->end()) all->push_back(reason);
  }
}

absl::Status detail::ExpectFact(const Descriptor& event_of_domain, const Descriptor& fact) {
  if (FactsOf<book::v1::Event>().IndexOf(fact).has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the domain of ", event_of_domain.full_name(),
                                                    " reacts to ", fact.full_name(),
                                                    ", which no book's event holds"));
}

absl::Status detail::ExpectSlot(const Descriptor& event_of_domain) {
  if (FactsOf<book::v1::Event>().SlotOf(event_of_domain) != nullptr) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(book::v1::Event::descriptor()->full_name(), " has no field for ",
                   event_of_domain.full_name(), "; add one to its oneof `event`"));
}

absl::Status detail::ExpectPart(const Descriptor& event_of_domain, const Descriptor& part) {
  if (FindPart(part).has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      internal::book::v1::State::descriptor()->full_name(), " has no field for ", part.full_name(),
      ", which the domain of ", event_of_domain.full_name(), " looks at; add one"));
}

std::vector<size_t> detail::FactsIn(const Descriptor& event_of_domain) {
  std::vector<size_t> facts;
  for (int i = 0; i < event_of_domain.field_count(); ++i) {
    const FieldDescriptor& fact = *event_of_domain.field(i);
    if (fact.message_type() == nullptr) continue;
    const auto index = FactsOf<book::v1::Event>().IndexOf(*fact.message_type());
    if (index.has_value()) facts.push_back(*index);
  }
  return facts;
}

}  // namespace daybook::command
