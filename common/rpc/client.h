// Calls to a gRPC server, for the command line, tests and loaders.
//
//   rpc::Client client("127.0.0.1:50051");
//   IssueInvoiceResponse response;
//   absl::Status status = client.Call(*method, request, &response, absl::Now() + absl::Seconds(5));
//   if (ReasonOf(status) == "CUSTOMER_NOT_FOUND") ...
//
// Details of an error are payloads of the status, as on the server. No grpc type stands here.
//
// Concurrency: all methods from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::rpc {

using CallMetadata = std::vector<std::pair<std::string, std::string>>;  // keys in lower case

struct ClientOptions {
  int window = 64;      // calls of CallAsync under way
  int connections = 1;  // CallAsync goes around them
  // PEM files. With `ca` set: TLS; with all three: mTLS.
  std::string ca{};
  std::string certificate_chain{};
  std::string private_key{};
  std::string server_name{};  // what the certificate says, if not the address
};

class Client {
 public:
  // Connects when first called, again whenever the connection is lost.
  explicit Client(std::string_view address, ClientOptions options = {});
  // Cancels what is under way; every callback has been called when it returns.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Waits for the answer. A server that is not there is UNAVAILABLE at once.
  absl::Status Call(const google::protobuf::MethodDescriptor& method,
                    const google::protobuf::Message& request, google::protobuf::Message* response,
                    absl::Time deadline, const CallMetadata& metadata = {});

  // The same on wire bytes. `path`: "/daybook.billing.v1.BillingService/IssueInvoice".
  absl::Status CallRaw(std::string_view path, std::string_view request, std::string* response,
                       absl::Time deadline, const CallMetadata& metadata = {});

  // Called once, on the client's thread; must not block. Calling CallAsync from it never blocks.
  using Callback = std::function<void(absl::Status status, std::string response)>;

  // Returns when sent; blocks while `window` calls are under way.
  void CallAsync(std::string_view path, std::string_view request, absl::Time deadline,
                 Callback callback, const CallMetadata& metadata = {});

  // Waits until nothing is under way.
  void Drain();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// "/package.Service/Method".
std::string PathOf(const google::protobuf::MethodDescriptor& method);

}  // namespace daybook::rpc
