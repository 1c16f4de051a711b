#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/projection/kit/rows.h"
#include "projections/documents/kinds.h"
#include "projections/documents/told.h"

namespace daybook::documents {

using projection::FilterField;
using projection::FilterType;
using projection::FilterValue;

absl::Span<const FilterField> Drafts::Fields() {
  static constexpr FilterField kFields[] = {
      {"customer_id", FilterType::kText},  {"account_id", FilterType::kText},
      {"invoice_id", FilterType::kText},   {"state", FilterType::kEnum, &v1::DraftState_descriptor},
      {"reference", FilterType::kText},    {"created_date", FilterType::kDate},
      {"changed_date", FilterType::kDate},
  };
  return kFields;
}

FilterValue Drafts::ValueOf(const Document<Drafts>& document, size_t field) {
  const DraftAt& at = document.standing;
  switch (field) {
    case 0:
      return Text(document.customer_id);
    case 1:
      return Text(document.row.account_id());
    case 2:
      return Text(document.id);
    case 3:
      return Enum(at.state);
    case 4:
      return Text(at.text.reference());
    case 5:
      return Number(document.row.day());
    default:
      return Number(at.draft.newest.day);
  }
}

absl::Span<const OrderField> Drafts::Orders() {
  static constexpr OrderField kOrders[] = {
      {"created_date", kDraftsByDay.id, KeyPart::kDay},
      {"customer_id", kDrafts.id, KeyPart::kNothing},
  };
  return kOrders;
}

void Drafts::AppendOrder(size_t order, const Document<Drafts>& document, std::string* key) {
  if (order == 0) projection::AppendDay(key, document.row.day());
}

absl::StatusOr<bool> Drafts::Stand(const store::View& view, const Clocks& clocks,
                                   Document<Drafts>* document) {
  DraftAt& at = document->standing;
  at = {};
  if (!StandAt(document->row, clocks, &at.draft)) return false;
  at.state = at.draft.state;
  std::string key;
  AppendDocument(document->customer_id, document->id, &key);
  if (at.state == v1::DRAFT_STATE_OPEN) {
    // Issued, it is an invoice of the same id. So the fold looks for a draft at no issue.
    rows::InvoiceRow invoice;
    ASSIGN_OR_RETURN(const bool issued, view.Read(kInvoices, key, &invoice));
    if (issued && invoice.recorded_us() <= clocks.read_us) {
      at.state = v1::DRAFT_STATE_ISSUED;
      at.draft.newest = {std::max(at.draft.newest.day, invoice.day()), invoice.recorded_us()};
    }
  }
  store::AppendNumber(&key, at.draft.version);
  ASSIGN_OR_RETURN(const bool found, view.Read(kDraftTexts, key, &at.text));
  if (!found) return projection::Malformed(kDraftTexts.name);
  return true;
}

absl::Status Drafts::Describe(const store::View&, const Document<Drafts>& document, bool,
                              v1::Draft* draft) {
  const DraftAt& at = document.standing;
  draft->set_customer_id(document.customer_id);
  draft->set_invoice_id(document.id);
  draft->set_account_id(document.row.account_id());
  draft->set_state(at.state);
  *draft->mutable_draft() = at.text;
  draft->set_etag(absl::StrCat(at.draft.version + 1));
  SetDate(document.row.day(), draft->mutable_created_date());
  SetMicros(document.row.recorded_us(), draft->mutable_created_time());
  SetNewest(at.draft.newest, draft);
  return absl::OkStatus();
}

}  // namespace daybook::documents
