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
#include "services/billing/tax_code.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using v1::IssueInvoiceRequest;
using v1::LineItem;
using v1::OpenAccountRequest;
using v1::PaymentAllocation;
using v1::RecordPaymentRequest;

constexpr int kMaxLines = 1'000;
constexpr int kMaxSaid = 1'000;
constexpr size_t kMaxSeriesCharacters = 8;
constexpr size_t kMaxDescriptionCharacters = 500;
constexpr size_t kMaxProductCharacters = 64;
constexpr size_t kMaxReferenceCharacters = 200;
constexpr size_t kMaxReasonCharacters = 500;
constexpr size_t kMaxExternalIdCharacters = 128;
constexpr int32_t kMaxAttempt = 1'000;

template <class Request>
void CheckWhose(const Request& request, FieldViolations& bad) {
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  Expect(CheckId(request.customer_id(), command::kMaxCustomerIdCharacters), "customer_id", bad);
}

template <class Request>
void CheckWhoseAndWhich(const Request& request, FieldViolations& bad) {
  CheckWhose(request, bad);
  if (!request.account_id().empty()) {
    Expect(CheckId(request.account_id(), kMaxIdCharacters), "account_id", bad);
  }
}

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

absl::Status CheckRate(const google::type::Decimal& text) {
  ASSIGN_OR_RETURN(const Decimal rate, Decimal::Parse(text.value()));
  if (rate.scaled() < 0 || rate.scaled() > 100 * Decimal::kOne) {
    return absl::InvalidArgumentError("is not within 0 to 100");
  }
  return absl::OkStatus();
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

// What an invoice says: in the request that issues it, or in a draft. `prefix`: `draft.` or empty.
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

template <class Request>
void CheckSaid(const Request& request, FieldViolations& bad) {
  if (request.allocations_size() > kMaxSaid) {
    return bad.Add("allocations", absl::StrCat("has more than ", kMaxSaid, " entries"));
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (int i = 0; i < request.allocations_size(); ++i) {
    const PaymentAllocation& said = request.allocations(i);
    Expect(CheckId(said.invoice_id(), kMaxIdCharacters), At("allocations", i, "invoice_id"), bad);
    if (said.has_amount())
      Expect(CheckPositive(said.amount()), At("allocations", i, "amount"), bad);
    if (!seen.insert(said.invoice_id()).second) {
      bad.Add(At("allocations", i, "invoice_id").ToString(), "is named twice");
    }
  }
}

template <class Request>
void CheckDay(const Request& request, FieldViolations& bad) {
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
}

template <class Request>
void CheckReason(const Request& request, FieldViolations& bad) {
  Expect(CheckText(request.reason(), kMaxReasonCharacters), "reason", bad);
}

// The requests that name an account, an invoice or a payment, a day and a reason: most of them.
template <class Request>
absl::Status CheckOfAccount(const Request& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  CheckReason(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

template <class Request>
void CheckInvoiceId(const Request& request, FieldViolations& bad) {
  CheckWhose(request, bad);
  Expect(CheckId(request.invoice_id(), kMaxIdCharacters), "invoice_id", bad);
}

template <class Request>
absl::Status CheckOfInvoice(const Request& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckReason(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

template <class Request>
void CheckPaymentId(const Request& request, FieldViolations& bad) {
  CheckWhose(request, bad);
  Expect(CheckId(request.payment_id(), kMaxIdCharacters), "payment_id", bad);
}

template <class Request>
absl::Status CheckOfPayment(const Request& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckReason(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

void CheckEtag(const std::string& etag, std::string_view field, FieldViolations& bad) {
  Expect(CheckText(etag, kMaxEtagBytes), field, bad);
}

// How much, and the id of whoever gives it back or takes it back.
template <class Request>
void CheckMoneyOut(const Request& request, FieldViolations& bad) {
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  if (!request.external_id().empty()) {
    Expect(CheckName(request.external_id(), kMaxExternalIdCharacters), "external_id", bad);
  }
  CheckReason(request, bad);
  CheckDay(request, bad);
}

template <class Request>
absl::Status CheckTakeBack(const Request& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckMoneyOut(request, bad);
  if (!v1::TakeBackExcess_IsValid(request.excess())) {
    bad.Add("excess", "is not CLAIM or LOSS");
  }
  return bad.ToStatus();
}

template <class Request>
void CheckDraft(const Request& request, FieldViolations& bad) {
  if (!request.has_draft()) return bad.Add("draft", "is required");
  CheckContent(request.draft(), "draft.", bad);
}

// A draft says what the invoice is, so the request must not.
void CheckOnlyDraftId(const IssueInvoiceRequest& request, FieldViolations& bad) {
  Expect(CheckId(request.draft_id(), kMaxIdCharacters), "draft_id", bad);
  CheckEtag(request.draft_etag(), "draft_etag", bad);
  const auto expect_none = [&bad](bool is_set, std::string_view field) {
    if (is_set) bad.Add(field, "must be left out: the draft says it");
  };
  expect_none(!request.account_id().empty(), "account_id");
  expect_none(!request.series().empty(), "series");
  expect_none(request.has_invoice_date(), "invoice_date");
  expect_none(request.has_due_date(), "due_date");
  expect_none(!request.lines().empty(), "lines");
  expect_none(!request.reference().empty(), "reference");
  expect_none(request.has_terms(), "terms");
}

}  // namespace

absl::Status Billing::Check(const OpenAccountRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", request.currency_code().empty()
                                 ? "is required"
                                 : "is no ISO 4217 code in capitals such as EUR");
  }
  Expect(FindTimeZone(request.time_zone()).status(), "time_zone", bad);
  CheckTerms(request.terms(), "terms", bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const IssueInvoiceRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  if (!request.draft_id().empty()) {
    CheckOnlyDraftId(request, bad);
  } else if (!request.draft_etag().empty()) {
    bad.Add("draft_etag", "goes with draft_id");
  }
  if (request.draft_id().empty() || !request.lines().empty()) CheckContent(request, "", bad);
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
  if (request.method() == v1::PAYMENT_METHOD_UNSPECIFIED) {
    bad.Add("method", "is required");
  } else if (!v1::PaymentMethod_IsValid(request.method())) {
    bad.Add("method", "is no known method");
  }
  if (!v1::PaymentChannel_IsValid(request.channel())) {
    bad.Add("channel", "is no known channel");
  }
  if (request.has_payment_date()) {
    Expect(DayOf(request.payment_date()).status(), "payment_date", bad);
  }
  Expect(CheckText(request.payer_reference(), kMaxReferenceCharacters), "payer_reference", bad);
  if (!request.external_id().empty()) {
    Expect(CheckName(request.external_id(), kMaxExternalIdCharacters), "external_id", bad);
  }
  if (request.attempt() < 0 || request.attempt() > kMaxAttempt) {
    bad.Add("attempt", absl::StrCat("must be 1 to ", kMaxAttempt, ", or be left out"));
  } else if (request.attempt() > 0 && request.external_id().empty()) {
    bad.Add("attempt", "needs an external_id");
  }
  CheckSaid(request, bad);
  switch (request.initial_state()) {
    case v1::PAYMENT_STATE_UNSPECIFIED:
    case v1::PAYMENT_STATE_SUCCEEDED:
    case v1::PAYMENT_STATE_PENDING:
    case v1::PAYMENT_STATE_UNKNOWN:
      break;
    default:
      bad.Add("initial_state", "is not SUCCEEDED, PENDING or UNKNOWN");
  }
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::ChangeAccountTermsRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  CheckTerms(request.terms(), "terms", bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::SuspendAccountRequest& request) {
  return CheckOfAccount(request);
}
absl::Status Billing::Check(const v1::CloseAccountRequest& request) {
  return CheckOfAccount(request);
}
absl::Status Billing::Check(const v1::ReopenAccountRequest& request) {
  return CheckOfAccount(request);
}

absl::Status Billing::Check(const v1::CreateDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  CheckDraft(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::EditDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckEtag(request.etag(), "etag", bad);
  CheckDraft(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::DeleteDraftInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  CheckEtag(request.etag(), "etag", bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::VoidInvoiceRequest& request) {
  return CheckOfInvoice(request);
}
absl::Status Billing::Check(const v1::MarkInvoiceUncollectibleRequest& request) {
  return CheckOfInvoice(request);
}

absl::Status Billing::Check(const v1::UnmarkInvoiceUncollectibleRequest& request) {
  return CheckOfInvoice(request);
}
absl::Status Billing::Check(const v1::ReverseWriteOffRequest& request) {
  return CheckOfInvoice(request);
}

absl::Status Billing::Check(const v1::WriteOffInvoiceRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  if (request.reason() == v1::WRITE_OFF_REASON_UNSPECIFIED) {
    bad.Add("reason", "is required");
  } else if (!v1::WriteOffReason_IsValid(request.reason())) {
    bad.Add("reason", "is no known reason");
  }
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::IssueCreditNoteRequest& request) {
  FieldViolations bad;
  CheckInvoiceId(request, bad);
  if (request.kind() == v1::CREDIT_NOTE_KIND_UNSPECIFIED) {
    bad.Add("kind", "is required");
  } else if (!v1::CreditNoteKind_IsValid(request.kind())) {
    bad.Add("kind", "is no known kind");
  }
  if (request.lines_size() > kMaxLines) {
    bad.Add("lines", absl::StrCat("has more than ", kMaxLines, " entries"));
  } else {
    absl::flat_hash_set<int32_t> seen;
    for (int i = 0; i < request.lines_size(); ++i) {
      const v1::CreditNoteItem& item = request.lines(i);
      if (item.line_index() < 0) bad.Add(At("lines", i, "line_index").ToString(), "is negative");
      if (item.has_net()) Expect(MinorOf(item.net()).status(), At("lines", i, "net"), bad);
      if (item.has_gross()) Expect(MinorOf(item.gross()).status(), At("lines", i, "gross"), bad);
      if (!seen.insert(item.line_index()).second) {
        bad.Add(At("lines", i, "line_index").ToString(), "is named twice");
      }
    }
  }
  Expect(CheckSeries(request.series()), "series", bad);
  CheckReason(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::ConfirmPaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  if (request.has_payment_date()) {
    Expect(DayOf(request.payment_date()).status(), "payment_date", bad);
  }
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::FailPaymentRequest& request) {
  return CheckOfPayment(request);
}
absl::Status Billing::Check(const v1::ReversePaymentRequest& request) {
  return CheckTakeBack(request);
}
absl::Status Billing::Check(const v1::ChargeBackPaymentRequest& request) {
  return CheckTakeBack(request);
}

absl::Status Billing::Check(const v1::ReinstatePaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  CheckSaid(request, bad);
  CheckReason(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::RefundPaymentRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  CheckMoneyOut(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::RefundCreditNoteRequest& request) {
  FieldViolations bad;
  CheckWhose(request, bad);
  Expect(CheckId(request.credit_note_id(), kMaxIdCharacters), "credit_note_id", bad);
  CheckMoneyOut(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::WriteOffCreditRequest& request) {
  return CheckOfPayment(request);
}
absl::Status Billing::Check(const v1::ReverseCreditWriteOffRequest& request) {
  return CheckOfPayment(request);
}

absl::Status Billing::Check(const v1::ApplyCreditRequest& request) {
  FieldViolations bad;
  CheckWhoseAndWhich(request, bad);
  if (!request.payment_id().empty()) {
    Expect(CheckId(request.payment_id(), kMaxIdCharacters), "payment_id", bad);
  }
  CheckSaid(request, bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

absl::Status Billing::Check(const v1::ReleaseCreditRequest& request) {
  FieldViolations bad;
  CheckPaymentId(request, bad);
  Expect(CheckId(request.invoice_id(), kMaxIdCharacters), "invoice_id", bad);
  if (request.has_amount()) Expect(CheckPositive(request.amount()), "amount", bad);
  CheckDay(request, bad);
  return bad.ToStatus();
}

}  // namespace daybook::billing
