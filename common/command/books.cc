#include "common/command/books.h"

namespace daybook::command {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

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
  RETURN_IF_ERROR(Expect(request, "customer_id", kCustomerIdField, FieldDescriptor::TYPE_STRING));
  RETURN_IF_ERROR(Expect(request, "request_id", kRequestIdField, FieldDescriptor::TYPE_STRING));
  RETURN_IF_ERROR(
      Expect(request, "expected_revision", kExpectedRevisionField, FieldDescriptor::TYPE_INT64));
  RETURN_IF_ERROR(Expect(request, "validate_only", kValidateOnlyField, FieldDescriptor::TYPE_BOOL));
  RETURN_IF_ERROR(Expect(response, "revision", kRevisionField, FieldDescriptor::TYPE_INT64));
  RETURN_IF_ERROR(
      Expect(response, "consistency_token", kConsistencyTokenField, FieldDescriptor::TYPE_STRING));
  return Expect(response, "already_recorded", kAlreadyRecordedField, FieldDescriptor::TYPE_BOOL);
}

}  // namespace daybook::command
