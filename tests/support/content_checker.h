// Whether a commit holds what its command asked for.
#pragma once

#include <string>

#include "daybook/book/v1/record.pb.h"
#include "tests/support/history.h"

namespace daybook {

// What is wrong; empty = nothing. Amounts are computed again from the request with 128-bit
// integers.
std::string CompareContent(const IssuedCommand& command, const book::v1::Commit& commit);

// The last two fields of every response.
struct Receipt {
  int64_t revision = 0;
  int partition = -1;
  int64_t offset = -1;  // by the token
};
// False: the response cannot be read or has no token.
bool ReadReceipt(const IssuedCommand& command, Receipt* receipt);

// The response without these two, in a form that can be compared; `bytes` may lack them.
std::string BareAnswer(const std::string& method, const std::string& bytes);

}  // namespace daybook
