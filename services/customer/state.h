// What the customer book decides on: the messages of its private state.
#pragma once

#include "daybook/internal/customer/v1/state.pb.h"

namespace daybook::customer {

namespace state = daybook::internal::customer::v1;

}  // namespace daybook::customer
