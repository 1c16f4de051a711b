// Requests written as JSON, by protobuf's own mapping.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace daybook {

// INVALID_ARGUMENT says what is wrong where, and what could stand there: the fields of the message,
// the values of the enum, how a date or an amount is written.
absl::Status ParseJsonRequest(const std::string& text, google::protobuf::Message* request);

}  // namespace daybook
