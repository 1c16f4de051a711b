// Drafts: what an invoice will say. They hold no money and no number.
#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/invoice_amounts.h"
#include "services/billing/limits.h"
#include "services/billing/tax_code.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using v1::Account;
using v1::InvoiceDraft;
using Events = command::Events<Billing::Event>;

InvoiceDraft Normalised(InvoiceDraft draft) {
  draft.set_reference(Tidy(draft.reference()));
  if (draft.has_terms()) *draft.mutable_terms() = billing::Normalised(draft.terms());
  for (v1::LineItem& line : *draft.mutable_lines()) {
    line.set_description(Normalise(line.description()));
    line.set_product(Tidy(line.product()));
    if (line.has_tax_code()) *line.mutable_tax_code() = billing::Normalised(line.tax_code());
  }
  return draft;
}

// DRAFTS_FULL if the customer's drafts would be too many or too large with `draft` in place of
// `old`.
absl::Status ExpectDraftRoom(const command::View& view, const InvoiceDraft& draft,
                             const InvoiceDraft* old) {
  int count = old == nullptr ? 1 : 0;
  size_t bytes = draft.ByteSizeLong();
  for (const Account& account : view.state.billing().accounts()) {
    count += account.drafts_size();
    for (const v1::Draft& known : account.drafts()) {
      if (&known.draft() != old) bytes += known.draft().ByteSizeLong();
    }
  }
  if (count <= kMaxDrafts && bytes <= kMaxDraftBytes) return absl::OkStatus();
  return Refuse(
      Reason::kDraftsFull,
      absl::StrCat("the customer would have ", count, " drafts of together ", bytes, " bytes"),
      {{"draft_count", absl::StrCat(count)},
       {"draft_limit", absl::StrCat(kMaxDrafts)},
       {"byte_count", absl::StrCat(bytes)},
       {"byte_limit", absl::StrCat(kMaxDraftBytes)}});
}

// What it would come to today; refuses what could not be issued.
template <class Response>
absl::Status AnswerAmounts(const Account& account, const InvoiceDraft& draft, bool allow_unusual,
                           Response& response) {
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

absl::StatusOr<absl::CivilDay> Today(const Account& account, const command::Context& context) {
  return EffectiveDay(account, false, {}, context.now, 0, "account_id");
}

}  // namespace

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::CreateDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::CreateDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kCreateDraftInvoice));
  RETURN_IF_ERROR(ExpectRoom(view));
  InvoiceDraft draft = Normalised(request.draft());
  RETURN_IF_ERROR(ExpectDraftRoom(view, draft, nullptr));
  RETURN_IF_ERROR(AnswerAmounts(*account, draft, request.allow_unusual(), response));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, Today(*account, context));
  auto& drafted = *events[0].event.mutable_invoice_drafted();
  drafted.set_account_id(account->account_id());
  drafted.set_invoice_id(context.NewId(view, 0));
  *drafted.mutable_draft() = std::move(draft);
  response.set_invoice_id(drafted.invoice_id());
  response.set_etag(EtagOf(1));
  return events;
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::EditDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::EditDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kEditDraftInvoice));
  RETURN_IF_ERROR(ExpectEtag(*found.draft, request.etag()));
  InvoiceDraft draft = Normalised(request.draft());
  RETURN_IF_ERROR(ExpectDraftRoom(view, draft, &found.draft->draft()));
  RETURN_IF_ERROR(AnswerAmounts(*found.account, draft, request.allow_unusual(), response));
  response.set_invoice_id(request.invoice_id());
  const bool same = google::protobuf::util::MessageDifferencer::Equals(draft, found.draft->draft());
  response.set_etag(EtagOf(found.draft->version() + (same ? 0 : 1)));
  if (same) return Events();
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, Today(*found.account, context));
  auto& edited = *events[0].event.mutable_invoice_draft_edited();
  edited.set_account_id(found.account->account_id());
  edited.set_invoice_id(request.invoice_id());
  *edited.mutable_draft() = std::move(draft);
  return events;
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::DeleteDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::DeleteDraftInvoiceResponse& response) {
  ASSIGN_OR_RETURN(const InvoiceRef found,
                   FindInvoice(view, request.invoice_id(), Command::kDeleteDraftInvoice));
  RETURN_IF_ERROR(ExpectEtag(*found.draft, request.etag()));
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, Today(*found.account, context));
  auto& deleted = *events[0].event.mutable_invoice_draft_deleted();
  deleted.set_account_id(found.account->account_id());
  deleted.set_invoice_id(request.invoice_id());
  response.set_invoice_id(request.invoice_id());
  return events;
}

}  // namespace daybook::billing
