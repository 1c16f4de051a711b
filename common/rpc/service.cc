#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/server.h"

namespace daybook::rpc {

Service::Service(const google::protobuf::ServiceDescriptor* descriptor)
    : descriptor_(descriptor), name_(descriptor == nullptr ? "(null)" : descriptor->full_name()) {}

Service::Service(std::string_view full_name)
    : descriptor_(google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
          std::string(full_name))),
      name_(full_name) {}

Service& Service::Handle(std::string_view method, Handler handler) {
  const bool first = handlers_.emplace(std::string(method), std::move(handler)).second;
  if (!first) handlers_.emplace(absl::StrCat(std::string(method), " (twice)"), nullptr);
  return *this;
}

Service& Service::HandleStream(std::string_view method, StreamHandler handler, StreamUse use) {
  const bool first =
      stream_handlers_.emplace(std::string(method), Stream{std::move(handler), use}).second;
  if (!first) {
    stream_handlers_.emplace(absl::StrCat(std::string(method), " (twice)"), Stream{nullptr, use});
  }
  return *this;
}

Service& Service::Decline(std::string_view method) {
  declined_.emplace(method);
  return *this;
}

absl::Status Service::Check() const {
  if (descriptor_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("service ", name_, " is in no proto of this program"));
  }
  const auto fits = [&](const std::string& name, bool as_stream) {
    const auto* method = descriptor_->FindMethodByName(name);
    if (method == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("service ", name_, " has no rpc '", name, "' to be handled"));
    }
    if (method->client_streaming() && !method->server_streaming()) {
      return absl::FailedPreconditionError(
          absl::StrCat("service ", name_, ": rpc '", name,
                       "' answers a stream once, which can only be declined"));
    }
    if (method->server_streaming() != as_stream) {
      return absl::FailedPreconditionError(
          absl::StrCat("service ", name_, ": rpc '", name, "' is ",
                       as_stream ? "no stream: Handle" : "a stream: HandleStream"));
    }
    return absl::OkStatus();
  };
  for (const auto& [name, handler] : handlers_) RETURN_IF_ERROR(fits(name, false));
  for (const auto& [name, stream] : stream_handlers_) RETURN_IF_ERROR(fits(name, true));
  std::string missing;
  for (int i = 0; i < descriptor_->method_count(); ++i) {
    const auto& method = *descriptor_->method(i);
    if (declined_.contains(method.name())) continue;
    const auto it = handlers_.find(method.name());
    if (it != handlers_.end() && it->second) continue;
    const auto stream = stream_handlers_.find(method.name());
    if (stream != stream_handlers_.end() && stream->second.handler) continue;
    absl::StrAppend(&missing, missing.empty() ? "" : ", ", method.name());
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("service ", name_, " has no handler for ", missing));
}

}  // namespace daybook::rpc
