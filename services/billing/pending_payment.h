// What becomes of a payment that was announced.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/allocation.h"
#include "services/billing/documents.h"
#include "services/billing/received_money.h"

namespace daybook::billing {

// The money of a payment under way, or of one that had failed, came on `day` (Receive). It goes on
// what `said` names; if that is empty, on what was said when it was announced, as far as that can
// still be paid; the rest by age. AMOUNT_OVERFLOW; INVOICE_NOT_FOUND, INVOICE_NOT_OPEN by `said`.
absl::StatusOr<Received> Confirm(const command::View& view, const PaymentRef& found,
                                 const Allocations& instructed, absl::CivilDay day);

}  // namespace daybook::billing
