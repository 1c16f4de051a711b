// Where clients reach a server: what an owner writes into the log with its claim.
#pragma once

#include <string>
#include <string_view>

namespace daybook {

// `advertise` if it is given; a port 0 in it is the one that the server got. Else `listen` with
// that port, and with `host_name` in place of an address that means every interface.
std::string EndpointOf(std::string_view listen, std::string_view advertise, int port,
                       std::string_view host_name);

// This machine's; `localhost` if it has none.
std::string HostName();

}  // namespace daybook
