// What operators and Prometheus ask over HTTP:
//
//   /metrics   every figure of the registry, text format 0.0.4
//   /healthz   200 as long as the process answers
//   /readyz    200, or 503 with one line for everything that is missing
//   /version   {"version": "..."}
//
// Concurrency: requests are answered on sixteen threads of its own, which call `options.missing`
// and Metrics::Expose. Nothing else is served; only GET and HEAD.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace daybook {
class Metrics;
}

namespace daybook::rpc {

struct HttpOptions {
  std::string address = "127.0.0.1:9464";  // port 0: any free one, see port()
  // An address that others can reach: plain HTTP, so that it must be said.
  bool insecure = false;
  const Metrics* metrics = nullptr;  // outlives the server; null: /metrics is empty
  // What keeps this process from serving, such as "partition 3: reading the log"; empty = ready.
  // Not set = always ready.
  std::function<std::vector<std::string>()> missing{};
  std::string version{};
};

class HttpServer {
 public:
  explicit HttpServer(HttpOptions options);
  ~HttpServer();  // as Stop
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // FAILED_PRECONDITION when the address is refused or cannot be had. Once.
  absl::Status Start();
  int port() const;  // after Start
  // Returns when no request is being answered. Any number of times.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace daybook::rpc
