// A copy of a read model that another process may be serving, to look at it without touching it.
//
// Table files never change and no store opens a file that is there to write to it
// (common/store/files.h), so they are linked, not copied; what a server writes later does not show.
// Nothing but tables and what names them is taken.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "services/daybook/storage/work_directory.h"

namespace daybook {

// Links or copies the store in `from` into `to`. NOT_FOUND if there is none; DATA_LOSS if it is not
// whole; PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION: it cannot be looked at, names
// the path. A server that writes meanwhile may make it fail with UNAVAILABLE after some tries.
absl::Status CopyStore(const std::string& from, const std::string& to);

// What was found in a copy, said of the original in directory `original`: the copy is gone by the
// time that somebody reads it.
absl::Status NamedAsOriginal(const absl::Status& status, const WorkDirectory& copies,
                             const std::string& original);

}  // namespace daybook
