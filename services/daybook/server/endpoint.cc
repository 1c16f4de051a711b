#include "services/daybook/server/endpoint.h"

#include <unistd.h>

#include "common/base/text.h"

namespace daybook {
namespace {

constexpr int kMaxHostNameBytes = 256;

}  // namespace

std::string EndpointOf(std::string_view listen, std::string_view advertise, int port,
                       std::string_view host_name) {
  const std::string_view address = advertise.empty() ? listen : advertise;
  const size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, colon);
  if (host == "0.0.0.0" || host == "[::]") host = host_name;
  const std::string_view named = address.substr(colon + 1);
  return advertise.empty() || named == "0" ? Cat(host, ":", port) : Cat(host, ":", named);
}

std::string HostName() {
  char name[kMaxHostNameBytes] = {};
  return gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

}  // namespace daybook
