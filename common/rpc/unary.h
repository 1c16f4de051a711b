// Seats of unary calls. Private to common/rpc (gRPC types).
//
// Operation. A slot is a seat for one call: gRPC's context, the parsed request, the answer's
// writer. Slots are used again, with their request message, so that the hot path allocates next to
// nothing.
//
// Life of a slot: posted → a call arrives → open (a handler has a handle) → claimed (exactly one of
// handler, deadline sweep and shutdown answers) → free, when gRPC has reported the answer sent and
// the handle is gone. Who drops the last of these references frees the slot. Whether the caller is
// still there is not asked for: that would be one event of the queue more per call. A caller who
// does not take the answer is cancelled by the sweep some seconds after the deadline.
#pragma once

#include <memory>

#include "common/rpc/queue.h"

namespace daybook::rpc {

std::unique_ptr<Seats> NewUnarySeats(Shared& shared, CallQueue& queue, Method& method);

}  // namespace daybook::rpc
