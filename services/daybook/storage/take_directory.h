// The data directory of a server that starts.
#pragma once

#include "absl/status/status.h"
#include "services/daybook/config/config.h"

namespace daybook {

// Made if it is not there; closed to others, which is said if it was not; rid of what killed
// processes have left. FAILED_PRECONDITION names what cannot be made, read, written or closed.
absl::Status TakeDataDirectory(const Config& config);

}  // namespace daybook
