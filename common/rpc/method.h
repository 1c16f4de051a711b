// One rpc that a server serves: what does not change between its calls. Private to common/rpc.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/metrics.h"
#include "common/rpc/server.h"
#include "common/rpc/unknown_fields.h"
#include "google/protobuf/descriptor.h"

namespace daybook::rpc {

// The families that dashboards of gRPC servers know, for one rpc; without a registry nothing is
// counted.
class MethodFigures {
 public:
  MethodFigures(Metrics* metrics, const google::protobuf::MethodDescriptor& method);

  void Started();
  void Handled(absl::StatusCode code, absl::Duration taken);
  // Messages of a stream.
  void Received();
  void Sent();

 private:
  Counter* started_ = nullptr;
  std::array<Counter*, 17> handled_{};  // by code
  Histogram* seconds_ = nullptr;
  Counter* received_ = nullptr;  // of streams only
  Counter* sent_ = nullptr;
};

class CallQueue;
class RawService;
class Seats;
struct Shared;

struct Method {
  Method(size_t number, const google::protobuf::MethodDescriptor& descriptor, Handler handler,
         StreamHandler stream_handler, StreamUse stream_use, Metrics* metrics);

  const size_t number;  // among all of the server
  const google::protobuf::MethodDescriptor& descriptor;
  const std::string path;              // "/package.Service/Method"
  const Handler handler;               // null: a stream
  const StreamHandler stream_handler;  // null: unary
  const StreamUse stream_use;
  const google::protobuf::Message& prototype;  // of the request
  const UnknownFields unknown_fields;
  MethodFigures figures;
  // How its calls are served on a queue: see queue.h. Set before the server starts.
  std::unique_ptr<Seats> (*seats)(Shared& shared, CallQueue& queue, Method& method) = nullptr;
  RawService* service = nullptr;  // where calls of it come in, under `index`
  int index = 0;
};

}  // namespace daybook::rpc
