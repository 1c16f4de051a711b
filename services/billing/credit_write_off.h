// The rest of a payment that was taken to income, and becomes unapplied again.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/documents.h"

namespace daybook::billing {

// Adds CreditWriteOffReversed of all of it, which is more than nothing; on `day`, or on the day of
// the write-off if that is later.
void AddCreditRestored(const PaymentRef& found, absl::CivilDay day, const std::string& reason,
                       command::Events<v1::Event>& events);

}  // namespace daybook::billing
