#include "services/billing/drafts.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/effective_day.h"
#include "services/billing/limits.h"
#include "services/billing/reasons.h"
#include "services/billing/tax_code.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using state::Account;
using v1::InvoiceDraft;

}  // namespace

InvoiceDraft Normalised(InvoiceDraft draft) {
  draft.set_reference(Tidy(draft.reference()));
  if (draft.has_terms()) *draft.mutable_terms() = Normalised(draft.terms());
  for (v1::LineItem& line : *draft.mutable_lines()) {
    line.set_description(Normalise(line.description()));
    line.set_product(Tidy(line.product()));
    if (line.has_tax_code()) *line.mutable_tax_code() = Normalised(line.tax_code());
  }
  return draft;
}

absl::Status ExpectDraftRoom(const command::View& view, const InvoiceDraft& draft,
                             const InvoiceDraft* old) {
  int count = old == nullptr ? 1 : 0;
  size_t bytes = draft.ByteSizeLong();
  for (const Account& account : view.part<state::State>().accounts()) {
    count += account.drafts_size();
    for (const state::Draft& known : account.drafts()) {
      if (&known.draft() != old) bytes += known.draft().ByteSizeLong();
    }
  }
  if (count <= kMaxDrafts && bytes <= kMaxDraftBytes) return absl::OkStatus();
  return Refuse(
      reason::kDraftsFull,
      absl::StrCat("the customer would have ", count, " drafts of together ", bytes, " bytes"),
      {{"draft_count", absl::StrCat(count)},
       {"draft_limit", absl::StrCat(kMaxDrafts)},
       {"byte_count", absl::StrCat(bytes)},
       {"byte_limit", absl::StrCat(kMaxDraftBytes)}});
}

absl::StatusOr<absl::CivilDay> DraftDay(const Account& account, const command::Context& context) {
  return EffectiveDay(account, false, {}, context.now, 0, "account_id");
}

}  // namespace daybook::billing
