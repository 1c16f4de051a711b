// Requests that no well-behaved client sends, and what may be said to each: for the server by
// itself, for `daybook serve`, and as what a fuzzer begins with.
#pragma once

#include <string>
#include <vector>

namespace daybook {

struct HostileRequest {
  std::string name;
  std::string bytes;  // the caller then sends no more, and reads to the end
  // One or more of these is allowed: the statuses of the answers in their order, `200 404`; empty
  // text: hung up on without an answer.
  std::vector<std::string> allowed;
};

std::vector<HostileRequest> HostileRequests();

// What 127.0.0.1:`port` says to the bytes until it hangs up: everything, and the statuses in it.
struct HttpAnswers {
  std::string bytes;
  std::string statuses;  // `200 404`
  bool ended = false;    // it hung up, rather than that we stopped waiting after half a minute
};
HttpAnswers SayToHttp(int port, const std::string& bytes);

}  // namespace daybook
