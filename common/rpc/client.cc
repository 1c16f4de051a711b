#include "common/rpc/client.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/async_unary_call.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/rpc/credentials.h"
#include "common/rpc/details.h"

namespace daybook::rpc {
namespace {

using RawReader = grpc::ClientAsyncResponseReader<grpc::ByteBuffer>;

grpc::ByteBuffer BufferOf(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

absl::Status StatusOf(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return DecodeDetails(static_cast<absl::StatusCode>(status.error_code()), status.error_message(),
                       status.error_details());
}

void Prepare(grpc::ClientContext& context, absl::Time deadline, const CallMetadata& metadata) {
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
}

thread_local bool on_client_thread = false;

}  // namespace

class Client::Impl {
 public:
  Impl(std::string_view address, ClientOptions options) : window_(std::max(1, options.window)) {
    for (int i = 0; i < std::max(1, options.connections); ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else they share one connection
      arguments.SetMaxReceiveMessageSize(64 * 1024 * 1024);
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
      if (!options.server_name.empty()) {
        arguments.SetSslTargetNameOverride(options.server_name);
      }
      channels_.push_back(grpc::CreateCustomChannel(std::string(address),
                                                    ChannelCredentialsOf(options), arguments));
    }
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      for (Pending* pending : under_way_) pending->context.TryCancel();
    }
    Drain();
    queue_.Shutdown();
    thread_.join();
  }

  absl::Status CallRaw(std::string_view path, std::string_view request, std::string* response,
                       absl::Time deadline, const CallMetadata& metadata) {
    grpc::ClientContext context;
    Prepare(context, deadline, metadata);
    grpc::ByteBuffer answer;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
            channels_[0].get(), MethodAt(path, 0), &context, BufferOf(request), &answer);
    if (status.ok()) *response = BytesOf(answer);
    return StatusOf(status);
  }

  void CallAsync(std::string_view path, std::string_view request, absl::Time deadline,
                 Callback callback, const CallMetadata& metadata) {
    auto* pending = new Pending;
    pending->callback = std::move(callback);
    Prepare(pending->context, deadline, metadata);
    size_t channel;
    {
      std::unique_lock lock(mutex_);
      if (!on_client_thread) {
        room_.wait(lock, [this] { return static_cast<int>(under_way_.size()) < window_; });
      }
      pending->place = under_way_.size();
      under_way_.push_back(pending);
      channel = next_channel_++ % channels_.size();
    }
    pending->reader.reset(grpc::internal::ClientAsyncResponseReaderHelper::Create<grpc::ByteBuffer>(
        channels_[channel].get(), &queue_, MethodAt(path, channel), &pending->context,
        BufferOf(request)));
    pending->reader->StartCall();
    pending->reader->Finish(&pending->response, &pending->status, pending);
  }

  void Drain() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return under_way_.empty() && in_callback_ == 0; });
  }

 private:
  struct Pending {
    grpc::ClientContext context;
    std::unique_ptr<RawReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
    Callback callback;
    size_t place;
  };

  void Run() {
    on_client_thread = true;
    void* tag;
    bool ok;
    while (queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Pending> pending(static_cast<Pending*>(tag));
      {
        std::lock_guard lock(mutex_);
        under_way_.back()->place = pending->place;
        under_way_[pending->place] = under_way_.back();
        under_way_.pop_back();
        ++in_callback_;
      }
      pending->callback(StatusOf(pending->status), BytesOf(pending->response));
      {
        std::lock_guard lock(mutex_);
        --in_callback_;
      }
      room_.notify_all();
    }
  }

  // gRPC keeps the pointer to the name, so that methods live as long as the client.
  const grpc::internal::RpcMethod& MethodAt(std::string_view path, size_t channel) {
    std::lock_guard lock(methods_mutex_);
    auto it = methods_.find(path);
    if (it == methods_.end()) {
      it = methods_.emplace(std::string(path), std::vector<grpc::internal::RpcMethod>()).first;
      for (const auto& each : channels_) {
        it->second.emplace_back(it->first.c_str(), grpc::internal::RpcMethod::NORMAL_RPC, each);
      }
    }
    return it->second[channel];
  }

  const int window_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  grpc::CompletionQueue queue_;
  std::thread thread_;

  std::mutex methods_mutex_;
  std::map<std::string, std::vector<grpc::internal::RpcMethod>, std::less<>> methods_;

  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<Pending*> under_way_;
  int in_callback_ = 0;
  size_t next_channel_ = 0;
};

Client::Client(std::string_view address, ClientOptions options)
    : impl_(std::make_unique<Impl>(address, std::move(options))) {}
Client::~Client() = default;

absl::Status Client::CallRaw(std::string_view path, std::string_view request, std::string* response,
                             absl::Time deadline, const CallMetadata& metadata) {
  return impl_->CallRaw(path, request, response, deadline, metadata);
}

absl::Status Client::Call(const google::protobuf::MethodDescriptor& method,
                          const google::protobuf::Message& request,
                          google::protobuf::Message* response, absl::Time deadline,
                          const CallMetadata& metadata) {
  std::string answer;
  absl::Status status =
      CallRaw(PathOf(method), request.SerializeAsString(), &answer, deadline, metadata);
  if (status.ok() && !response->ParseFromString(answer)) {
    return absl::InternalError(absl::StrCat("the answer is not a ", response->GetTypeName()));
  }
  return status;
}

void Client::CallAsync(std::string_view path, std::string_view request, absl::Time deadline,
                       Callback callback, const CallMetadata& metadata) {
  impl_->CallAsync(path, request, deadline, std::move(callback), metadata);
}

void Client::Drain() { impl_->Drain(); }

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

}  // namespace daybook::rpc
