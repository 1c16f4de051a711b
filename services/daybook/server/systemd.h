// What systemd is told of a service of `Type=notify`.
#pragma once

#include <string_view>

namespace daybook {

// `READY=1`, `STOPPING=1`: see sd_notify(3). Does nothing where there is no systemd.
void NotifySystemd(std::string_view state);

}  // namespace daybook
