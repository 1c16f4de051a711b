// A caller of a streaming rpc, message by message.
//
//   StreamClient stream(address, "/daybook.book.v1.CommandService/ExecuteStream");
//   stream.Write(request);
//   ASSERT_TRUE(stream.Read(&response));
//   stream.CloseWrites();
//   EXPECT_TRUE(stream.Finish().ok());
//
// One thread may write while another reads. Write blocks as long as the server does not read.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "common/rpc/details.h"

namespace daybook {

class StreamClient {
 public:
  StreamClient(const std::string& address, std::string path,
               absl::Time deadline = absl::InfiniteFuture(), const rpc::CallMetadata& metadata = {})
      : path_(std::move(path)), channel_(NewChannel(address)) {
    if (deadline != absl::InfiniteFuture()) context_.set_deadline(absl::ToChronoTime(deadline));
    for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
    const grpc::internal::RpcMethod method(path_.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING,
                                           channel_);
    stream_.reset(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel_.get(), method, &context_));
  }
  ~StreamClient() {
    context_.TryCancel();
    if (!finished_) Finish().IgnoreError();
  }

  bool Write(const google::protobuf::Message& request) {
    return WriteRaw(request.SerializeAsString());
  }
  bool WriteRaw(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    return stream_->Write(grpc::ByteBuffer(&slice, 1));
  }
  void CloseWrites() { stream_->WritesDone(); }

  // False at the end of the stream, or when the answer is no `response`.
  bool Read(google::protobuf::Message* response) {
    grpc::ByteBuffer buffer;
    std::vector<grpc::Slice> slices;
    if (!stream_->Read(&buffer) || !buffer.Dump(&slices).ok()) return false;
    std::string bytes;
    for (const auto& s : slices) bytes.append(reinterpret_cast<const char*>(s.begin()), s.size());
    return response->ParseFromString(bytes);
  }

  // After reading to the end.
  absl::Status Finish() {
    finished_ = true;
    const grpc::Status status = stream_->Finish();
    if (status.ok()) return absl::OkStatus();
    return rpc::DecodeDetails(static_cast<absl::StatusCode>(status.error_code()),
                              status.error_message(), status.error_details());
  }

  void Cancel() { context_.TryCancel(); }

 private:
  static std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  }

  const std::string path_;
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  bool finished_ = false;
};

}  // namespace daybook
