// When an invoice is due by the terms.
#pragma once

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "common/base/fields.h"
#include "daybook/billing/v1/billing.pb.h"

namespace daybook::billing {

// Adds what is wrong with terms; `path`: the field that has them.
void CheckTerms(const v1::Terms& terms, const std::string& path, FieldViolations& bad);

// By the rule of the terms (see `DueRule`); nothing if that is after the year 9999.
std::optional<absl::CivilDay> DueDay(const v1::Terms& terms, absl::CivilDay invoice_day);

}  // namespace daybook::billing
