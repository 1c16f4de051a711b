// An embedded log that was there and is gone: a mount that did not come up, a directory that
// somebody moved. An empty log in its place would begin another book, so absence is not believed
// where something stands that was computed from a log.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/daybook/config/config.h"

namespace daybook {

// FAILED_PRECONDITION: the log of the configuration is not there or holds no record, but a read
// model or the command cache beside it has read one, or has tables that nobody can read: says what
// is gone and what to do. Other errors: what is there cannot be looked at. Works on linked copies;
// changes nothing. Costs one small file to read when there is a log. OK on Kafka.
absl::Status CheckLogIsThere(const Config& config);

// What shows that a read model or the command cache of the data directory was computed from a log,
// for people; nothing: none has read a record. Whatever the log is.
absl::StatusOr<std::optional<std::string>> WhatWasComputed(const Config& config);

}  // namespace daybook
