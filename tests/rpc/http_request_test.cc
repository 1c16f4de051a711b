#include "common/rpc/http_request.h"

#include <cstdint>
#include <random>
#include <string>
#include <variant>

#include "gtest/gtest.h"
#include "tests/support/hostile_http.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace daybook::rpc {
namespace {

void Fuzz(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

HttpRequest Read(const std::string& fields, const std::string& line = "GET /metrics HTTP/1.1") {
  HttpRequestReader reader;
  reader.Append(line + "\r\nHost: x\r\n" + fields + "\r\n");
  auto next = reader.Take();
  EXPECT_TRUE(std::holds_alternative<HttpRequest>(next)) << line << "\n" << fields;
  return std::holds_alternative<HttpRequest>(next) ? std::get<HttpRequest>(next) : HttpRequest{};
}

TEST(HttpRequestReader, ReadsWhatIsAsked) {
  EXPECT_EQ(Read("").path, "/metrics");
  EXPECT_EQ(Read("", "GET /metrics?name=a/b HTTP/1.1").path, "/metrics");
  EXPECT_EQ(Read("", "GET https://console.example/metrics?x HTTP/1.1").path, "/metrics");
  EXPECT_EQ(Read("", "GET http://x?y HTTP/1.1").path, "/");
  EXPECT_FALSE(Read("").head);
  EXPECT_TRUE(Read("", "HEAD / HTTP/1.1").head);
}

TEST(HttpRequestReader, KnowsWhoStays) {
  EXPECT_TRUE(Read("").keep_alive);
  EXPECT_FALSE(Read("Connection: Close\r\n").keep_alive);
  EXPECT_FALSE(Read("", "GET / HTTP/1.0").keep_alive);
}

TEST(HttpRequestReader, KnowsWhoTakesGzip) {
  for (const char* takes : {"gzip", "deflate, gzip;q=1.0", "GZIP;q=0.001", "*", "br;q=0, gzip"}) {
    EXPECT_TRUE(Read("Accept-Encoding: " + std::string(takes) + "\r\n").gzip) << takes;
  }
  for (const char* takes : {"", "deflate", "gzip;q=0", "gzip; q=0.000", "xgzip", "*;q=0"}) {
    EXPECT_FALSE(Read("Accept-Encoding: " + std::string(takes) + "\r\n").gzip) << takes;
  }
  EXPECT_FALSE(Read("").gzip);
}

// The fuzzer's target, so that it cannot rot: what is known to be hostile, in pieces of every kind,
// and with some of its bytes changed, left out or doubled.
TEST(HttpRequestReader, HoldsWhatTheFuzzerAsks) {
  std::mt19937 random(20261130);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const std::string interesting("\r\n\0:\t ,;\"/\x7f\xff", 13);
  for (const HostileRequest& hostile : HostileRequests()) {
    const std::string bytes = hostile.bytes.substr(0, 40'000);
    for (const char piece : {'\0', '\1', '\6', '\xff'}) Fuzz(piece + bytes);
    if (bytes.empty()) continue;
    for (int i = 0; i < (bytes.size() < 2000 ? 200 : 5); ++i) {
      std::string changed = static_cast<char>(random()) + bytes;
      for (size_t n = below(4); n <= 4; ++n) {
        const size_t at = 1 + below(changed.size() - 1);
        const size_t length = below(std::min<size_t>(changed.size() - at, 32));
        switch (random() % 4) {
          case 0:
            changed[at] = interesting[below(interesting.size())];
            break;
          case 1:
            changed[at] = static_cast<char>(random());
            break;
          case 2:
            changed.insert(at, changed.substr(at, length));
            break;
          default:
            if (changed.size() > length + 2) changed.erase(at, length);
        }
      }
      Fuzz(changed);
    }
  }
}

}  // namespace
}  // namespace daybook::rpc
