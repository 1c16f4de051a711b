#include "services/daybook/call/json_request.h"

#include <google/protobuf/util/json_util.h>

#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "google/protobuf/descriptor.h"

namespace daybook {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

constexpr std::string_view kNoField = ": Cannot find field.";
constexpr std::string_view kMoneyUnits = ".units): invalid value ";
constexpr std::string_view kForType = " for type type.googleapis.com/";

struct Example {
  std::string_view type, text;
};
constexpr Example kExamples[] = {
    {"google.type.Date", R"({"year": 2026, "month": 1, "day": 31})"},
    {"google.type.Money", R"({"currency_code": "EUR", "units": 12, "nanos": 500000000} for 12.50)"},
    {"google.type.Decimal", R"({"value": "12.5"})"},
    {"google.protobuf.Timestamp", R"("2026-01-31T12:00:00Z")"},
};

// The message at `lines[0].amount`; null if there is none.
const Descriptor* MessageAt(const Descriptor* type, std::string_view path) {
  for (absl::string_view name : absl::StrSplit(ToAbsl(path), '.', absl::SkipEmpty())) {
    name = name.substr(0, name.find('['));
    const FieldDescriptor* field = type->FindFieldByName(std::string(name));
    if (field == nullptr) field = type->FindFieldByCamelcaseName(std::string(name));
    if (field == nullptr || field->message_type() == nullptr) return nullptr;
    type = field->message_type();
  }
  return type;
}

// Of `(lines[0]) desc: Cannot find field.`: the fields that there are.
std::string FieldsThere(const Descriptor& request, std::string_view problem) {
  std::string_view path;
  const size_t open = problem.find('('), close = problem.find(')');
  if (open == 0 && close != std::string_view::npos) path = problem.substr(1, close - 1);
  const Descriptor* type = MessageAt(&request, path);
  if (type == nullptr) return "";
  std::string names;
  for (int i = 0; i < type->field_count(); ++i) {
    names += Cat(i == 0 ? " There are " : ", ", type->field(i)->name());
  }
  return names;
}

std::string HowToWrite(const std::string& type) {
  for (const Example& example : kExamples) {
    if (type == example.type) return Cat("; write ", example.text);
  }
  const auto* values = DescriptorPool::generated_pool()->FindEnumTypeByName(type);
  std::string names;
  for (int i = 1; values != nullptr && i < values->value_count(); ++i) {
    names += Cat(i == 1 ? "; write one of " : ", ", values->value(i)->name());
  }
  return names;
}

std::string Explained(const Descriptor& request, std::string problem) {
  // A second line repeats the text, a third points into it; nothing to point at at the end.
  if (const size_t nothing = problem.find("\n\n"); nothing != std::string::npos) {
    problem.resize(nothing);
  }
  // A fraction of money has a field of its own.
  if (problem.find(kMoneyUnits) != std::string::npos) {
    return problem + HowToWrite("google.type.Money");
  }
  if (problem.ends_with(kNoField)) return problem + FieldsThere(request, problem);
  if (const size_t at = problem.rfind(kForType); at != std::string::npos) {
    const std::string type = problem.substr(at + kForType.size());
    return Cat(problem.substr(0, at), " for ", type, HowToWrite(type));
  }
  return problem;
}

}  // namespace

absl::Status ParseJsonRequest(const std::string& text, google::protobuf::Message* request) {
  const auto status = google::protobuf::util::JsonStringToMessage(text, request);
  if (status.ok()) return absl::OkStatus();
  const Descriptor& type = *request->GetDescriptor();
  const std::string problem(status.message().data(), status.message().size());
  return absl::InvalidArgumentError(
      Cat("the JSON is no ", type.full_name(), ": ", Explained(type, problem)));
}

}  // namespace daybook
