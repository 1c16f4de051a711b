// Standard input, output and error, whatever the caller made of them.
#pragma once

#include "absl/status/status.h"

namespace daybook {

// Call first of all. Takes the numbers 0 to 2 where the caller closed them (`2>&-`): otherwise the
// next file opened gets one, and messages are written into a file of the log.
void HoldStandardStreams();

// Whether all that was printed has arrived; FAILED_PRECONDITION if the disk is full or standard
// output is closed, so that half an answer is not taken for a whole one.
absl::Status FlushStandardOutput();

// Whether people look at this stream.
bool IsTerminal(int fd);

}  // namespace daybook
