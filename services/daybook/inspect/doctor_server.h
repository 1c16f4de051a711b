// What `doctor` asks the server that the configuration names: whether it is there, and whether it
// serves all that it should.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "services/daybook/config/config.h"

namespace daybook {

// For people: none is there, or it is ready and how many customers it has. An error: somebody
// listens there and does not answer (TLS, another program); or it answers and is not ready, and
// what is missing, as far as health and, where the configuration says where it is, /readyz tell.
absl::StatusOr<std::string> AskServer(const Config& config);

}  // namespace daybook
