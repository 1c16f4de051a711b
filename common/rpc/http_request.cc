#include "common/rpc/http_request.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <utility>

namespace daybook::rpc {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kEndOfHeader = "\r\n\r\n";
constexpr char kNoBody[] = "no request here has a body";

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

// What no header has: a line that ends with LF alone, or a control character. Without looking for
// it, whoever sends such a thing would be waited for, because the header never ends.
bool IsForeign(std::string_view bytes, size_t from) {
  for (size_t i = from; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c == '\n' && (i == 0 || bytes[i - 1] != '\r')) return true;
    if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) return true;
  }
  return false;
}

HttpRefusal WhyNot(boost::beast::error_code error) {
  if (error == http::error::bad_version) return {505, "version 1.0 or 1.1 only"};
  if (error == http::error::body_limit) return {413, kNoBody};
  return {400, "this is no HTTP request"};
}

// Of `http://host/path?query` and `/path?query` the path; empty: the target is neither.
std::string PathOf(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.substr(0, scheme.size()) != scheme) continue;
    target.remove_prefix(scheme.size());
    const size_t slash = target.find_first_of("/?");
    if (slash == 0) return "";  // nobody's
    target = slash == target.npos || target[slash] == '?' ? "/" : target.substr(slash);
    break;
  }
  if (target.empty() || target.front() != '/') return "";
  return std::string(target.substr(0, target.find_first_of("?#")));
}

// The part of `text` before the next `end`, without blanks around it; takes both from `text`.
std::string_view TakeUntil(char end, std::string_view* text) {
  constexpr std::string_view kBlanks = " \t";
  std::string_view part = text->substr(0, text->find(end));
  text->remove_prefix(std::min(text->size(), part.size() + 1));
  part.remove_prefix(std::min(part.size(), part.find_first_not_of(kBlanks)));
  return part.substr(0, part.find_last_not_of(kBlanks) + 1);
}

// Whether a field such as `gzip;q=0.5, br` takes gzip.
bool TakesGzip(std::string_view accepted) {
  while (!accepted.empty()) {
    std::string_view coding = TakeUntil(',', &accepted);
    const std::string_view name = TakeUntil(';', &coding);
    if (name != "*" && !boost::beast::iequals({name.data(), name.size()}, "gzip")) continue;
    const std::string_view weight = TakeUntil(';', &coding);
    const bool none =
        weight.substr(0, 2) == "q=" && weight.find_first_not_of("0.", 2) == std::string_view::npos;
    return !none;
  }
  return false;
}

// `header` is from the first byte of a request to the empty line and that too.
std::variant<HttpMore, HttpRequest, HttpRefusal> Read(std::string_view header) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(HttpRequestReader::kMaxHeaderBytes);
  boost::beast::error_code error;
  parser.put(boost::asio::buffer(header.data(), header.size()), error);
  if (error && !parser.is_header_done()) return WhyNot(error);
  if (!parser.is_header_done()) return HttpRefusal{400, "this is no HTTP request"};
  const auto& request = parser.get();

  size_t fields = 0, hosts = 0;
  for (const auto& field : request) {
    ++fields;
    if (field.name() == http::field::host) ++hosts;
  }
  if (fields > HttpRequestReader::kMaxFields) return HttpRefusal{431, "too many header fields"};
  if (hosts > 1 || (hosts == 0 && request.version() == 11)) {
    return HttpRefusal{400, "one Host field, please"};
  }
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return HttpRefusal{405, "GET or HEAD only"};
  }
  // Neither is read: a body that is announced in two ways at once has two ends.
  if (request.has_content_length() && parser.content_length().value_or(1) != 0) {
    return HttpRefusal{413, kNoBody};
  }
  if (request.count(http::field::transfer_encoding) > 0) {
    return HttpRefusal{413, kNoBody};
  }
  HttpRequest read{.head = request.method() == http::verb::head,
                   .path = PathOf(View(request.target())),
                   .keep_alive = request.version() == 11 && request.keep_alive(),
                   .gzip = TakesGzip(View(request[http::field::accept_encoding]))};
  if (read.path.empty()) return HttpRefusal{400, "the target is no path"};
  return read;
}

}  // namespace

size_t HttpRequestReader::Append(std::string_view bytes) {
  const size_t taken = std::min(bytes.size(), room());
  unread_ += bytes.substr(0, taken);
  return taken;
}

std::variant<HttpMore, HttpRequest, HttpRefusal> HttpRequestReader::Take() {
  // Empty lines before a request: old clients sent one after a body.
  size_t empty = 0;
  while (std::string_view(unread_).substr(empty, 2) == "\r\n") empty += 2;
  unread_.erase(0, empty);
  if (empty > 0) scanned_ = 0;
  const size_t from = scanned_ < kEndOfHeader.size() ? 0 : scanned_ - (kEndOfHeader.size() - 1);
  const size_t end = unread_.find(kEndOfHeader, from);
  const size_t header = end == std::string::npos ? unread_.size() : end + kEndOfHeader.size();
  if (IsForeign(std::string_view(unread_).substr(0, header), from)) {
    return HttpRefusal{400, "this is no HTTP request"};
  }
  if (header > kMaxHeaderBytes || (end == std::string::npos && header == kMaxHeaderBytes)) {
    return unread_.find('\n') < kMaxHeaderBytes
               ? HttpRefusal{431, "the header is larger than 8 KiB"}
               : HttpRefusal{414, "the request line is larger than 8 KiB"};
  }
  if (end == std::string::npos) {
    scanned_ = unread_.size();
    return HttpMore{};
  }
  auto read = Read(std::string_view(unread_).substr(0, header));
  unread_.erase(0, header);
  scanned_ = 0;
  return read;
}

}  // namespace daybook::rpc
