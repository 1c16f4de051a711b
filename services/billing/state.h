// What the billing book decides on: the messages of its private state.
#pragma once

#include "daybook/internal/billing/v1/state.pb.h"

namespace daybook::billing {

namespace state = daybook::internal::billing::v1;

}  // namespace daybook::billing
