#include "common/rpc/method.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::rpc {
namespace {

// As the Go libraries spell them, which most dashboards expect.
constexpr std::string_view kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string_view TypeOf(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_stream" : "client_stream";
  }
  return method.server_streaming() ? "server_stream" : "unary";
}

}  // namespace

MethodFigures::MethodFigures(Metrics* metrics, const google::protobuf::MethodDescriptor& method) {
  if (metrics == nullptr) return;
  const Labels labels = {{"grpc_type", std::string(TypeOf(method))},
                         {"grpc_service", method.service()->full_name()},
                         {"grpc_method", method.name()}};
  started_ = &metrics->AddCounter("grpc_server_started_total", "Calls that came in.", labels);
  seconds_ = &metrics->AddHistogram("grpc_server_handling_seconds",
                                    "From a call's arrival to its answer, in seconds.",
                                    LatencyBounds(), labels);
  for (size_t code = 0; code < handled_.size(); ++code) {
    Labels with_code = labels;
    with_code.emplace_back("grpc_code", std::string(kCodeNames[code]));
    handled_[code] = &metrics->AddCounter("grpc_server_handled_total", "Calls that were answered.",
                                          std::move(with_code));
  }
  if (!method.server_streaming()) return;
  received_ = &metrics->AddCounter("grpc_server_msg_received_total",
                                   "Messages of streams that came in.", labels);
  sent_ =
      &metrics->AddCounter("grpc_server_msg_sent_total", "Messages of streams that left.", labels);
}

void MethodFigures::Started() {
  if (started_ != nullptr) started_->Increment();
}

void MethodFigures::Handled(absl::StatusCode code, absl::Duration taken) {
  if (seconds_ == nullptr) return;
  const auto number = static_cast<size_t>(code);
  handled_[number < handled_.size() ? number : 2]->Increment();
  seconds_->Observe(absl::ToDoubleSeconds(taken));
}

void MethodFigures::Received() {
  if (received_ != nullptr) received_->Increment();
}

void MethodFigures::Sent() {
  if (sent_ != nullptr) sent_->Increment();
}

Method::Method(size_t number, const google::protobuf::MethodDescriptor& descriptor, Handler handler,
               StreamHandler stream_handler, StreamUse stream_use, Metrics* metrics)
    : number(number),
      descriptor(descriptor),
      path(absl::StrCat("/", descriptor.service()->full_name(), "/", descriptor.name())),
      handler(std::move(handler)),
      stream_handler(std::move(stream_handler)),
      stream_use(stream_use),
      prototype(*google::protobuf::MessageFactory::generated_factory()->GetPrototype(
          descriptor.input_type())),
      unknown_fields(descriptor.input_type()),
      figures(metrics, descriptor) {}

}  // namespace daybook::rpc
