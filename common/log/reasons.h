// Why a token of the log is not taken.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kTokenMalformed{"CONSISTENCY_TOKEN_MALFORMED",
                                        absl::StatusCode::kInvalidArgument,
                                        "The consistency token is not one that this server made.",
                                        "Pass the token of a command's response unchanged."};

// All of the above.
inline constexpr const Reason* kLogReasons[] = {&kTokenMalformed};

}  // namespace daybook::reason
