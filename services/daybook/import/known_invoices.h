// What invoices the book has of a customer, by day and amount: for orders without a name of their
// own, which may have come in another way.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/client/retry_notice.h"
#include "common/rpc/client.h"

namespace daybook {

struct KnownInvoicesOptions {
  absl::Duration give_up = absl::Seconds(60);  // without an answer
  const std::atomic<bool>* stop = nullptr;     // set: CANCELLED soon
  RetryNotice* notice = nullptr;               // tells people that there is no answer
};

// How many invoices of this day and amount, minor units.
using InvoiceCounts = std::map<std::pair<absl::CivilDay, int64_t>, int64_t>;

// Those of an account from `first_day` on that are not void; none if there is no such customer or
// account. Asks the read model, so what was recorded a moment ago may be missing. Blocks, and asks
// again while the server gives no answer. Errors: that of the call, CANCELLED.
absl::StatusOr<InvoiceCounts> KnownInvoices(rpc::Client& client, const std::string& customer_id,
                                            const std::string& account_id, absl::CivilDay first_day,
                                            const KnownInvoicesOptions& options);

}  // namespace daybook
