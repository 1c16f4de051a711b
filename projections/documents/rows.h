// Tables of the read model `documents` and how their keys are spelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/document_number.h"
#include "common/store/store.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/internal/documents/v1/rows.pb.h"

namespace daybook::documents {

namespace rows = daybook::internal::documents::v1;

// customer id
inline constexpr store::Table<rows::CustomerRow> kCustomers{1, "customers"};
// The documents: customer id, id of the document.
inline constexpr store::Table<rows::AccountRow> kAccounts{2, "accounts"};
inline constexpr store::Table<rows::InvoiceRow> kInvoices{3, "invoices"};
inline constexpr store::Table<rows::PaymentRow> kPayments{4, "payments"};
inline constexpr store::Table<rows::CreditNoteRow> kCreditNotes{5, "credit_notes"};
inline constexpr store::Table<rows::DraftRow> kDrafts{6, "drafts"};
// What was said, whole, which never changes. The same keys;
inline constexpr store::Table<billing::v1::InvoiceIssued> kInvoiceTexts{7, "invoice_texts"};
inline constexpr store::Table<billing::v1::CreditNoteIssued> kCreditNoteTexts{8,
                                                                              "credit_note_texts"};
// of drafts with the number of the version behind it.
inline constexpr store::Table<billing::v1::InvoiceDraft> kDraftTexts{9, "draft_texts"};
// The documents in each order that lists over all customers have, and by what is looked up: a day,
// a number or a text, then customer id, id of the document. A payment has a row for each day that
// it ever had.
inline constexpr store::Table<rows::IndexRow> kAccountsByDay{20, "accounts_by_day"};
inline constexpr store::Table<rows::IndexRow> kInvoicesByDay{21, "invoices_by_day"};
inline constexpr store::Table<rows::IndexRow> kInvoicesByDueDay{22, "invoices_by_due_day"};
inline constexpr store::Table<rows::IndexRow> kInvoicesByNumber{23, "invoices_by_number"};
inline constexpr store::Table<rows::IndexRow> kInvoicesByReference{24, "invoices_by_reference"};
inline constexpr store::Table<rows::IndexRow> kPaymentsByDay{25, "payments_by_day"};
inline constexpr store::Table<rows::IndexRow> kPaymentsByExternalId{26, "payments_by_external_id"};
inline constexpr store::Table<rows::IndexRow> kPaymentsByPayerReference{
    27, "payments_by_payer_reference"};
inline constexpr store::Table<rows::IndexRow> kCreditNotesByDay{28, "credit_notes_by_day"};
inline constexpr store::Table<rows::IndexRow> kCreditNotesByNumber{29, "credit_notes_by_number"};
inline constexpr store::Table<rows::IndexRow> kDraftsByDay{30, "drafts_by_day"};
// "totals"
inline constexpr store::Table<rows::DocumentTotals> kTotals{40, "totals"};
inline constexpr std::string_view kTotalsKey = "totals";

// What an index key begins with.
enum class KeyPart { kNothing, kDay, kNumber, kText };

// Negative ones first.
inline void AppendAmount(int64_t amount, std::string* key) {
  const uint64_t bits = static_cast<uint64_t>(amount) ^ (uint64_t{1} << 63);
  store::AppendNumber(key, static_cast<uint32_t>(bits >> 32));
  store::AppendNumber(key, static_cast<uint32_t>(bits));
}
inline void AppendDocumentNumber(const DocumentNumber& number, std::string* key) {
  store::AppendText(key, number.series);
  store::AppendNumber(key, static_cast<uint32_t>(number.year));
  store::AppendNumber(key, static_cast<uint32_t>(number.partition));
  AppendAmount(number.sequence, key);
}

// Behind every such part: which document.
inline void AppendDocument(std::string_view customer_id, std::string_view id, std::string* key) {
  store::AppendText(key, customer_id);
  store::AppendText(key, id);
}
// Takes `part` off a key and then the document that it names. False: no such key.
inline bool TakeDocument(KeyPart part, std::string_view key, std::string* customer_id,
                         std::string* id) {
  uint32_t number = 0;
  bool fits = true;
  if (part == KeyPart::kText || part == KeyPart::kNumber) fits = store::TakeText(&key, id);
  const int numbers = part == KeyPart::kNumber ? 4 : part == KeyPart::kDay ? 1 : 0;
  for (int i = 0; i < numbers; ++i) fits = fits && store::TakeNumber(&key, &number);
  return fits && store::TakeText(&key, customer_id) && store::TakeText(&key, id) && key.empty();
}

}  // namespace daybook::documents
