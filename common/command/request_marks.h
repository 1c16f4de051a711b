// Which request ids a customer has surely not used: nearly every command comes under a new one, and
// to learn that from the backing store would cost a look into each of its files.
//
// A state has a mark for each of the customer's commits, a hash of its request id. They are folded
// from the log and written with the state, so that after a crash, a doubt or a flush they say what
// the state says. Of a customer with very many commits there are none: `commit_count` shows that
// some are missing, and then nothing is sure.
#pragma once

#include <string_view>

#include "daybook/internal/book/v1/state.pb.h"

namespace daybook::command {

// Beyond so many commits a customer has no marks: looking through them would cost what it saves.
inline constexpr int kMaxRequestMarks = 1'024;

// The customer's next commit was made under `request_id`: counts and marks it.
void MarkRequest(std::string_view request_id, internal::book::v1::Stream& stream);

// False: there are too many of them to say anything.
bool KnowsRequests(const internal::book::v1::Stream& stream);

// False: none of the commits that the state holds was.
bool MayKnowRequest(const internal::book::v1::Stream& stream, std::string_view request_id);

}  // namespace daybook::command
