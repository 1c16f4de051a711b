// How many files and connections this process may have open.
#pragma once

namespace daybook {

// As many as the system lets it: each connection and each table takes one, and what shells give is
// often 1,024.
void TakeAllDescriptors();

}  // namespace daybook
