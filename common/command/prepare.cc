#include "common/command/prepare.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/wire_format_lite.h"

namespace daybook::command {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The fields that every request has; looked up once a call, which is cheap beside the rest.
const FieldDescriptor& Field(const Message& request, int number) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByNumber(number);
  DAYBOOK_CHECK(field != nullptr);
  return *field;
}

std::string TextOf(const Message& request, int number) {
  return request.GetReflection()->GetString(request, &Field(request, number));
}

// First 16 bytes of SHA-256 over the method's name and the request without its id and
// validate_only, serialised deterministically.
log::Hash RequestHash(const Method& method, const Message& request) {
  // The two fields are cut out of the bytes rather than out of a copy of the message: a message is
  // serialised in the order of its field numbers, and one that was parsed has each of them once.
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    request.SerializeToCodedStream(&out);
  }
  std::string bare = method.name;
  bare.push_back('\n');
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  for (int start = 0; start < static_cast<int>(bytes.size()); start = in.CurrentPosition()) {
    const uint32_t tag = in.ReadTag();
    DAYBOOK_CHECK(google::protobuf::internal::WireFormatLite::SkipField(&in, tag));
    const int number = google::protobuf::internal::WireFormatLite::GetTagFieldNumber(tag);
    if (number == kRequestIdField || number == kValidateOnlyField) continue;
    bare.append(bytes, static_cast<size_t>(start),
                static_cast<size_t>(in.CurrentPosition() - start));
  }
  return log::LinkHash({}, bare);
}

}  // namespace

absl::Status Prepare(const Method& method, const Message& request, Command* command) {
  DAYBOOK_CHECK(request.GetDescriptor() == method.descriptor->input_type());
  if (request.ByteSizeLong() > kMaxCommandBytes) {
    return Refuse(Reason::kRequestTooLarge,
                  absl::StrCat("the command has ", request.ByteSizeLong(), " bytes; ",
                               kMaxCommandBytes, " are allowed"));
  }
  command->method = &method;
  command->request_id = TextOf(request, kRequestIdField);
  command->customer_id = TextOf(request, kCustomerIdField);
  RETURN_IF_ERROR(method.check(request));
  // A domain checks these as well, with its other fields; what the engine rests on it sees to itself.
  FieldViolations bad;
  if (command->request_id.empty() || command->request_id.size() > kMaxRequestIdBytes) {
    bad.Add("request_id", absl::StrCat("must have 1 to ", kMaxRequestIdBytes, " bytes"));
  }
  if (command->customer_id.size() > kMaxCustomerIdBytes) {
    bad.Add("customer_id", absl::StrCat("must have at most ", kMaxCustomerIdBytes, " bytes"));
  }
  RETURN_IF_ERROR(bad.ToStatus());
  const google::protobuf::Reflection* reflection = request.GetReflection();
  const FieldDescriptor& expected = Field(request, kExpectedRevisionField);
  if (reflection->HasField(request, &expected)) {
    command->expected_revision = reflection->GetInt64(request, &expected);
  }
  command->validate_only = reflection->GetBool(request, &Field(request, kValidateOnlyField));
  if (command->customer_id.empty()) command->customer_id = DerivedCustomerId(command->request_id);
  command->request_hash = RequestHash(method, request);
  return absl::OkStatus();
}

}  // namespace daybook::command
