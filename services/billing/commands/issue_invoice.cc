#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/day_number.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/invoice_amounts.h"
#include "services/billing/invoice_number.h"
#include "services/billing/limits.h"
#include "services/billing/payment_answer.h"
#include "services/billing/tax_code.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Payment;
using v1::CreditApplied;
using v1::InvoiceIssued;
using v1::IssueInvoiceRequest;
using v1::IssueInvoiceResponse;

// A draft has the content of the invoice, so the request must not.
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

// `Content` is the request itself or a draft, which have the same fields.
template <class Content>
absl::StatusOr<absl::CivilDay> InvoiceDay(const Account& account, const Content& content,
                                          absl::Time now) {
  if (content.has_invoice_date()) return DayOf(content.invoice_date());
  return DefaultDay(account.time_zone(), now, "invoice_date");
}

template <class Content>
absl::StatusOr<absl::CivilDay> DueDayOf(const Account& account, const Content& content,
                                        absl::CivilDay invoice_day) {
  if (!content.has_due_date()) {
    const auto due = DueDay(content.has_terms() ? content.terms() : account.terms(), invoice_day);
    if (due.has_value()) return *due;
    return Violation("due_date", "is required: by the terms it lies after the year 9999");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay due, DayOf(content.due_date()));
  if (due >= invoice_day) return due;
  return Violation("due_date", absl::StrCat("is before the invoice date, which is today, ",
                                            FormatDay(invoice_day)));
}

// Everything ever invoiced on the account must fit, not only what is open, because balances show
// it.
absl::Status ExpectFits(const Account& account, int64_t total) {
  return ToInt64(Int128{account.invoiced_minor()} + total).status();
}

// Amounts that an invoice is settled with when it is issued.
struct AtOnce {
  int64_t credit_minor = 0;
  int64_t discounted_minor = 0;

  int64_t total() const { return credit_minor + discounted_minor; }
};

// Allocates unapplied credit to the invoice, the oldest payment first, and takes the discount if
// that earns it.
AtOnce ApplyCredit(const Account& account, const InvoiceIssued& invoice, absl::CivilDay invoice_day,
                   int most, Events& events) {
  int64_t open = invoice.total_minor();
  std::vector<uint32_t> sources;
  for (const uint32_t ordinal : account.open_payments()) {
    if (open == 0 || static_cast<int>(sources.size()) == most) break;
    sources.push_back(ordinal);
    const Payment& payment = account.payments(static_cast<int>(ordinal));
    const int64_t amount = std::min(open, payment.unapplied_minor());
    open -= amount;
    auto& dated = events.emplace_back();
    dated.effective_date = std::max(invoice_day, DayOfNumber(payment.payment_date()));
    CreditApplied& credit = *dated.event.mutable_credit_applied();
    credit.set_account_id(account.account_id());
    credit.set_payment_id(payment.payment_id());
    credit.set_currency_code(account.currency_code());
    auto& allocation = *credit.add_allocations();
    allocation.set_invoice_id(invoice.invoice_id());
    allocation.set_amount_minor(amount);
  }
  AtOnce at_once{.credit_minor = invoice.total_minor() - open};
  if (invoice.has_discount()) {
    at_once.discounted_minor =
        EarlyPayments(account).TakeAtIssue(invoice, invoice_day, sources, open, events);
  }
  return at_once;
}

void Answer(const InvoiceIssued& invoice, const Currency& currency, const AtOnce& at_once,
            bool validate_only, IssueInvoiceResponse& response) {
  response.set_invoice_id(invoice.invoice_id());
  if (!validate_only) response.set_number(FormatNumber(invoice.number()));
  SetMoney(invoice.net_minor(), currency, *response.mutable_net());
  SetMoney(invoice.tax_minor(), currency, *response.mutable_tax());
  SetMoney(invoice.total_minor(), currency, *response.mutable_total());
  *response.mutable_due_date() = invoice.due_date();
  SetMoney(at_once.credit_minor, currency, *response.mutable_credit_applied());
  response.set_state(at_once.total() == invoice.total_minor() ? v1::INVOICE_STATE_PAID
                                                              : v1::INVOICE_STATE_ISSUED);
  AnswerDiscounted(at_once.discounted_minor, currency, response);
  if (invoice.has_discount()) {
    SetMoney(invoice.discount().amount_minor(), currency, *response.mutable_discount());
    *response.mutable_discount_date() = invoice.discount().last_date();
  }
  response.set_account_id(invoice.account_id());
}

// `id`: that of the draft, or a new one.
template <class Content>
absl::StatusOr<Events> Issue(const command::View& view, const Account& account,
                             const Content& content, bool allow_unusual, std::string id,
                             const command::Context& context, IssueInvoiceResponse& response) {
  RETURN_IF_ERROR(ExpectRoom(view, content.lines_size()));
  RETURN_IF_ERROR(ExpectCurrencies(account, content.lines()));
  ASSIGN_OR_RETURN(const absl::CivilDay invoice_day, InvoiceDay(account, content, context.now));
  ASSIGN_OR_RETURN(const absl::CivilDay due_day, DueDayOf(account, content, invoice_day));
  const Currency currency = CurrencyOf(account);
  if (invoice_day > currency.last_day()) {
    return Violation("invoice_date",
                     absl::StrCat("is later than ", account.currency_code(),
                                  ", which went out of use on ", FormatDay(currency.last_day())));
  }

  Events events(1);
  events[0].effective_date = invoice_day;
  InvoiceIssued invoice;
  RETURN_IF_ERROR(FillAmounts(content.lines(), currency, invoice));
  RETURN_IF_ERROR(ExpectUsual(account, invoice, allow_unusual));
  RETURN_IF_ERROR(ExpectTaxCodeRoom(invoice.taxes(), account));
  RETURN_IF_ERROR(ExpectFits(account, invoice.total_minor()));
  ASSIGN_OR_RETURN(*invoice.mutable_number(),
                   NextNumber(view.partition_state.series(), Numbered::kInvoice, content.series(),
                              static_cast<int>(invoice_day.year()), view.partition));
  invoice.set_account_id(account.account_id());
  invoice.set_invoice_id(std::move(id));
  *invoice.mutable_due_date() = DateOf(due_day);
  invoice.set_currency_code(account.currency_code());
  invoice.set_reference(Tidy(content.reference()));
  const auto offer = OfferOf(content.has_terms() ? content.terms() : account.terms(), invoice_day,
                             due_day, invoice.total_minor());
  if (offer.has_value()) *invoice.mutable_discount() = *offer;

  AtOnce at_once;
  if (account.credit_application() != v1::CREDIT_APPLICATION_MANUAL &&
      !account.open_payments().empty()) {
    const int most = std::min(kMaxCredits, MostAllocations(view.part<state::State>()));
    at_once = ApplyCredit(account, invoice, invoice_day, most, events);
  }
  Answer(invoice, currency, at_once, context.validate_only, response);
  *events[0].event.mutable_invoice_issued() = std::move(invoice);
  return events;
}

}  // namespace

absl::Status Billing::Check(const IssueInvoiceRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  if (!request.draft_id().empty()) {
    CheckOnlyDraftId(request, bad);
  } else if (!request.draft_etag().empty()) {
    bad.Add("draft_etag", "goes with draft_id");
  }
  if (request.draft_id().empty() || !request.lines().empty()) CheckContent(request, "", bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const IssueInvoiceRequest& request,
                                       const command::Context& context,
                                       IssueInvoiceResponse& response) {
  if (!request.draft_id().empty()) {
    ASSIGN_OR_RETURN(const InvoiceRef found,
                     FindInvoice(view, request.draft_id(), Command::kIssueInvoice));
    RETURN_IF_ERROR(ExpectEtag(*found.draft, request.draft_etag()));
    // Unusual amounts were refused or allowed when the draft was written.
    return Issue(view, *found.account, found.draft->draft(), /*allow_unusual=*/true,
                 request.draft_id(), context, response);
  }
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kIssueInvoice));
  return Issue(view, *account, request, request.allow_unusual(), context.NewId(view, 0), context,
               response);
}

}  // namespace daybook::billing
