#include "common/base/document_number.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/rows.h"
#include "projections/documents/kinds.h"
#include "projections/documents/told.h"

namespace daybook::documents {

using projection::CurrencyOf;
using projection::FilterField;
using projection::FilterType;
using projection::FilterValue;

namespace {

constexpr size_t kNumberField = 3;
enum CreditNoteOrder { kByDate, kByNumber, kByTotal, kByUnapplied };

absl::Status DescribeText(const store::View& view, const Document<CreditNotes>& document,
                          const Currency& currency, v1::CreditNote* note) {
  std::string key;
  AppendDocument(document.customer_id, document.id, &key);
  billing::v1::CreditNoteIssued text;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCreditNoteTexts, key, &text));
  if (!found) return projection::Malformed(kCreditNoteTexts.name);
  for (const billing::v1::CreditNoteLine& from : text.lines()) {
    v1::CreditNoteLine& line = *note->add_lines();
    line.set_line_index(from.line_index());
    SetMoney(from.net_minor(), currency, *line.mutable_net());
    SetMoney(from.tax_minor(), currency, *line.mutable_tax());
    if (!from.tax_rate_percent().empty()) {
      line.mutable_tax_rate_percent()->set_value(from.tax_rate_percent());
    }
    if (from.has_tax_code()) *line.mutable_tax_code() = from.tax_code();
  }
  SetTaxes(text.taxes(), currency, note->mutable_taxes());
  return absl::OkStatus();
}

}  // namespace

absl::Span<const FilterField> CreditNotes::Fields() {
  static constexpr FilterField kFields[] = {
      {"customer_id", FilterType::kText},
      {"account_id", FilterType::kText},
      {"credit_note_id", FilterType::kText},
      {"number", FilterType::kText},
      {"kind", FilterType::kEnum, &billing::v1::CreditNoteKind_descriptor},
      {"invoice_id", FilterType::kText},
      {"issue_date", FilterType::kDate},
      {"currency_code", FilterType::kText},
      {"total_minor", FilterType::kInteger},
      {"unapplied_minor", FilterType::kInteger},
  };
  return kFields;
}

FilterValue CreditNotes::ValueOf(const Document<CreditNotes>& document, size_t field) {
  const rows::CreditNoteRow& row = document.row;
  thread_local std::string number;
  switch (field) {
    case 0:
      return Text(document.customer_id);
    case 1:
      return Text(row.account_id());
    case 2:
      return Text(document.id);
    case kNumberField:
      number = FormatNumber(NumberOf(row.number()));
      return Text(number);
    case 4:
      return Enum(row.kind());
    case 5:
      return Text(row.invoice_id());
    case 6:
      return Number(row.day());
    case 7:
      return Text(row.currency_code());
    case 8:
      return Number(row.total_minor());
    default:
      return Number(document.standing.unapplied_minor);
  }
}

absl::Span<const OrderField> CreditNotes::Orders() {
  static constexpr OrderField kOrders[] = {
      {"issue_date", kCreditNotesByDay.id, KeyPart::kDay},
      {"number", kCreditNotesByNumber.id, KeyPart::kNumber},
      {"total"},
      {"unapplied"},
  };
  return kOrders;
}

void CreditNotes::AppendOrder(size_t order, const Document<CreditNotes>& document,
                              std::string* key) {
  switch (order) {
    case kByDate:
      return projection::AppendDay(key, document.row.day());
    case kByNumber:
      return AppendDocumentNumber(NumberOf(document.row.number()), key);
    case kByTotal:
      return AppendAmount(document.row.total_minor(), key);
    default:
      return AppendAmount(document.standing.unapplied_minor, key);
  }
}

absl::Span<const Pin> CreditNotes::Pins() {
  static constexpr Pin kPins[] = {{kNumberField, kCreditNotesByNumber.id, KeyPart::kNumber}};
  return kPins;
}

absl::Status CreditNotes::Describe(const store::View& view, const Document<CreditNotes>& document,
                                   bool full, v1::CreditNote* note) {
  const rows::CreditNoteRow& row = document.row;
  const CreditNoteStanding& at = document.standing;
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(row.currency_code()));
  note->set_customer_id(document.customer_id);
  note->set_credit_note_id(document.id);
  note->set_account_id(row.account_id());
  note->set_number(FormatNumber(NumberOf(row.number())));
  note->set_kind(row.kind());
  note->set_invoice_id(row.invoice_id());
  ASSIGN_OR_RETURN(*note->mutable_invoice_number(),
                   NumberOfInvoice(view, document.customer_id, row.invoice_id()));
  SetDate(row.day(), note->mutable_issue_date());
  note->set_currency_code(row.currency_code());
  SetMoney(row.net_minor(), *currency, *note->mutable_net());
  SetMoney(row.tax_minor(), *currency, *note->mutable_tax());
  SetMoney(row.total_minor(), *currency, *note->mutable_total());
  SetMoney(row.applied_minor(), *currency, *note->mutable_applied());
  SetMoney(row.unapplied_minor(), *currency, *note->mutable_credited());
  SetMoney(at.allocated_minor, *currency, *note->mutable_allocated());
  SetMoney(at.unapplied_minor, *currency, *note->mutable_unapplied());
  SetMoney(at.written_off_minor, *currency, *note->mutable_written_off());
  SetMoney(at.paid_out_minor, *currency, *note->mutable_paid_out());
  note->set_reason(row.words());
  SetMicros(row.recorded_us(), note->mutable_issued_time());
  SetNewest(at.newest, note);
  if (!full) return absl::OkStatus();
  RETURN_IF_ERROR(DescribeText(view, document, *currency, note));
  RETURN_IF_ERROR(
      SetMoneyPuts(view, document.customer_id, at.money, *currency, note->mutable_money()));
  for (const rows::Entry* entry : at.payouts) {
    v1::PaidOut& paid = *note->add_payouts();
    paid.set_payment_id(entry->other_id());
    SetMoney(entry->amount_minor(), *currency, *paid.mutable_amount());
    SetDate(entry->day(), paid.mutable_date());
    paid.set_refund_id(entry->refund_id());
    paid.set_external_id(entry->external_id());
  }
  return absl::OkStatus();
}

}  // namespace daybook::documents
