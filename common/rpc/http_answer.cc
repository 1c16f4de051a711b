#include "common/rpc/http_answer.h"

#include "absl/strings/str_cat.h"

namespace daybook::rpc {
namespace {

const char* Meaning(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 431:
      return "Request Header Fields Too Large";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

std::string HttpHead(const HttpPage& page, size_t body_bytes, bool gzip, bool last) {
  return absl::StrCat("HTTP/1.1 ", page.status, " ", Meaning(page.status),
                      "\r\nContent-Type: ", page.type, "\r\nContent-Length: ", body_bytes,
                      "\r\nCache-Control: no-store", "\r\nX-Content-Type-Options: nosniff",
                      gzip ? "\r\nContent-Encoding: gzip" : "",
                      page.gzip_body.empty() ? "" : "\r\nVary: Accept-Encoding",
                      page.status == 405 ? "\r\nAllow: GET, HEAD" : "",
                      last ? "\r\nConnection: close" : "", "\r\n\r\n");
}

}  // namespace daybook::rpc
