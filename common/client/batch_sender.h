// Sends commands in batches and again, with the same request ids, until each has an outcome.
//
//   BatchSender sender(&client, {});
//   ASSIGN_OR_RETURN(auto results, sender.Send(commands));   // one result a command, in order
//
// Commands of one customer keep their order: when one of them has no certain outcome, it and those
// behind it of the same customer are sent again. Blocks. One thread a sender; a client may be
// shared.
#pragma once

#include <atomic>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/client/retry_notice.h"
#include "common/rpc/client.h"
#include "daybook/book/v1/command_service.pb.h"

namespace daybook {

struct BatchSenderOptions {
  absl::Duration call_deadline = absl::Seconds(30);
  absl::Duration first_wait = absl::Milliseconds(100);  // then doubled, with jitter
  absl::Duration longest_wait = absl::Seconds(5);
  absl::Duration give_up = absl::Seconds(60);  // without any command getting an outcome
  const std::atomic<bool>* stop = nullptr;     // set: Send returns CANCELLED soon
  RetryNotice* notice = nullptr;               // tells people of it
};

class BatchSender {
 public:
  BatchSender(rpc::Client* client, BatchSenderOptions options);

  // The results' statuses are final: nothing in them is worth sending again. Errors: the last error
  // of the call when giving up (and that it was given up), CANCELLED, or one that sending again
  // does not mend.
  absl::StatusOr<std::vector<book::v1::CommandResult>> Send(
      const std::vector<book::v1::Command>& commands);

  // Of the last Send: the command was sent more than once because an outcome was not known. What is
  // answered as recorded before may then have been recorded by this very sender.
  bool in_doubt(size_t command) const { return in_doubt_[command]; }

 private:
  rpc::Client* client_;
  BatchSenderOptions options_;
  std::vector<bool> in_doubt_;
};

// Worth sending again as it is: UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED.
bool WorthSendingAgain(absl::StatusCode code);
// The same, and not of a server that does not do this (NOT_SERVED_HERE): it will not later either.
bool WorthSendingAgain(const absl::Status& status);

// `customer_id` of whichever request it is.
const std::string& CustomerOf(const book::v1::Command& command);

// As absl::Status with its details.
absl::Status StatusOf(const book::v1::CommandResult& result);

}  // namespace daybook
