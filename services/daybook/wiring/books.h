// The table of contents of the write side: one line a book.
#pragma once

#include "absl/status/statusor.h"
#include "common/command/book.h"

namespace daybook {

// Errors: a message breaks the conventions of common/command/decider.h, or an rpc has no book.
absl::StatusOr<command::Book> TheBook();

}  // namespace daybook
