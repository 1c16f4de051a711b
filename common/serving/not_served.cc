#include "common/serving/not_served.h"

#include <memory>
#include <utility>

#include "daybook/book/v1/command_service.pb.h"

namespace daybook {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The command that is wrapped; null if there is none.
const Message* Unwrapped(const book::v1::Command& command) {
  const auto* reflection = command.GetReflection();
  const FieldDescriptor* which =
      reflection->GetOneofFieldDescriptor(command, command.GetDescriptor()->oneof_decl(0));
  return which == nullptr ? nullptr : &reflection->GetMessage(command, which);
}

}  // namespace

rpc::Service NotServed(const google::protobuf::ServiceDescriptor* descriptor,
                       std::function<absl::Status(const Message* request)> why) {
  rpc::Service service(descriptor);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const auto* method = descriptor->method(i);
    if (method->server_streaming()) {
      service.HandleStream(method->name(), [why](rpc::Caller&) { return why(nullptr); });
    } else {
      service.Handle(method->name(), [why](std::unique_ptr<rpc::Call> call) {
        call->FinishError(why(&call->request()));
      });
    }
  }
  return service;
}

std::string FirstStream(const Message& request) {
  const Message* command = &request;
  if (request.GetDescriptor() == book::v1::ExecuteBatchRequest::descriptor()) {
    const auto& batch = static_cast<const book::v1::ExecuteBatchRequest&>(request);
    command = batch.commands().empty() ? nullptr : Unwrapped(batch.commands(0));
  }
  if (command == nullptr) return "";
  const FieldDescriptor* field = command->GetDescriptor()->FindFieldByNumber(1);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return "";
  }
  return command->GetReflection()->GetString(*command, field);
}

}  // namespace daybook
