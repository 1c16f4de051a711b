// Terms of payment: when an invoice is due, and which discount it offers for early payment.
#pragma once

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "common/base/fields.h"
#include "daybook/billing/v1/event.pb.h"

namespace daybook::billing {

// Adds the violations of terms. `path`: the field that has them.
void CheckTerms(const v1::Terms& terms, const std::string& path, FieldViolations& bad);

// Adds a violation of `credit_application`.
void CheckCreditApplication(v1::CreditApplication application, FieldViolations& bad);

// Checked terms as events have them, with the per cent in its shortest form.
v1::Terms Normalised(v1::Terms terms);

// As events and the state have it: MANUAL, else unspecified, which is AUTOMATIC.
v1::CreditApplication Normalised(v1::CreditApplication application);

// The due day by the rule of the terms (`DueRule`); nullopt if that is after the year 9999.
std::optional<absl::CivilDay> DueDay(const v1::Terms& terms, absl::CivilDay invoice_day);

// The discount that an invoice offers by the terms; its last day is the due day at the latest.
// nullopt if the terms have none, or if it comes to less than half a minor unit or to the whole
// total.
std::optional<v1::DiscountOffer> OfferOf(const v1::Terms& terms, absl::CivilDay invoice_day,
                                         absl::CivilDay due_day, int64_t total_minor);

}  // namespace daybook::billing
