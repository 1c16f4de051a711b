// The gRPC server, made from service descriptors: no generated stubs, no class per method.
//
//   rpc::Service billing(billing::v1::BillingService descriptor);
//   billing.Handle("IssueInvoice", [&](std::unique_ptr<rpc::Call> call) { engine.Submit(std::move(call)); });
//   rpc::Server server(options);
//   server.Add(std::move(billing));
//   RETURN_IF_ERROR(server.Start());          // listens; refuses an rpc without a handler
//   ...
//   server.Shutdown(absl::Now() + absl::Seconds(10));
//
// Concurrency: handlers run on the server's threads (one completion queue, one thread on 2 cores)
// and must not block; a call is finished from any thread. No grpc type stands in this header.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

// One unary call in flight. Finished exactly once; one that is destroyed unfinished is answered
// UNAVAILABLE (SHUTTING_DOWN).
class Call {
 public:
  virtual ~Call() = default;
  virtual const google::protobuf::MethodDescriptor& method() const = 0;
  // The parsed request; bytes that do not parse never reach a handler (INVALID_ARGUMENT).
  virtual const google::protobuf::Message& request() const = 0;
  // The caller's deadline, capped by the server's; never infinite.
  virtual absl::Time deadline() const = 0;
  virtual bool cancelled() const = 0;
  // Value of a metadata key (lower case), empty if absent. Lives as long as the call.
  virtual std::string_view metadata(std::string_view key) const = 0;
  // Who calls, as the transport knows them; empty when it does not.
  virtual std::string actor() const = 0;

  // Exactly one of these, from any thread.
  virtual void Finish(const google::protobuf::Message& response) = 0;
  virtual void FinishSerialized(std::string response) = 0;  // response's wire bytes
  virtual void FinishError(const absl::Status& status) = 0;  // not OK; payloads become details
};

using Handler = std::function<void(std::unique_ptr<Call>)>;

}  // namespace daybook::rpc
