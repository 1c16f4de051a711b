// What can be said of the billing book's requests without any state.
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/dates.h"
#include "common/base/decimal.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "services/billing/billing.h"
#include "services/billing/limits.h"

namespace daybook {
namespace {

using billing::v1::IssueInvoiceRequest;
using billing::v1::LineItem;
using billing::v1::OpenAccountRequest;
using billing::v1::PaymentAllocation;
using billing::v1::RecordPaymentRequest;

constexpr int kMaxLines = 1'000;
constexpr int kMaxSaid = 1'000;
constexpr size_t kMaxSeriesBytes = 8;
constexpr size_t kMaxDescriptionBytes = 500;
constexpr size_t kMaxProductBytes = 64;
constexpr size_t kMaxReferenceBytes = 200;
constexpr size_t kMaxExternalIdBytes = 128;

template <class Request>
void CheckWhoseAndWhich(const Request& request, FieldViolations& bad) {
  CheckEnvelope(request, command::kMaxRequestIdBytes, bad);
  Expect(CheckId(request.customer_id(), command::kMaxCustomerIdBytes), "customer_id", bad);
  if (!request.account_id().empty()) {
    Expect(CheckId(request.account_id(), kMaxIdBytes), "account_id", bad);
  }
}

absl::Status CheckSeries(const std::string& series) {
  bool shaped = series.size() <= kMaxSeriesBytes;
  for (const char c : series) shaped = shaped && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
  return shaped ? absl::OkStatus()
                : absl::InvalidArgumentError("is no series of 1 to 8 characters A-Z and 0-9");
}

absl::Status CheckPositive(const google::type::Money& money) {
  ASSIGN_OR_RETURN(const int64_t minor, MinorOf(money));
  return minor > 0 ? absl::OkStatus() : absl::InvalidArgumentError("must be positive");
}

absl::Status CheckRate(const google::type::Decimal& text) {
  ASSIGN_OR_RETURN(const Decimal rate, Decimal::Parse(text.value()));
  if (rate.scaled() < 0 || rate.scaled() > 100 * Decimal::kOne) {
    return absl::InvalidArgumentError("is not within 0 to 100");
  }
  return absl::OkStatus();
}

void CheckLine(const LineItem& line, int i, FieldViolations& bad) {
  Expect(CheckText(line.description(), kMaxDescriptionBytes), At("lines", i, "description"), bad);
  Expect(CheckText(line.product(), kMaxProductBytes), At("lines", i, "product"), bad);
  if (line.has_quantity()) {
    Expect(Decimal::Parse(line.quantity().value()).status(), At("lines", i, "quantity"), bad);
  }
  switch (line.price_case()) {
    case LineItem::kUnitPrice:
      Expect(Decimal::Parse(line.unit_price().value()).status(), At("lines", i, "unit_price"), bad);
      break;
    case LineItem::kAmount:
      Expect(MinorOf(line.amount()).status(), At("lines", i, "amount"), bad);
      break;
    case LineItem::PRICE_NOT_SET:
      bad.Add(At("lines", i).ToString(), "has neither unit_price nor amount");
      break;
  }
  if (line.has_tax_rate_percent()) {
    Expect(CheckRate(line.tax_rate_percent()), At("lines", i, "tax_rate_percent"), bad);
  }
}

void CheckDates(const IssueInvoiceRequest& request, FieldViolations& bad) {
  if (request.has_invoice_date()) {
    Expect(DayOf(request.invoice_date()).status(), "invoice_date", bad);
  }
  if (!request.has_due_date()) return;
  const auto due_date = DayOf(request.due_date());
  Expect(due_date.status(), "due_date", bad);
  const auto invoice_date = DayOf(request.invoice_date());
  if (invoice_date.ok() && due_date.ok() && *due_date < *invoice_date) {
    bad.Add("due_date", "is before the invoice date");
  }
}

void CheckSaid(const RecordPaymentRequest& request, FieldViolations& bad) {
  if (request.allocations_size() > kMaxSaid) {
    return bad.Add("allocations", absl::StrCat("has more than ", kMaxSaid, " entries"));
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < request.allocations_size(); ++i) {
    const PaymentAllocation& said = request.allocations(i);
    Expect(CheckId(said.invoice_id(), kMaxIdBytes), At("allocations", i, "invoice_id"), bad);
    if (said.has_amount())
      Expect(CheckPositive(said.amount()), At("allocations", i, "amount"), bad);
    if (!seen.insert(said.invoice_id()).second) {
      bad.Add(At("allocations", i, "invoice_id").ToString(), "is named twice");
    }
  }
}

}  // namespace

absl::Status Billing::Check(const OpenAccountRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", request.currency_code().empty()
                                 ? "is required"
                                 : "is not an active ISO 4217 code such as EUR");
  }
  Expect(FindTimeZone(request.time_zone()).status(), "time_zone", bad);
  const int32_t net_days = request.terms().net_days();
  if (net_days < 0 || net_days > billing::kMaxNetDays) {
    bad.Add("terms.net_days", "is not within 0 to 3,650");
  }
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
  return bad.ToStatus();
}

absl::Status Billing::Check(const IssueInvoiceRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  Expect(CheckSeries(request.series()), "series", bad);
  CheckDates(request, bad);
  Expect(CheckText(request.reference(), kMaxReferenceBytes), "reference", bad);
  if (request.lines().empty()) bad.Add("lines", "has no entry");
  if (request.lines_size() > kMaxLines) {
    bad.Add("lines", absl::StrCat("has more than ", kMaxLines, " entries"));
  } else {
    for (int i = 0; i < request.lines_size(); ++i) CheckLine(request.lines(i), i, bad);
  }
  return bad.ToStatus();
}

absl::Status Billing::Check(const RecordPaymentRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  if (!request.has_amount()) {
    bad.Add("amount", "is required");
  } else {
    Expect(CheckPositive(request.amount()), "amount", bad);
  }
  if (request.method() == billing::v1::PAYMENT_METHOD_UNSPECIFIED) {
    bad.Add("method", "is required");
  } else if (!billing::v1::PaymentMethod_IsValid(request.method())) {
    bad.Add("method", "is no known method");
  }
  if (!billing::v1::PaymentChannel_IsValid(request.channel())) {
    bad.Add("channel", "is no known channel");
  }
  if (request.has_payment_date()) {
    Expect(DayOf(request.payment_date()).status(), "payment_date", bad);
  }
  Expect(CheckText(request.payer_reference(), kMaxReferenceBytes), "payer_reference", bad);
  if (!request.external_id().empty()) {
    Expect(CheckName(request.external_id(), kMaxExternalIdBytes), "external_id", bad);
  }
  CheckSaid(request, bad);
  return bad.ToStatus();
}

}  // namespace daybook
