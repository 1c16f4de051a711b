#include "common/rpc/reflection.h"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::FileDescriptorResponse;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;
using Names = std::vector<std::string>;

// Names of files and symbols are no longer; what is longer is nobody's.
constexpr size_t kMaxNameBytes = 1024;

const DescriptorPool& All() { return *DescriptorPool::generated_pool(); }

void AddFile(const FileDescriptor& file, std::set<const FileDescriptor*>& added,
             FileDescriptorResponse* response) {
  if (!added.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), added, response);
  }
  google::protobuf::FileDescriptorProto proto;
  file.CopyTo(&proto);
  proto.SerializeToString(response->add_file_descriptor_proto());
}

void Fail(absl::StatusCode code, const std::string& message, ServerReflectionResponse* response) {
  response->mutable_error_response()->set_error_code(static_cast<int>(code));
  response->mutable_error_response()->set_error_message(message);
}

void NotFound(const std::string& what, ServerReflectionResponse* response) {
  Fail(absl::StatusCode::kNotFound, absl::StrCat("this server has no ", what), response);
}

void TellFile(const FileDescriptor* file, const std::string& what,
              ServerReflectionResponse* response) {
  if (file == nullptr) return NotFound(what, response);
  std::set<const FileDescriptor*> added;
  AddFile(*file, added, response->mutable_file_descriptor_response());
}

void TellExtensions(const std::string& type, ServerReflectionResponse* response) {
  const Descriptor* descriptor = All().FindMessageTypeByName(type);
  if (descriptor == nullptr) return NotFound("message " + type, response);
  std::vector<const FieldDescriptor*> extensions;
  All().FindAllExtensions(descriptor, &extensions);
  auto* numbers = response->mutable_all_extension_numbers_response();
  numbers->set_base_type_name(type);
  for (const FieldDescriptor* each : extensions) numbers->add_extension_number(each->number());
}

ServerReflectionResponse Answer(const Names& services, const ServerReflectionRequest& request) {
  ServerReflectionResponse response;
  if (request.ByteSizeLong() > kMaxNameBytes) {
    NotFound("name above 1,024 bytes", &response);
    return response;
  }
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      TellFile(All().FindFileByName(request.file_by_filename()),
               "file " + request.file_by_filename(), &response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      TellFile(All().FindFileContainingSymbol(request.file_containing_symbol()),
               "symbol " + request.file_containing_symbol(), &response);
      break;
    case ServerReflectionRequest::kFileContainingExtension: {
      const auto& wanted = request.file_containing_extension();
      const Descriptor* type = All().FindMessageTypeByName(wanted.containing_type());
      const FieldDescriptor* extension =
          type == nullptr ? nullptr : All().FindExtensionByNumber(type, wanted.extension_number());
      TellFile(
          extension == nullptr ? nullptr : extension->file(),
          absl::StrCat("extension ", wanted.extension_number(), " of ", wanted.containing_type()),
          &response);
      break;
    }
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      TellExtensions(request.all_extension_numbers_of_type(), &response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const std::string& name : services) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    default:
      Fail(absl::StatusCode::kInvalidArgument, "nothing is asked", &response);
  }
  return response;
}

}  // namespace

Service ReflectionOf(const std::vector<Service>& services) {
  Service reflection("grpc.reflection.v1alpha.ServerReflection");
  Names names;
  for (const Service& service : services) {
    if (service.descriptor() != nullptr) names.push_back(service.descriptor()->full_name());
  }
  names.push_back(reflection.descriptor()->full_name());
  reflection.HandleStream(
      "ServerReflectionInfo",
      [names = std::move(names)](Caller&) -> absl::StatusOr<ItemHandler> {
        return [&names](std::unique_ptr<StreamItem> item) {
          if (!item->problem().ok()) return item->EndStream(item->problem());
          const auto& request =
              *google::protobuf::DynamicCastToGenerated<ServerReflectionRequest>(&item->message());
          item->Answer(Answer(names, request).SerializeAsString());
        };
      },
      StreamUse::kLook);
  return reflection;
}

}  // namespace daybook::rpc
