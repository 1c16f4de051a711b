#include "common/rpc/http_server.h"

#include <civetweb.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/rpc/address.h"

namespace daybook::rpc {
namespace {

// One who connects and says nothing takes a thread for so long, and probes of whether the process
// lives must get through meanwhile.
constexpr char kThreads[] = "16";
constexpr char kPatienceMs[] = "2000";

struct Page {
  int status = 200;
  const char* type = "text/plain; charset=utf-8";
  std::string body;
};

const char* Meaning(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

void Send(mg_connection* connection, const Page& page, bool with_body) {
  const std::string head =
      absl::StrCat("HTTP/1.1 ", page.status, " ", Meaning(page.status),
                   "\r\nContent-Type: ", page.type, "\r\nContent-Length: ", page.body.size(),
                   "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n");
  mg_write(connection, head.data(), head.size());
  if (with_body) mg_write(connection, page.body.data(), page.body.size());
}

std::string JsonString(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) json += c;
  }
  return json + "\"";
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)) { mg_init_library(0); }
  ~Impl() {
    Stop();
    mg_exit_library();
  }

  absl::Status Start() {
    DAYBOOK_CHECK(context_ == nullptr);
    ASSIGN_OR_RETURN(Address address, ParseAddress(options_.address));
    if (!address.loopback() && !options_.insecure) {
      return absl::FailedPreconditionError(
          absl::StrCat("refusing to serve HTTP on ", options_.address,
                       ", because others can reach it: listen on 127.0.0.1 and let a proxy or an "
                       "agent scrape there, or say --insecure"));
    }
    if (address.host == "localhost") address.host = "127.0.0.1";
    host_ = address.host == "0.0.0.0" ? "127.0.0.1" : address.host == "::" ? "::1" : address.host;
    const bool v6 = address.host.find(':') != std::string::npos;
    const std::string port =
        absl::StrCat(v6 ? "[" : "", address.host, v6 ? "]:" : ":", address.port);
    // Without document_root civetweb serves no file.
    const char* settings[] = {
        "listening_ports", port.c_str(),        "num_threads", kThreads, "request_timeout_ms",
        kPatienceMs,       "enable_keep_alive", "no",          nullptr};
    mg_callbacks callbacks{};
    callbacks.log_message = [](const mg_connection*, const char*) { return 1; };  // not to stderr
    context_ = mg_start(&callbacks, nullptr, settings);
    if (context_ == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("cannot serve HTTP on ", options_.address,
                       ": the port is taken, or the address is not one of this machine"));
    }
    mg_server_port bound{};
    if (mg_get_server_ports(context_, 1, &bound) == 1) port_ = bound.port;
    mg_set_request_handler(context_, "**", &Impl::Handle, this);
    return absl::OkStatus();
  }

  int port() const { return port_; }

  void Stop() {
    if (context_ == nullptr) return;
    // civetweb looks up every 2 s, or when somebody comes: so somebody comes.
    std::atomic<bool> stopped{false};
    std::thread stopper([&] {
      mg_stop(context_);
      stopped = true;
    });
    while (!stopped) {
      Knock();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    stopper.join();
    context_ = nullptr;
  }

 private:
  static int Handle(mg_connection* connection, void* self) {
    const mg_request_info* request = mg_get_request_info(connection);
    const bool head = std::strcmp(request->request_method, "HEAD") == 0;
    if (!head && std::strcmp(request->request_method, "GET") != 0) {
      Send(connection, {405, "text/plain; charset=utf-8", "GET or HEAD only\n"}, true);
      return 405;
    }
    const char* path = request->local_uri == nullptr ? "" : request->local_uri;
    const Page page = static_cast<const Impl*>(self)->PageAt(path);
    Send(connection, page, !head);
    return page.status;
  }

  void Knock() const {
    char error[128];
    mg_connection* knock = mg_connect_client(host_.c_str(), port_, 0, error, sizeof error);
    if (knock != nullptr) mg_close_connection(knock);
  }

  Page PageAt(std::string_view path) const {
    if (path == "/metrics") {
      return {200, "text/plain; version=0.0.4; charset=utf-8",
              options_.metrics == nullptr ? "" : options_.metrics->Expose()};
    }
    if (path == "/healthz") return {.body = "ok\n"};
    if (path == "/readyz") return Readiness();
    if (path == "/version") {
      return {200, "application/json",
              absl::StrCat("{\"version\":", JsonString(options_.version), "}\n")};
    }
    return {404, "text/plain; charset=utf-8", "/metrics, /healthz, /readyz, /version\n"};
  }

  Page Readiness() const {
    const std::vector<std::string> missing =
        options_.missing ? options_.missing() : std::vector<std::string>();
    if (missing.empty()) return {.body = "ready\n"};
    Page page{.status = 503, .body = "not ready\n"};
    for (const std::string& each : missing) absl::StrAppend(&page.body, each, "\n");
    return page;
  }

  const HttpOptions options_;
  mg_context* context_ = nullptr;
  std::string host_;
  int port_ = 0;
};

HttpServer::HttpServer(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpServer::~HttpServer() = default;
absl::Status HttpServer::Start() { return impl_->Start(); }
int HttpServer::port() const { return impl_->port(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace daybook::rpc
