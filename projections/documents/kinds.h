// The kinds of documents: how each is loaded, told, filtered and ordered.
//
// A kind is a struct of types and functions that list.h and the queries ask:
//
//   Row, Standing, Message             its row, how it stands, how it is told
//   kTable, kName                      where its rows are, its word in refusals
//   kNotFound                          the reason for one that is not there
//   Fields(), ValueOf(document, i)     of filters
//   Orders(), AppendOrder(i, document, key)
//   Pins()                             fields by which an index looks documents up
//   Stand(view, clocks, document)      from its row; false: not there at the clocks
//   Describe(view, document, full, message)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/projection/kit/filter.h"
#include "common/store/store.h"
#include "daybook/documents/v1/documents_service.pb.h"
#include "projections/documents/rows.h"
#include "projections/documents/standing.h"
#include "services/billing/reasons.h"

namespace daybook::documents {

// An order that a list may have. Without an index, every document is looked at.
struct OrderField {
  std::string_view name;
  uint8_t index = 0;  // table
  KeyPart part = KeyPart::kNothing;
};

// A text field, number of the filter's, whose documents an index knows.
struct Pin {
  size_t field;
  uint8_t index;  // table
  KeyPart part;
};

// Stays where it is: the standing refers to the row.
template <class Kind>
struct Document {
  std::string customer_id, id;
  typename Kind::Row row;
  typename Kind::Standing standing;
};

// A kind whose row alone says how it stands.
template <class Kind>
struct StandsByRow {
  static absl::StatusOr<bool> Stand(const store::View&, const Clocks& clocks,
                                    Document<Kind>* document) {
    return StandAt(document->row, clocks, &document->standing);
  }
};

struct Accounts : StandsByRow<Accounts> {
  using Row = rows::AccountRow;
  using Standing = AccountStanding;
  using Message = v1::Account;
  static constexpr store::Table<Row> kTable = kAccounts;
  static constexpr std::string_view kName = "account";
  static constexpr const Reason& kNotFound = reason::kAccountNotFound;
  static constexpr std::string_view kDefaultOrder = "customer_id";
  static absl::Span<const projection::FilterField> Fields();
  static absl::Span<const OrderField> Orders();
  static absl::Span<const Pin> Pins() { return {}; }
  static projection::FilterValue ValueOf(const Document<Accounts>& document, size_t field);
  static void AppendOrder(size_t order, const Document<Accounts>& document, std::string* key);
  static absl::Status Describe(const store::View& view, const Document<Accounts>& document,
                               bool full, v1::Account* account);
};

struct Invoices : StandsByRow<Invoices> {
  using Row = rows::InvoiceRow;
  using Standing = InvoiceStanding;
  using Message = v1::Invoice;
  static constexpr store::Table<Row> kTable = kInvoices;
  static constexpr std::string_view kName = "invoice";
  static constexpr const Reason& kNotFound = reason::kInvoiceNotFound;
  static constexpr std::string_view kDefaultOrder = "invoice_date desc";
  static absl::Span<const projection::FilterField> Fields();
  static absl::Span<const OrderField> Orders();
  static absl::Span<const Pin> Pins();
  static projection::FilterValue ValueOf(const Document<Invoices>& document, size_t field);
  static void AppendOrder(size_t order, const Document<Invoices>& document, std::string* key);
  static absl::Status Describe(const store::View& view, const Document<Invoices>& document,
                               bool full, v1::Invoice* invoice);
};

// A draft at its clocks, and what it says then.
struct DraftAt {
  DraftStanding draft;
  v1::DraftState state = {};
  billing::v1::InvoiceDraft text;
};

struct Drafts {
  using Row = rows::DraftRow;
  using Standing = DraftAt;
  using Message = v1::Draft;
  static constexpr store::Table<Row> kTable = kDrafts;
  static constexpr std::string_view kName = "draft";
  static constexpr const Reason& kNotFound = reason::kInvoiceNotFound;
  static constexpr std::string_view kDefaultOrder = "created_date desc";
  static absl::Span<const projection::FilterField> Fields();
  static absl::Span<const OrderField> Orders();
  static absl::Span<const Pin> Pins() { return {}; }
  static projection::FilterValue ValueOf(const Document<Drafts>& document, size_t field);
  static void AppendOrder(size_t order, const Document<Drafts>& document, std::string* key);
  static absl::StatusOr<bool> Stand(const store::View& view, const Clocks& clocks,
                                    Document<Drafts>* document);
  static absl::Status Describe(const store::View& view, const Document<Drafts>& document, bool full,
                               v1::Draft* draft);
};

struct Payments : StandsByRow<Payments> {
  using Row = rows::PaymentRow;
  using Standing = PaymentStanding;
  using Message = v1::Payment;
  static constexpr store::Table<Row> kTable = kPayments;
  static constexpr std::string_view kName = "payment";
  static constexpr const Reason& kNotFound = reason::kPaymentNotFound;
  static constexpr std::string_view kDefaultOrder = "payment_date desc";
  static absl::Span<const projection::FilterField> Fields();
  static absl::Span<const OrderField> Orders();
  static absl::Span<const Pin> Pins();
  static projection::FilterValue ValueOf(const Document<Payments>& document, size_t field);
  static void AppendOrder(size_t order, const Document<Payments>& document, std::string* key);
  static absl::Status Describe(const store::View& view, const Document<Payments>& document,
                               bool full, v1::Payment* payment);
};

struct CreditNotes : StandsByRow<CreditNotes> {
  using Row = rows::CreditNoteRow;
  using Standing = CreditNoteStanding;
  using Message = v1::CreditNote;
  static constexpr store::Table<Row> kTable = kCreditNotes;
  static constexpr std::string_view kName = "credit note";
  static constexpr const Reason& kNotFound = reason::kCreditNoteNotFound;
  static constexpr std::string_view kDefaultOrder = "issue_date desc";
  static absl::Span<const projection::FilterField> Fields();
  static absl::Span<const OrderField> Orders();
  static absl::Span<const Pin> Pins();
  static projection::FilterValue ValueOf(const Document<CreditNotes>& document, size_t field);
  static void AppendOrder(size_t order, const Document<CreditNotes>& document, std::string* key);
  static absl::Status Describe(const store::View& view, const Document<CreditNotes>& document,
                               bool full, v1::CreditNote* note);
};

}  // namespace daybook::documents
