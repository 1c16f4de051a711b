// What this process does not do. Its services are listed by reflection, health says NOT_SERVING of
// them, and each call is refused with NOT_SERVED_HERE.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/models.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/daybook/config/config.h"
#include "services/daybook/server/part.h"

namespace daybook {

// Commands, on a process that only reads the log. The refusal names the server that owns the
// customer's partition as soon as that was found in the log. `log` and `models`, which say how far
// partitions have been read, must outlive it.
std::unique_ptr<Part> AbsentCommands(log::EventLog& log, const projection::Models& models);

// Read models that `config` does not name. Where they are nobody here knows: the refusal says so.
std::unique_ptr<Part> AbsentProjections(const Config& config);

}  // namespace daybook
