#include "services/billing/terms.h"

#include <algorithm>

#include "common/base/dates.h"
#include "common/base/decimal.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

absl::CivilDay EndOfMonth(absl::CivilMonth month) { return absl::CivilDay(month + 1) - 1; }

// A day of a month, or its last day if the month is shorter.
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

// The most days that can lie between an invoice and its due date by these terms.
int64_t MostDays(const v1::Terms& terms) {
  const bool exact = terms.due_rule() == v1::DUE_RULE_UNSPECIFIED ||
                     terms.due_rule() == v1::DUE_RULE_AFTER_INVOICE_DATE;
  return (int64_t{terms.months()} + (exact ? 0 : 1)) * 31 + terms.net_days();
}

void CheckDiscount(const v1::Terms& terms, const std::string& path, FieldViolations& bad) {
  const v1::EarlyPaymentDiscount& discount = terms.early_payment_discount();
  if (discount.days() < 0 || discount.days() > kMaxNetDays) {
    bad.Add(path + ".days", "is not within 0 to 3,650");
  } else if (discount.days() > MostDays(terms)) {
    bad.Add(path + ".days", "ends behind the due date of every invoice");
  }
  if (!discount.has_percent()) return bad.Add(path + ".percent", "is required");
  const absl::StatusOr<Decimal> percent = Decimal::Parse(discount.percent().value());
  Expect(percent.status(), path + ".percent", bad);
  if (percent.ok() && (percent->scaled() <= 0 || percent->scaled() >= 100 * Decimal::kOne)) {
    bad.Add(path + ".percent", "is not above 0 and below 100");
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
  if (terms.has_early_payment_discount()) {
    CheckDiscount(terms, path + ".early_payment_discount", bad);
  }
}

void CheckCreditApplication(v1::CreditApplication application, FieldViolations& bad) {
  if (!v1::CreditApplication_IsValid(application)) {
    bad.Add("credit_application", "is no known way");
  }
}

v1::CreditApplication Normalised(v1::CreditApplication application) {
  return application == v1::CREDIT_APPLICATION_MANUAL ? application
                                                      : v1::CREDIT_APPLICATION_UNSPECIFIED;
}

v1::Terms Normalised(v1::Terms terms) {
  if (terms.has_early_payment_discount()) {
    std::string& percent =
        *terms.mutable_early_payment_discount()->mutable_percent()->mutable_value();
    percent = Decimal::Parse(percent)->ToString();
  }
  return terms;
}

std::optional<absl::CivilDay> DueDay(const v1::Terms& terms, absl::CivilDay invoice_day) {
  const absl::CivilDay due = ByRule(terms, invoice_day);
  if (!InRange(due)) return std::nullopt;
  return due;
}

std::optional<v1::DiscountOffer> OfferOf(const v1::Terms& terms, absl::CivilDay invoice_day,
                                         absl::CivilDay due_day, int64_t total_minor) {
  if (!terms.has_early_payment_discount()) return std::nullopt;
  const v1::EarlyPaymentDiscount& discount = terms.early_payment_discount();
  const Decimal percent = *Decimal::Parse(discount.percent().value());
  const auto amount = static_cast<int64_t>(
      DivideHalfUp(Int128{total_minor} * percent.scaled(), 100 * Decimal::kOne));
  if (amount == 0 || amount >= total_minor) return std::nullopt;
  v1::DiscountOffer offer;
  *offer.mutable_last_date() = DateOf(std::min(invoice_day + discount.days(), due_day));
  offer.set_percent(percent.ToString());
  offer.set_amount_minor(amount);
  return offer;
}

}  // namespace daybook::billing
