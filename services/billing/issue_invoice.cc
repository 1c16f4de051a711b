#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/invoice_amounts.h"
#include "services/billing/invoice_number.h"
#include "services/billing/limits.h"

namespace daybook {
namespace {

using billing::v1::Account;
using billing::v1::CreditApplied;
using billing::v1::InvoiceIssued;
using billing::v1::IssueInvoiceRequest;
using billing::v1::IssueInvoiceResponse;
using billing::v1::LineItem;
using billing::v1::OpenPayment;

constexpr char kDefaultSeries[] = "A";

absl::StatusOr<absl::CivilDay> InvoiceDay(const Account& account,
                                          const IssueInvoiceRequest& request, absl::Time now) {
  if (request.has_invoice_date()) return DayOf(request.invoice_date());
  return billing::DefaultDay(account.time_zone(), now, "invoice_date");
}

absl::StatusOr<absl::CivilDay> DueDay(const Account& account, const IssueInvoiceRequest& request,
                                      absl::CivilDay invoice_day) {
  if (!request.has_due_date()) {
    const absl::CivilDay due = invoice_day + account.terms().net_days();
    if (InRange(due)) return due;
    return billing::Violation("due_date", "is required: by the terms it lies after the year 9999");
  }
  ASSIGN_OR_RETURN(const absl::CivilDay due, DayOf(request.due_date()));
  if (due >= invoice_day) return due;
  return billing::Violation("due_date", absl::StrCat("is before the invoice date, which is today, ",
                                                     FormatDay(invoice_day)));
}

absl::Status ExpectCurrency(const Account& account, const IssueInvoiceRequest& request) {
  for (const LineItem& line : request.lines()) {
    if (line.price_case() != LineItem::kAmount) continue;
    RETURN_IF_ERROR(billing::ExpectCurrency(account, line.amount().currency_code()));
  }
  return absl::OkStatus();
}

// Everything ever invoiced on the account must fit, not only what is open: balances show it.
absl::Status ExpectFits(const Account& account, int64_t total) {
  return ToInt64(Int128{account.allocated_minor()} + account.open_minor() + total).status();
}

// Puts unapplied credit on the invoice, oldest payment first; what it put.
int64_t ApplyCredit(const Account& account, const InvoiceIssued& invoice,
                    absl::CivilDay invoice_day, command::Events<Billing::Event>& events) {
  int64_t open = invoice.total_minor();
  int credits = 0;
  for (const OpenPayment& payment : account.open_payments()) {
    if (open == 0 || credits++ == billing::kMaxCredits) break;
    const int64_t amount = std::min(open, payment.unapplied_minor());
    open -= amount;
    auto& dated = events.emplace_back();
    dated.effective_date = std::max(invoice_day, *DayOf(payment.payment_date()));
    CreditApplied& credit = *dated.event.mutable_credit_applied();
    credit.set_account_id(account.account_id());
    credit.set_payment_id(payment.payment_id());
    credit.set_currency_code(account.currency_code());
    auto& allocation = *credit.add_allocations();
    allocation.set_invoice_id(invoice.invoice_id());
    allocation.set_amount_minor(amount);
  }
  return invoice.total_minor() - open;
}

void Answer(const InvoiceIssued& invoice, const Currency& currency, int64_t credit,
            bool validate_only, IssueInvoiceResponse& response) {
  response.set_invoice_id(invoice.invoice_id());
  if (!validate_only) response.set_number(billing::FormatNumber(invoice.number()));
  *response.mutable_net() = MoneyOf(invoice.net_minor(), currency);
  *response.mutable_tax() = MoneyOf(invoice.tax_minor(), currency);
  *response.mutable_total() = MoneyOf(invoice.total_minor(), currency);
  *response.mutable_due_date() = invoice.due_date();
  *response.mutable_credit_applied() = MoneyOf(credit, currency);
  response.set_state(credit == invoice.total_minor() ? billing::v1::INVOICE_STATE_PAID
                                                     : billing::v1::INVOICE_STATE_ISSUED);
  response.set_account_id(invoice.account_id());
}

}  // namespace

absl::StatusOr<command::Events<Billing::Event>> Billing::Decide(const command::View& view,
                                                                const IssueInvoiceRequest& request,
                                                                const command::Context& context,
                                                                IssueInvoiceResponse& response) {
  RETURN_IF_ERROR(billing::ExpectCustomer(view));
  ASSIGN_OR_RETURN(const Account* account, billing::ChooseAccount(view, request.account_id()));
  RETURN_IF_ERROR(billing::ExpectRoom(view));
  RETURN_IF_ERROR(ExpectCurrency(*account, request));
  ASSIGN_OR_RETURN(const absl::CivilDay invoice_day, InvoiceDay(*account, request, context.now));
  ASSIGN_OR_RETURN(const absl::CivilDay due_day, DueDay(*account, request, invoice_day));
  const Currency& currency = billing::CurrencyOf(*account);

  command::Events<Event> events(1);
  events[0].effective_date = invoice_day;
  InvoiceIssued invoice;
  RETURN_IF_ERROR(billing::FillAmounts(request.lines(), currency, invoice));
  RETURN_IF_ERROR(ExpectFits(*account, invoice.total_minor()));
  ASSIGN_OR_RETURN(*invoice.mutable_number(),
                   billing::NextNumber(view.partition_state.series(),
                                       request.series().empty() ? kDefaultSeries : request.series(),
                                       static_cast<int>(invoice_day.year()), view.partition));
  invoice.set_account_id(account->account_id());
  invoice.set_invoice_id(context.NewId(view, 0));
  *invoice.mutable_due_date() = DateOf(due_day);
  invoice.set_currency_code(account->currency_code());
  invoice.set_reference(Normalise(request.reference()));

  const int64_t credit =
      account->manual_credit() ? 0 : ApplyCredit(*account, invoice, invoice_day, events);
  Answer(invoice, currency, credit, context.validate_only, response);
  *events[0].event.mutable_invoice_issued() = std::move(invoice);
  return events;
}

}  // namespace daybook
