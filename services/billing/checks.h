// What requests of the billing book have in common, checked without any state. Each command's file
// in commands/ has its own Check, which puts these together. Violations are added to `bad`.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "services/billing/terms.h"

namespace daybook::billing {

inline constexpr int kMaxLines = 1'000;
inline constexpr size_t kMaxReferenceCharacters = 200;
inline constexpr size_t kMaxExternalIdCharacters = 128;

// The envelope and the customer, which every request has.
template <class Request>
void CheckCustomer(const Request& request, FieldViolations& bad) {
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  Expect(CheckId(request.customer_id(), command::kMaxStreamIdCharacters), "customer_id", bad);
}

// The same, and the account if the request names one.
template <class Request>
void CheckCustomerAndAccount(const Request& request, FieldViolations& bad) {
  CheckCustomer(request, bad);
  if (!request.account_id().empty()) {
    Expect(CheckId(request.account_id(), kMaxIdCharacters), "account_id", bad);
  }
}

// A series of numbers, 1 to 8 characters A-Z and 0-9; empty means the default one.
absl::Status CheckSeries(const std::string& series);

// An amount above zero.
absl::Status CheckPositive(const google::type::Money& money);

// The line at `i` of the field `lines`.
void CheckLine(const v1::LineItem& line, std::string_view lines, int i, FieldViolations& bad);

// The content of an invoice, in the request that issues it or in a draft. `prefix`: `draft.` or
// empty.
template <class Content>
void CheckContent(const Content& content, const std::string& prefix, FieldViolations& bad) {
  Expect(CheckSeries(content.series()), prefix + "series", bad);
  absl::StatusOr<absl::CivilDay> invoice_date = absl::InvalidArgumentError("");
  if (content.has_invoice_date()) {
    invoice_date = DayOf(content.invoice_date());
    Expect(invoice_date.status(), prefix + "invoice_date", bad);
  }
  if (content.has_due_date()) {
    const auto due_date = DayOf(content.due_date());
    Expect(due_date.status(), prefix + "due_date", bad);
    if (invoice_date.ok() && due_date.ok() && *due_date < *invoice_date) {
      bad.Add(prefix + "due_date", "is before the invoice date");
    }
  }
  if (content.has_terms()) CheckTerms(content.terms(), prefix + "terms", bad);
  Expect(CheckText(content.reference(), kMaxReferenceCharacters), prefix + "reference", bad);
  const std::string lines = prefix + "lines";
  if (content.lines().empty()) bad.Add(lines, "has no entry");
  if (content.lines_size() > kMaxLines) {
    return bad.Add(lines, absl::StrCat("has more than ", kMaxLines, " entries"));
  }
  for (int i = 0; i < content.lines_size(); ++i) CheckLine(content.lines(i), lines, i, bad);
}

// Instructed allocations: each names an invoice, once, and has an amount above zero or none.
void CheckAllocations(const google::protobuf::RepeatedPtrField<v1::PaymentAllocation>& allocations,
                      FieldViolations& bad);

template <class Request>
void CheckEffectiveDate(const Request& request, FieldViolations& bad) {
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
}

// The caller's reason: any text within the limit.
void CheckReason(const std::string& reason, FieldViolations& bad);

// A whole request that has an account, a reason and a day; likewise for an invoice and a payment
// below.
template <class Request>
absl::Status CheckAccountRequest(const Request& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

template <class Request>
void CheckInvoiceId(const Request& request, FieldViolations& bad) {
  CheckCustomer(request, bad);
  Expect(CheckId(request.invoice_id(), kMaxIdCharacters), "invoice_id", bad);
}

template <class Request>
absl::Status CheckInvoiceRequest(const Request& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

template <class Request>
void CheckPaymentId(const Request& request, FieldViolations& bad) {
  CheckCustomer(request, bad);
  Expect(CheckId(request.payment_id(), kMaxIdCharacters), "payment_id", bad);
}

template <class Request>
absl::Status CheckPaymentRequest(const Request& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

void CheckEtag(const std::string& etag, std::string_view field, FieldViolations& bad);

// Money that goes out, by a refund or by a bank: amount, external id, reason and day.
template <class Request>
void CheckOutgoing(const Request& request, FieldViolations& bad) {
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  if (!request.external_id().empty()) {
    Expect(CheckName(request.external_id(), kMaxExternalIdCharacters), "external_id", bad);
  }
  CheckReason(request.reason(), bad);
  CheckEffectiveDate(request, bad);
}

template <class Request>
absl::Status CheckReversal(const Request& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckOutgoing(request, bad);
  if (!v1::ReversalExcess_IsValid(request.excess())) {
    bad.Add("excess", "is not CLAIM or LOSS");
  }
  return bad.ToStatus();
}

template <class Request>
void CheckDraft(const Request& request, FieldViolations& bad) {
  if (!request.has_draft()) return bad.Add("draft", "is required");
  CheckContent(request.draft(), "draft.", bad);
}

}  // namespace daybook::billing
