// Unary calls on wire bytes over one connection and one completion queue: what the loaders share.
//
// Requests are serialised beforehand and not copied, methods are registered, answers are bytes.
// One thread.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace daybook::bench {

using Clock = std::chrono::steady_clock;

// One place in a window; used for one call after the other.
struct Seat {
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  grpc::ByteBuffer response;
  grpc::Status status;
  size_t request = 0;
  Clock::time_point sent;

  absl::Status Outcome() const {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
};

class Wire {
 public:
  explicit Wire(std::string_view address);

  // Methods of the calls that follow, numbered from 0. `paths` must stay as they are.
  void SetMethods(const std::vector<std::string>& paths);

  // The seat comes back from Next. `request` must stay as it is until then.
  void Send(Seat& seat, size_t method, const std::string& request);

  // The seat of a call that has ended; null if none has until `deadline`.
  Seat* Next(Clock::time_point deadline = Clock::time_point::max());

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::CompletionQueue queue_;
  std::deque<grpc::internal::RpcMethod> methods_;
};

std::string BytesOf(const grpc::ByteBuffer& buffer);

// `share` from 0 to 1. Reorders `values`; 0 if there are none.
double Percentile(std::vector<float>& values, double share);

}  // namespace daybook::bench
