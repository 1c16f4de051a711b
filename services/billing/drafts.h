// Drafts of invoices, as CreateDraftInvoice and UpdateDraftInvoice write them.
#pragma once

#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/account.h"
#include "services/billing/invoice_amounts.h"
#include "services/billing/tax_code.h"

namespace daybook::billing {

// A checked draft as events have it, with normalised texts.
v1::InvoiceDraft Normalised(v1::InvoiceDraft draft);

// DRAFTS_FULL if the customer's drafts would be too many or too large with `draft` in place of
// `old`.
absl::Status ExpectDraftRoom(const command::View& view, const v1::InvoiceDraft& draft,
                             const v1::InvoiceDraft* old);

// Answers the amounts that the invoice would have today. Refuses a draft that could not be issued:
// CURRENCY_MISMATCH, AMOUNT_OVERFLOW, AMOUNT_UNUSUAL, TAX_CODES_FULL; INVALID_FIELDS for a negative
// total.
template <class Response>
absl::Status AnswerAmounts(const state::Account& account, const v1::InvoiceDraft& draft,
                           bool allow_unusual, Response& response) {
  RETURN_IF_ERROR(ExpectCurrencies(account, draft.lines()));
  const Currency& currency = CurrencyOf(account);
  v1::InvoiceIssued invoice;
  RETURN_IF_ERROR(FillAmounts(draft.lines(), currency, invoice, "draft.lines"));
  RETURN_IF_ERROR(ExpectUsual(account, invoice, allow_unusual));
  RETURN_IF_ERROR(ExpectTaxCodeRoom(invoice.taxes(), account));
  *response.mutable_net() = MoneyOf(invoice.net_minor(), currency);
  *response.mutable_tax() = MoneyOf(invoice.tax_minor(), currency);
  *response.mutable_total() = MoneyOf(invoice.total_minor(), currency);
  response.set_account_id(account.account_id());
  return absl::OkStatus();
}

// The day of an event about a draft: today in the account's time zone.
absl::StatusOr<absl::CivilDay> DraftDay(const state::Account& account,
                                        const command::Context& context);

}  // namespace daybook::billing
