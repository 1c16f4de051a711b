// Requests of HTTP/1 as they come in from anybody, one after the other. Nothing here does I/O, so
// that a fuzzer can stand where the network does.
//
// What is taken: GET and HEAD, HTTP/1.0 and 1.1, the target in origin or absolute form, no body.
// Everything else is refused with the status that says why, and a refusal ends the connection:
// where the next request would begin is not known then, or not worth finding out.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace daybook::rpc {

struct HttpRequest {
  bool head = false;        // the caller wants no body
  std::string path;         // begins with '/'; without query, as it was sent (no %xx is decoded)
  bool keep_alive = false;  // another request may follow
  bool gzip = false;        // the caller takes a compressed body
};

struct HttpRefusal {
  int status;
  std::string why;  // one line for people
};

struct HttpMore {};  // the request is not complete

class HttpRequestReader {
 public:
  // From the first byte of a request to the end of its header, and fields in it.
  static constexpr size_t kMaxHeaderBytes = 8 * 1024;
  static constexpr size_t kMaxFields = 64;

  // At most this much is held. After Take has asked for more there always is room.
  static constexpr size_t kMaxBytes = 2 * kMaxHeaderBytes;
  size_t room() const { return kMaxBytes - unread_.size(); }

  // How many of the bytes were taken: as many as there is room for.
  size_t Append(std::string_view bytes);

  // The next request, or why there is none. After a refusal there is nothing more to take. Bytes
  // after a request stay: the caller has sent the next one already.
  std::variant<HttpMore, HttpRequest, HttpRefusal> Take();

  // Whether a part of a request is there.
  bool begun() const { return !unread_.empty(); }

 private:
  std::string unread_;
  size_t scanned_ = 0;  // up to here there is no end of a header
};

}  // namespace daybook::rpc
