// When an invoice is due by the terms, and what is off if it is paid before.
#pragma once

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "common/base/fields.h"
#include "daybook/billing/v1/billing.pb.h"

namespace daybook::billing {

// Adds what is wrong with terms; `path`: the field that has them.
void CheckTerms(const v1::Terms& terms, const std::string& path, FieldViolations& bad);

// Checked terms as events keep them: the per cent in its shortest form.
v1::Terms Normalised(v1::Terms terms);

// By the rule of the terms (see `DueRule`); nothing if that is after the year 9999.
std::optional<absl::CivilDay> DueDay(const v1::Terms& terms, absl::CivilDay invoice_day);

// The discount that an invoice offers by the terms: its last day is the due day at the latest.
// Nothing if the terms have none, or it comes to less than half a minor unit or to the whole total.
std::optional<v1::DiscountOffer> OfferOf(const v1::Terms& terms, absl::CivilDay invoice_day,
                                         absl::CivilDay due_day, int64_t total_minor);

}  // namespace daybook::billing
