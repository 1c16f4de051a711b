#include "common/rpc/address.h"

#include <arpa/inet.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace daybook::rpc {

bool Address::loopback() const {
  if (host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  const auto refuse = [&] {
    return absl::InvalidArgumentError(absl::StrCat(
        "address '", std::string(text), "' is not HOST:PORT, such as 127.0.0.1:50051 or [::1]:0"));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  std::string_view host = text.substr(0, colon);
  const std::string port(text.substr(colon + 1));
  Address address;
  if (!absl::SimpleAtoi(port, &address.port)) return refuse();
  if (address.port < 0 || address.port > 65535) return refuse();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse();  // an IPv6 address without brackets
  }
  if (host.empty()) return refuse();
  address.host = std::string(host);
  return address;
}

}  // namespace daybook::rpc
