#include "common/command/unusual.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/plausible.h"
#include "common/base/status.h"

namespace daybook::command {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

DayFields::DayFields(const Descriptor& request)
    : allow_unusual_(request.FindFieldByName(std::string(kAllowUnusual))) {
  Find(request, {});
}

void DayFields::Find(const Descriptor& message, const Field& in) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    Field found = in;
    found.path.push_back(field);
    absl::StrAppend(&found.name, found.name.empty() ? "" : ".", field->name());
    if (field->message_type() == google::type::Date::descriptor()) {
      if (absl::EndsWith(field->name(), "_date")) fields_.push_back(std::move(found));
    } else {
      Find(*field->message_type(), found);
    }
  }
}

absl::Status DayFields::Check(const Message& request,
                              absl::FunctionRef<absl::CivilDay()> today) const {
  if (allow_unusual_ != nullptr && request.GetReflection()->GetBool(request, allow_unusual_)) {
    return absl::OkStatus();
  }
  FieldViolations bad;
  for (const Field& field : fields_) {
    const Message* message = &request;
    for (const FieldDescriptor* step : field.path) {
      const google::protobuf::Reflection& reflection = *message->GetReflection();
      message =
          reflection.HasField(*message, step) ? &reflection.GetMessage(*message, step) : nullptr;
      if (message == nullptr) break;
    }
    if (message == nullptr) continue;
    const auto day = DayOf(static_cast<const google::type::Date&>(*message));
    if (!day.ok()) continue;  // the domain's Check says so
    const absl::Status plausible = CheckPlausible(*day, today());
    if (!plausible.ok()) bad.Add(field.name, std::string(plausible.message()));
  }
  return bad.ToStatus();
}

std::vector<std::string> DayFields::names() const {
  std::vector<std::string> names;
  for (const Field& field : fields_) names.push_back(field.name);
  return names;
}

}  // namespace daybook::command
