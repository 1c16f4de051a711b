// What operators and Prometheus ask over HTTP:
//
//   /metrics   every figure of the registry, text format 0.0.4, packed with gzip for who takes it
//   /healthz   200 as long as the process answers
//   /readyz    200, or 503 with one line for everything that is missing
//   /version   {"version": "..."}
//
// Nothing else is served, only to GET and HEAD, and no request has a body (http_request.h says what
// is taken). Everything a caller can take of the process is bounded by HttpLimits.
//
// Probes are always answered. When all connections are taken, the next one takes the place of one
// that can be missed: of the address that has the most, the one that waits in vain, idles or does
// not take its answer. No request waits for another page than its own: three threads of 2 MiB of
// stack at most, one that talks to callers, one each for /metrics and /readyz, which call
// Metrics::Expose and `options.missing`. Requests that come together are answered with one page.
//
// A connection ends with 408 when a request is not whole in time, with 503 when its page is not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace daybook {
class Metrics;
}

namespace daybook::rpc {

// Sizes of requests stand in http_request.h.
struct HttpLimits {
  int connections = 256;
  int connections_of_one_address = 128;
  int requests_of_one_connection = 1000;           // then the answer says `Connection: close`
  absl::Duration first_byte = absl::Seconds(5);    // from when the connection is there
  absl::Duration whole_header = absl::Seconds(5);  // from its first byte
  absl::Duration page = absl::Seconds(5);          // to make it
  absl::Duration write = absl::Seconds(10);        // until the answer is taken
  absl::Duration idle = absl::Seconds(15);         // between two requests
};

struct HttpOptions {
  std::string address = "127.0.0.1:9464";  // port 0: any free one, see port()
  // An address that others can reach: plain HTTP, so that it must be said.
  bool insecure = false;
  Metrics* metrics = nullptr;  // outlives the server; null: /metrics is empty, nothing is counted
  // What keeps this process from serving, such as "partition 3: reading the log"; empty = ready.
  // Not set = always ready. Called on a thread of the server, from Start on.
  std::function<std::vector<std::string>()> missing{};
  std::string version{};
  HttpLimits limits{};
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
