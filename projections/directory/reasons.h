// Why the directory says no, beyond what the books and the read side say.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kExternalIdAmbiguous{
    "EXTERNAL_ID_AMBIGUOUS", absl::StatusCode::kFailedPrecondition,
    "Several customers claim the external id; metadata `customer_ids` names them.",
    "Remove it from all but the right one, or use customer_id."};

// All of the above.
inline constexpr const Reason* kDirectoryReasons[] = {&kExternalIdAmbiguous};

}  // namespace daybook::reason
