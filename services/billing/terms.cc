#include "services/billing/terms.h"

#include <algorithm>

#include "common/base/dates.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

absl::CivilDay EndOfMonth(absl::CivilMonth month) { return absl::CivilDay(month + 1) - 1; }

// A day of the month, or its last one if it has no such day.
absl::CivilDay DayIn(absl::CivilMonth month, int day) {
  return std::min(absl::CivilDay(month) + (day - 1), EndOfMonth(month));
}

absl::CivilDay AfterInvoice(const v1::Terms& terms, absl::CivilDay day) {
  return DayIn(absl::CivilMonth(day) + terms.months(), day.day()) + terms.net_days();
}

absl::CivilDay ByRule(const v1::Terms& terms, absl::CivilDay day) {
  switch (terms.due_rule()) {
    case v1::DUE_RULE_AFTER_END_OF_MONTH:
      return EndOfMonth(absl::CivilMonth(day) + terms.months()) + terms.net_days();
    case v1::DUE_RULE_END_OF_MONTH:
      return EndOfMonth(absl::CivilMonth(AfterInvoice(terms, day)));
    case v1::DUE_RULE_DAY_OF_MONTH: {
      const absl::CivilDay after = AfterInvoice(terms, day);
      const absl::CivilMonth month(after);
      const absl::CivilDay due = DayIn(month, terms.day_of_month());
      return due >= after ? due : DayIn(month + 1, terms.day_of_month());
    }
    default:
      return AfterInvoice(terms, day);
  }
}

}  // namespace

void CheckTerms(const v1::Terms& terms, const std::string& path, FieldViolations& bad) {
  if (terms.net_days() < 0 || terms.net_days() > kMaxNetDays) {
    bad.Add(path + ".net_days", "is not within 0 to 3,650");
  }
  if (terms.months() < 0 || terms.months() > kMaxTermMonths) {
    bad.Add(path + ".months", "is not within 0 to 120");
  }
  if (!v1::DueRule_IsValid(terms.due_rule())) bad.Add(path + ".due_rule", "is no known rule");
  if (terms.due_rule() == v1::DUE_RULE_DAY_OF_MONTH) {
    if (terms.day_of_month() < 1 || terms.day_of_month() > 31) {
      bad.Add(path + ".day_of_month", "is not within 1 to 31");
    }
  } else if (terms.day_of_month() != 0) {
    bad.Add(path + ".day_of_month", "goes with DUE_RULE_DAY_OF_MONTH only");
  }
}

std::optional<absl::CivilDay> DueDay(const v1::Terms& terms, absl::CivilDay invoice_day) {
  const absl::CivilDay due = ByRule(terms, invoice_day);
  if (!InRange(due)) return std::nullopt;
  return due;
}

}  // namespace daybook::billing
