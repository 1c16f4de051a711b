#include "services/billing/checks.h"

#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/limits.h"
#include "services/billing/tax_code.h"

namespace daybook::billing {
namespace {

using v1::LineItem;
using v1::PaymentAllocation;

constexpr int kMaxInstructions = 1'000;
constexpr size_t kMaxSeriesCharacters = 8;
constexpr size_t kMaxDescriptionCharacters = 500;
constexpr size_t kMaxProductCharacters = 64;
constexpr size_t kMaxReasonCharacters = 500;

absl::Status CheckRate(const google::type::Decimal& text) {
  ASSIGN_OR_RETURN(const Decimal rate, Decimal::Parse(text.value()));
  if (rate.scaled() < 0 || rate.scaled() > 100 * Decimal::kOne) {
    return absl::InvalidArgumentError("is not within 0 to 100");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSeries(const std::string& series) {
  bool shaped = series.size() <= kMaxSeriesCharacters;
  for (const char c : series) shaped = shaped && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
  return shaped ? absl::OkStatus()
                : absl::InvalidArgumentError("is no series of 1 to 8 characters A-Z and 0-9");
}

absl::Status CheckPositive(const google::type::Money& money) {
  ASSIGN_OR_RETURN(const int64_t minor, MinorOf(money));
  return minor > 0 ? absl::OkStatus() : absl::InvalidArgumentError("must be positive");
}

void CheckLine(const LineItem& line, std::string_view lines, int i, FieldViolations& bad) {
  Expect(CheckText(line.description(), kMaxDescriptionCharacters), At(lines, i, "description"),
         bad);
  Expect(CheckText(line.product(), kMaxProductCharacters), At(lines, i, "product"), bad);
  if (line.has_quantity()) {
    Expect(Decimal::Parse(line.quantity().value()).status(), At(lines, i, "quantity"), bad);
  }
  switch (line.price_case()) {
    case LineItem::kUnitPrice:
      Expect(Decimal::Parse(line.unit_price().value()).status(), At(lines, i, "unit_price"), bad);
      break;
    case LineItem::kAmount:
      Expect(MinorOf(line.amount()).status(), At(lines, i, "amount"), bad);
      break;
    case LineItem::kGrossUnitPrice:
      Expect(Decimal::Parse(line.gross_unit_price().value()).status(),
             At(lines, i, "gross_unit_price"), bad);
      break;
    case LineItem::kGrossAmount:
      Expect(MinorOf(line.gross_amount()).status(), At(lines, i, "gross_amount"), bad);
      break;
    case LineItem::PRICE_NOT_SET:
      bad.Add(At(lines, i).ToString(),
              "has none of unit_price, amount, gross_unit_price, gross_amount");
      break;
  }
  if (line.has_tax_rate_percent()) {
    Expect(CheckRate(line.tax_rate_percent()), At(lines, i, "tax_rate_percent"), bad);
  }
  if (line.has_tax_code()) CheckTaxCode(line, At(lines, i).ToString(), bad);
}

void CheckAllocations(const google::protobuf::RepeatedPtrField<PaymentAllocation>& allocations,
                      FieldViolations& bad) {
  if (allocations.size() > kMaxInstructions) {
    return bad.Add("allocations", absl::StrCat("has more than ", kMaxInstructions, " entries"));
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < allocations.size(); ++i) {
    const PaymentAllocation& instructed = allocations[i];
    Expect(CheckId(instructed.invoice_id(), kMaxIdCharacters), At("allocations", i, "invoice_id"),
           bad);
    if (instructed.has_amount())
      Expect(CheckPositive(instructed.amount()), At("allocations", i, "amount"), bad);
    if (!seen.insert(instructed.invoice_id()).second) {
      bad.Add(At("allocations", i, "invoice_id").ToString(), "is named twice");
    }
  }
}

void CheckReason(const std::string& reason, FieldViolations& bad) {
  Expect(CheckText(reason, kMaxReasonCharacters), "reason", bad);
}

void CheckEtag(const std::string& etag, std::string_view field, FieldViolations& bad) {
  Expect(CheckText(etag, kMaxEtagBytes), field, bad);
}

}  // namespace daybook::billing
