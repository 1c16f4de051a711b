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

constexpr size_t kNumberField = 3, kReferenceField = 10;
enum InvoiceOrder { kByDate, kByDueDate, kByNumber, kByTotal, kByOpen };

billing::v1::InvoiceKind KindOf(const rows::InvoiceRow& row) {
  return row.debit_note() ? billing::v1::INVOICE_KIND_DEBIT_NOTE
                          : billing::v1::INVOICE_KIND_INVOICE;
}

void DescribeLine(const billing::v1::InvoiceLine& from, const Currency& currency,
                  v1::InvoiceLine* line) {
  const auto decimal = [](const std::string& text, auto* field) {
    field->set_value(text);
    return field;
  };
  line->set_description(from.description());
  if (!from.quantity().empty()) decimal(from.quantity(), line->mutable_quantity());
  if (!from.unit_price().empty()) decimal(from.unit_price(), line->mutable_unit_price());
  if (!from.gross_unit_price().empty()) {
    decimal(from.gross_unit_price(), line->mutable_gross_unit_price());
  }
  line->set_tax_included(from.tax_included());
  SetMoney(from.net_minor(), currency, *line->mutable_net());
  SetMoney(from.tax_minor(), currency, *line->mutable_tax());
  if (!from.tax_rate_percent().empty()) {
    decimal(from.tax_rate_percent(), line->mutable_tax_rate_percent());
  }
  line->set_product(from.product());
  if (from.has_tax_code()) *line->mutable_tax_code() = from.tax_code();
}

absl::Status DescribeText(const store::View& view, const Document<Invoices>& document,
                          const Currency& currency, v1::Invoice* invoice) {
  if (document.row.debit_note()) return absl::OkStatus();
  std::string key;
  AppendDocument(document.customer_id, document.id, &key);
  billing::v1::InvoiceIssued text;
  ASSIGN_OR_RETURN(const bool found, view.Read(kInvoiceTexts, key, &text));
  if (!found) return projection::Malformed(kInvoiceTexts.name);
  for (const billing::v1::InvoiceLine& line : text.lines()) {
    DescribeLine(line, currency, invoice->add_lines());
  }
  SetTaxes(text.taxes(), currency, invoice->mutable_taxes());
  return absl::OkStatus();
}

// What happened to it, one by one.
absl::Status DescribeParts(const store::View& view, const Document<Invoices>& document,
                           const Currency& currency, v1::Invoice* invoice) {
  const InvoiceStanding& at = document.standing;
  for (const Stand& stand : at.money) {
    v1::MoneyOnInvoice& money = *invoice->add_money();
    money.set_source(stand.credit_note ? v1::SOURCE_KIND_CREDIT_NOTE : v1::SOURCE_KIND_PAYMENT);
    (stand.credit_note ? money.mutable_credit_note_id() : money.mutable_payment_id())
        ->assign(stand.other_id);
    SetMoney(stand.amount_minor, currency, *money.mutable_amount());
    SetDate(stand.day, money.mutable_date());
  }
  for (const rows::Entry* entry : at.credit_notes) {
    v1::CreditNoteOnInvoice& note = *invoice->add_credit_notes();
    note.set_credit_note_id(entry->other_id());
    std::string key;
    AppendDocument(document.customer_id, entry->other_id(), &key);
    rows::CreditNoteRow row;
    ASSIGN_OR_RETURN(const bool found, view.Read(kCreditNotes, key, &row));
    if (found) note.set_number(FormatNumber(NumberOf(row.number())));
    SetMoney(entry->amount_minor(), currency, *note.mutable_total());
    SetMoney(entry->part_minor(), currency, *note.mutable_applied());
    SetDate(entry->day(), note.mutable_date());
  }
  for (int reason = 0; reason < kWriteOffReasons; ++reason) {
    const WrittenOff& written_off = at.written_off[reason];
    if (written_off.amount_minor == 0) continue;
    v1::WriteOff& write_off = *invoice->add_write_offs();
    write_off.set_reason(static_cast<billing::v1::WriteOffReason>(reason));
    SetMoney(written_off.amount_minor, currency, *write_off.mutable_amount());
    SetMoney(written_off.tax_minor, currency, *write_off.mutable_tax());
    SetDate(written_off.day, write_off.mutable_date());
  }
  return absl::OkStatus();
}

void DescribeState(const rows::InvoiceRow& row, const InvoiceStanding& at, v1::Invoice* invoice) {
  invoice->set_state(at.state);
  if (at.state == billing::v1::INVOICE_STATE_PAID) {
    SetDate(at.settled_day, invoice->mutable_settled_date());
  }
  invoice->set_reason(row.words());
  if (at.voided != nullptr) {
    SetDate(at.voided->day(), invoice->mutable_void_date());
    invoice->set_reason(at.voided->words());
  } else if (at.marked != nullptr) {
    invoice->set_reason(at.marked->words());
  }
}

}  // namespace

absl::Span<const FilterField> Invoices::Fields() {
  static constexpr FilterField kFields[] = {
      {"customer_id", FilterType::kText},
      {"account_id", FilterType::kText},
      {"invoice_id", FilterType::kText},
      {"number", FilterType::kText},
      {"kind", FilterType::kEnum, &billing::v1::InvoiceKind_descriptor},
      {"state", FilterType::kEnum, &billing::v1::InvoiceState_descriptor},
      {"invoice_date", FilterType::kDate},
      {"due_date", FilterType::kDate},
      {"settled_date", FilterType::kDate},
      {"currency_code", FilterType::kText},
      {"reference", FilterType::kText},
      {"total_minor", FilterType::kInteger},
      {"open_minor", FilterType::kInteger},
  };
  return kFields;
}

FilterValue Invoices::ValueOf(const Document<Invoices>& document, size_t field) {
  const rows::InvoiceRow& row = document.row;
  const InvoiceStanding& at = document.standing;
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
      return Enum(KindOf(row));
    case 5:
      return Enum(at.state);
    case 6:
      return Number(row.day());
    case 7:
      return Number(row.due_day());
    case 8:
      return {.present = at.state == billing::v1::INVOICE_STATE_PAID, .number = at.settled_day};
    case 9:
      return Text(row.currency_code());
    case kReferenceField:
      return Text(row.reference());
    case 11:
      return Number(row.total_minor());
    default:
      return Number(at.open_minor);
  }
}

absl::Span<const OrderField> Invoices::Orders() {
  static constexpr OrderField kOrders[] = {
      {"invoice_date", kInvoicesByDay.id, KeyPart::kDay},
      {"due_date", kInvoicesByDueDay.id, KeyPart::kDay},
      {"number", kInvoicesByNumber.id, KeyPart::kNumber},
      {"total"},
      {"open"},
  };
  return kOrders;
}

void Invoices::AppendOrder(size_t order, const Document<Invoices>& document, std::string* key) {
  switch (order) {
    case kByDate:
      return projection::AppendDay(key, document.row.day());
    case kByDueDate:
      return projection::AppendDay(key, document.row.due_day());
    case kByNumber:
      return AppendDocumentNumber(NumberOf(document.row.number()), key);
    case kByTotal:
      return AppendAmount(document.row.total_minor(), key);
    default:
      return AppendAmount(document.standing.open_minor, key);
  }
}

absl::Span<const Pin> Invoices::Pins() {
  static constexpr Pin kPins[] = {
      {kNumberField, kInvoicesByNumber.id, KeyPart::kNumber},
      {kReferenceField, kInvoicesByReference.id, KeyPart::kText},
  };
  return kPins;
}

absl::Status Invoices::Describe(const store::View& view, const Document<Invoices>& document,
                                bool full, v1::Invoice* invoice) {
  const rows::InvoiceRow& row = document.row;
  const InvoiceStanding& at = document.standing;
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(row.currency_code()));
  invoice->set_customer_id(document.customer_id);
  invoice->set_invoice_id(document.id);
  invoice->set_account_id(row.account_id());
  invoice->set_kind(KindOf(row));
  invoice->set_number(FormatNumber(NumberOf(row.number())));
  SetDate(row.day(), invoice->mutable_invoice_date());
  SetDate(row.due_day(), invoice->mutable_due_date());
  invoice->set_currency_code(row.currency_code());
  SetMoney(row.net_minor(), *currency, *invoice->mutable_net());
  SetMoney(row.tax_minor(), *currency, *invoice->mutable_tax());
  SetMoney(row.total_minor(), *currency, *invoice->mutable_total());
  invoice->set_reference(row.reference());
  if (row.has_discount()) {
    v1::DiscountOffer& offer = *invoice->mutable_discount();
    *offer.mutable_last_date() = row.discount().last_date();
    offer.mutable_percent()->set_value(row.discount().percent());
    SetMoney(row.discount().amount_minor(), *currency, *offer.mutable_amount());
  }
  SetMoney(at.open_minor, *currency, *invoice->mutable_open());
  SetMoney(at.allocated_minor, *currency, *invoice->mutable_allocated());
  SetMoney(at.credited_minor, *currency, *invoice->mutable_credited());
  SetMoney(at.written_off_minor(), *currency, *invoice->mutable_written_off());
  SetMoney(at.discounted_minor(), *currency, *invoice->mutable_discounted());
  DescribeState(row, at, invoice);
  invoice->set_debit_note_payment_id(row.payment_id());
  SetMicros(row.recorded_us(), invoice->mutable_issued_time());
  SetNewest(at.newest, invoice);
  if (!full) return absl::OkStatus();
  RETURN_IF_ERROR(DescribeText(view, document, *currency, invoice));
  return DescribeParts(view, document, *currency, invoice);
}

}  // namespace daybook::documents
