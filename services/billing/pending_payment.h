// A payment that was announced and has not come yet, or has failed.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/allocation.h"
#include "services/billing/documents.h"
#include "services/billing/received_money.h"

namespace daybook::billing {

// The money of a pending or failed payment came on `day` (Receive). It goes on invoices as
// `instructed`; if that is empty, as instructed by the announcement, as far as those can still be
// paid; the rest goes by age. AMOUNT_OVERFLOW; INVOICE_NOT_FOUND and INVOICE_NOT_OPEN for
// `instructed`.
absl::StatusOr<Received> Confirm(const command::View& view, const PaymentRef& found,
                                 const Allocations& instructed, absl::CivilDay day);

}  // namespace daybook::billing
