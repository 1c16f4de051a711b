// What an HTTP caller can say, for a fuzzer: `cmake --preset fuzz`, then the target
// fuzz_http_request. http_request_test.cc runs the same on the requests it knows.
//
// The first byte says into which pieces the rest is cut, as a network may. Whatever the pieces, the
// same requests must come out, nothing more may be held than is promised, and a path is a path.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "common/rpc/http_request.h"

using namespace daybook::rpc;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// Everything that is made of the bytes when they come in pieces of `piece`.
std::string Told(std::string_view bytes, size_t piece) {
  HttpRequestReader reader;
  std::string told;
  while (true) {
    auto next = reader.Take();
    if (const auto* request = std::get_if<HttpRequest>(&next)) {
      Require(!request->path.empty() && request->path.front() == '/');
      Require(request->path.find_first_of(std::string_view("\r\n\0 ?", 5)) == std::string::npos);
      told += request->path + (request->head ? " head" : "") +
              (request->keep_alive ? " keep" : "") + (request->gzip ? " gzip\n" : "\n");
    } else if (const auto* refusal = std::get_if<HttpRefusal>(&next)) {
      Require(refusal->status >= 400 && refusal->status < 600 && !refusal->why.empty());
      return told + std::to_string(refusal->status);
    } else {
      Require(reader.room() >= HttpRequestReader::kMaxBytes - HttpRequestReader::kMaxHeaderBytes);
      if (bytes.empty()) return told;
      bytes.remove_prefix(reader.Append(bytes.substr(0, piece)));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Told(bytes, HttpRequestReader::kMaxBytes);
  Require(Told(bytes, size_t{1} + data[0]) == whole);
  Require(bytes.size() > 512 || Told(bytes, 1) == whole);
  return 0;
}
