// What was taken to income of a payment, unapplied again.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/documents.h"

namespace daybook::billing {

// All of it, which is something; on `day`, or on that on which it was taken if that is later.
void AddCreditRestored(const PaymentRef& found, absl::CivilDay day, const std::string& reason,
                       command::Events<v1::Event>& events);

}  // namespace daybook::billing
