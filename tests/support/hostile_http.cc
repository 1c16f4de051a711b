#include "tests/support/hostile_http.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "tests/support/loopback.h"

namespace daybook {
namespace {

using std::string_literals::operator""s;

std::string Times(const std::string& text, int n) {
  std::string all;
  for (int i = 0; i < n; ++i) all += text;
  return all;
}

std::string Get(const std::string& path, const std::string& fields = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// A request with a body, after which a smuggled one would be.
std::string Smuggle(const std::string& fields, const std::string& body) {
  return Get("/healthz", fields) + body + Get("/version");
}

// A ClientHello's beginning.
const std::string kTls =
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(64, '\x07') + "\x20"s;

}  // namespace

std::vector<HostileRequest> HostileRequests() {
  const std::string close = "Connection: close\r\n";
  return {
      // Other protocols.
      {"upgrade to a web socket",
       Get("/metrics",
           "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
           "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: "
           "permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat, x\r\n"),
       {"200"}},
      {"upgrade of what is not there",
       Get("/x", "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"),
       {"404"}},
      {"upgrade to anything", Get("/healthz", "Upgrade: x\r\nConnection: Upgrade\r\n"), {"200"}},
      {"upgrade to HTTP/2",
       Get("/healthz",
           "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, "
           "HTTP2-Settings\r\n"),
       {"200"}},
      {"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s + "\0\0\0\4\0\0\0\0\0"s, {"505"}},
      {"TLS", kTls, {"400"}},
      {"SSH", "SSH-2.0-OpenSSH_9.2p1\r\n\r\n", {"400"}},
      {"SMTP", "EHLO x\r\nMAIL FROM:<x>\r\n\r\n", {"400"}},
      {"nothing", "", {""}},
      {"empty lines", "\r\n\r\n\r\n\r\n", {""}},
      {"an empty line before a request", "\r\n" + Get("/healthz", close), {"200"}},
      {"half a request", "GET /healthz HTTP/1.1\r\nHost: x\r\n", {""}},
      {"zeros", std::string(20000, '\0'), {"400"}},
      {"every byte",
       [] {
         std::string bytes;
         for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
         return bytes + "\r\n\r\n";
       }(),
       {"400"}},

      // Methods, targets, versions.
      {"POST", "POST /healthz HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"PUT", "PUT /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", {"405"}},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"CONNECT", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"a method of nobody", "GETT /healthz HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"a method in small letters", "get /healthz HTTP/1.1\r\nHost: x\r\n\r\n", {"405"}},
      {"a method that is no token", "G@(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", {"400"}},
      {"a long method", std::string(4000, 'A') + " / HTTP/1.1\r\nHost: x\r\n\r\n", {"400", "405"}},
      {"absolute form", Get("http://x/healthz", close), {"200"}},
      {"absolute form of a stranger", Get("http://evil.example:99/metrics", close), {"200"}},
      {"absolute form without path", Get("http://x", close), {"404"}},
      {"absolute form of nobody", Get("http:///healthz"), {"400"}},
      {"another scheme", Get("ftp://x/healthz"), {"400"}},
      {"target *", Get("*"), {"400"}},
      {"target without slash", Get("healthz"), {"400"}},
      {"a query", Get("/healthz?a=b&c=%00%0d%0a", close), {"200"}},
      {"two slashes", Get("//healthz", close), {"404"}},
      {"a way out of the root", Get("/../../etc/passwd", close), {"404"}},
      {"the same in disguise", Get("/%2e%2e/%2e%2e/etc/passwd%00", close), {"404"}},
      {"a letter in disguise", Get("/health%7a", close), {"404"}},
      {"a script", Get("/<script>alert(1)</script>", close), {"400", "404"}},
      {"a target of 0xff", Get("/\xff\xfe", close), {"400", "404"}},
      {"a long target", Get("/" + std::string(7000, 'a'), close), {"404"}},
      {"a target too long", Get("/" + std::string(9000, 'a')), {"414"}},
      {"a line without end", std::string(100'000, 'a'), {"414"}},
      {"HTTP/0.9", "GET /healthz\r\n\r\n", {"400"}},
      {"HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", {"200"}},
      {"HTTP/1.0 that stays", "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", {"200"}},
      {"HTTP/1.2", "GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n", {"505"}},
      {"HTTP/9.9", "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", {"505"}},
      {"HTTP/11", "GET /healthz HTTP/11\r\nHost: x\r\n\r\n", {"400", "505"}},
      {"http/1.1", "GET /healthz http/1.1\r\nHost: x\r\n\r\n", {"400", "505"}},
      {"two blanks", "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", {"400"}},
      {"a tab", "GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", {"400"}},

      // Lines and fields.
      {"LF only", "GET /healthz HTTP/1.1\nHost: x\n\n", {"400"}},
      {"LF in one place", "GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", {"400"}},
      {"CR only", "GET /healthz HTTP/1.1\rHost: x\r\r\r\n\r\n", {"400", "505"}},
      {"CR in a value", Get("/healthz", "A: b\rc\r\n"), {"400"}},
      {"NUL in the target", "GET /hea\0lthz HTTP/1.1\r\nHost: x\r\n\r\n"s, {"400"}},
      {"NUL in a name", Get("/healthz", "A\0b: c\r\n"s), {"400"}},
      {"NUL in a value", Get("/healthz", "A: b\0c\r\n"s), {"400"}},
      {"a blank before the colon", Get("/healthz", "Content-Length : 5\r\n"), {"400"}},
      {"a field without colon", Get("/healthz", "abc\r\n"), {"400"}},
      {"a field without name", Get("/healthz", ": abc\r\n"), {"400"}},
      {"a folded field", Get("/healthz", close + "A: b\r\n c\r\n"), {"200", "400"}},
      {"a field that begins folded",
       "GET /healthz HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
       {"400"}},
      {"no host", "GET /healthz HTTP/1.1\r\n\r\n", {"400"}},
      {"two hosts", Get("/healthz", "Host: y\r\n"), {"400"}},
      {"a header of 9 KB", Get("/healthz", "A: " + std::string(9000, 'b') + "\r\n"), {"431"}},
      {"a header of 1 MB", Get("/healthz", "A: " + std::string(1 << 20, 'b') + "\r\n"), {"431"}},
      {"65 fields", Get("/healthz", Times("A: b\r\n", 64)), {"431"}},
      {"2,000 fields", Get("/healthz", Times("a:\r\n", 2000)), {"431"}},
      {"64 fields", Get("/healthz", close + Times("A: b\r\n", 62)), {"200"}},
      {"codings of nobody", Get("/healthz", close + "Accept-Encoding: ;;,,=\"\\\r\n"), {"200"}},
      {"5,000 codings",
       Get("/metrics", close + "Accept-Encoding: " + Times("a,", 2500) + "\r\n"),
       {"200"}},
      {"ranges", Get("/healthz", close + "Range: bytes=" + Times("0-,", 1000) + "0-\r\n"), {"200"}},
      {"a quoted string without end", Get("/healthz", "Connection: close, \"\r\n"), {"400"}},
      {"stays and goes", Get("/healthz", "Connection: keep-alive, close\r\n"), {"200"}},

      // Bodies, and a second request in each.
      {"Expect with a body",
       "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
       {"405"}},
      {"Expect without", Get("/healthz", close + "Expect: 100-continue\r\n"), {"200"}},
      {"Expect of nobody", Get("/healthz", close + "Expect: 200-ok\r\n"), {"200", "417"}},
      {"a body of nothing", Get("/healthz", close + "Content-Length: 0\r\n"), {"200"}},
      {"a body", Smuggle("Content-Length: 44\r\n", ""), {"413"}},
      {"a body that does not come", Get("/healthz", "Content-Length: 10\r\n"), {"413"}},
      {"a body of 16 EB", Get("/healthz", "Content-Length: 18446744073709551615\r\n"), {"413"}},
      {"a body of more",
       Get("/healthz", "Content-Length: 18446744073709551616\r\n"),
       {"400", "413"}},
      {"a body of -1", Smuggle("Content-Length: -1\r\n", ""), {"400"}},
      {"a body of +5", Smuggle("Content-Length: +5\r\n", "abcde"), {"400"}},
      {"a body of 0x5", Smuggle("Content-Length: 0x5\r\n", "abcde"), {"400"}},
      {"a body of 5 5", Smuggle("Content-Length: 5 5\r\n", "abcde"), {"400"}},
      {"a body of nobody knows", Smuggle("Content-Length: \r\n", ""), {"400"}},
      {"two lengths", Smuggle("Content-Length: 0\r\nContent-Length: 44\r\n", ""), {"400"}},
      {"two lengths in one", Smuggle("Content-Length: 0, 44\r\n", ""), {"400"}},
      {"one length twice",
       Smuggle("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"),
       {"400", "413"}},
      {"chunks", Smuggle("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), {"413"}},
      {"a huge chunk",
       Smuggle("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
       {"413"}},
      {"a chunk with a long extension",
       Smuggle("Transfer-Encoding: chunked\r\n", "1;a=" + std::string(20000, 'b') + "\r\na\r\n"),
       {"413"}},
      {"chunks and a length",
       Smuggle("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"a length and chunks",
       Smuggle("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"a length of 0 and chunks",
       Smuggle("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"chunks twice",
       Smuggle("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"a coding of nobody", Smuggle("Transfer-Encoding: xchunked\r\n", ""), {"400", "413"}},
      {"chunks of nobody",
       Smuggle("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"chunks behind a tab",
       Smuggle("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"),
       {"400", "413"}},
      {"chunks in HTTP/1.0",
       "GET /healthz HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       {"413"}},

      // One after the other.
      {"three at once",
       Get("/healthz") + Get("/nothing") + Get("/version", close),
       {"200 404 200"}},
      {"five pages at once",
       Times(Get("/metrics"), 4) + Get("/readyz", close),
       {"200 200 200 200 200", "200 200 200 200 503"}},
      {"one after the last", Get("/healthz", close) + Get("/version"), {"200"}},
      {"one and then none", Get("/healthz") + "\x01\x02", {"200 400"}},
      {"one and half of one", Get("/healthz") + "GET /heal", {"200"}},
      {"HEAD and GET",
       "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + Get("/healthz", close),
       {"200 200"}},
  };
}

HttpAnswers SayToHttp(int port, const std::string& bytes) {
  using Clock = std::chrono::steady_clock;
  HttpAnswers answers;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (!ConnectTo(fd, port)) {
    ::close(fd);
    return answers;
  }
  // Both ways at once: who reads before it has sent all is answered before it has.
  size_t sent = 0;
  const auto until = Clock::now() + std::chrono::seconds(30);
  while (Clock::now() < until) {
    pollfd event = {fd, static_cast<short>(POLLIN | (sent < bytes.size() ? POLLOUT : 0)), 0};
    if (sent == bytes.size()) {
      ::shutdown(fd, SHUT_WR);
      ++sent;
    }
    if (::poll(&event, 1, 1000) <= 0) continue;
    if ((event.revents & POLLOUT) != 0 && sent < bytes.size()) {
      const ssize_t n =
          ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN) sent = bytes.size() + 1;
      if (n > 0) sent += static_cast<size_t>(n);
    }
    if ((event.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    char buffer[65536];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n > 0) answers.bytes.append(buffer, static_cast<size_t>(n));
    answers.ended = n == 0 || (n < 0 && errno != EAGAIN);
    if (answers.ended) break;
  }
  ::close(fd);
  constexpr std::string_view kAnswer = "HTTP/1.1 ";
  for (size_t at = 0; (at = answers.bytes.find(kAnswer, at)) != std::string::npos;) {
    at += kAnswer.size();
    if (!answers.statuses.empty()) answers.statuses += ' ';
    answers.statuses += answers.bytes.substr(at, 3);
  }
  return answers;
}

}  // namespace daybook
