// What was invoiced, paid and credited? The answers
// (proto/daybook/documents/v1/documents_service.proto).
//
// Cost: a Get reads the document's row and what it refers to. A page of a customer's list reads all
// of their documents of that kind. Of all customers' in the order of an index it reads the rows
// that it looks at: those that it shows or, with a filter, at most projection::kMostLooked of each
// partition; in any other order every document of that kind.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/documents/v1/documents_service.pb.h"
#include "daybook/internal/documents/v1/parts.pb.h"

namespace daybook::documents {

struct DocumentsQueries {
  using InvoicePart = daybook::internal::documents::v1::InvoicePart;
  using CreditNotePart = daybook::internal::documents::v1::CreditNotePart;
  using DocumentsPart = daybook::internal::documents::v1::DocumentsPart;

  static constexpr std::string_view kService = "daybook.documents.v1.DocumentsService";
  // An invoice or a credit note is found by its number alone, so all partitions are asked.
  using Methods = projection::MethodList<
      projection::Method<v1::GetAccountRequest, v1::GetAccountResponse>,
      projection::Scattered<v1::ListAccountsRequest, DocumentsPart, v1::ListAccountsResponse>,
      projection::Scattered<v1::GetInvoiceRequest, InvoicePart, v1::GetInvoiceResponse>,
      projection::Scattered<v1::ListInvoicesRequest, DocumentsPart, v1::ListInvoicesResponse>,
      projection::Method<v1::GetDraftRequest, v1::GetDraftResponse>,
      projection::Scattered<v1::ListDraftsRequest, DocumentsPart, v1::ListDraftsResponse>,
      projection::Method<v1::GetPaymentRequest, v1::GetPaymentResponse>,
      projection::Scattered<v1::ListPaymentsRequest, DocumentsPart, v1::ListPaymentsResponse>,
      projection::Scattered<v1::GetCreditNoteRequest, CreditNotePart, v1::GetCreditNoteResponse>,
      projection::Scattered<v1::ListCreditNotesRequest, DocumentsPart,
                            v1::ListCreditNotesResponse>>;

  static absl::Status Check(const v1::GetAccountRequest&);
  static absl::Status Check(const v1::ListAccountsRequest&);
  static absl::Status Check(const v1::GetInvoiceRequest&);
  static absl::Status Check(const v1::ListInvoicesRequest&);
  static absl::Status Check(const v1::GetDraftRequest&);
  static absl::Status Check(const v1::ListDraftsRequest&);
  static absl::Status Check(const v1::GetPaymentRequest&);
  static absl::Status Check(const v1::ListPaymentsRequest&);
  static absl::Status Check(const v1::GetCreditNoteRequest&);
  static absl::Status Check(const v1::ListCreditNotesRequest&);

  // A list of all customers may take long.
  template <class Request>
  static bool Scans(const Request& request) {
    if constexpr (requires { request.page_token(); }) {
      return request.customer_id().empty();
    } else {
      return false;
    }
  }

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::GetAccountRequest&, const Reading&, v1::GetAccountResponse*);
  static absl::Status Answer(const v1::GetDraftRequest&, const Reading&, v1::GetDraftResponse*);
  static absl::Status Answer(const v1::GetPaymentRequest&, const Reading&, v1::GetPaymentResponse*);

  static absl::Status Part(const v1::ListAccountsRequest&, const Reading&, DocumentsPart*);
  static absl::Status Merge(const v1::ListAccountsRequest&, projection::Parts<DocumentsPart>,
                            v1::ListAccountsResponse*);
  static absl::Status Part(const v1::GetInvoiceRequest&, const Reading&, InvoicePart*);
  static absl::Status Merge(const v1::GetInvoiceRequest&, projection::Parts<InvoicePart>,
                            v1::GetInvoiceResponse*);
  static absl::Status Part(const v1::ListInvoicesRequest&, const Reading&, DocumentsPart*);
  static absl::Status Merge(const v1::ListInvoicesRequest&, projection::Parts<DocumentsPart>,
                            v1::ListInvoicesResponse*);
  static absl::Status Part(const v1::ListDraftsRequest&, const Reading&, DocumentsPart*);
  static absl::Status Merge(const v1::ListDraftsRequest&, projection::Parts<DocumentsPart>,
                            v1::ListDraftsResponse*);
  static absl::Status Part(const v1::ListPaymentsRequest&, const Reading&, DocumentsPart*);
  static absl::Status Merge(const v1::ListPaymentsRequest&, projection::Parts<DocumentsPart>,
                            v1::ListPaymentsResponse*);
  static absl::Status Part(const v1::GetCreditNoteRequest&, const Reading&, CreditNotePart*);
  static absl::Status Merge(const v1::GetCreditNoteRequest&, projection::Parts<CreditNotePart>,
                            v1::GetCreditNoteResponse*);
  static absl::Status Part(const v1::ListCreditNotesRequest&, const Reading&, DocumentsPart*);
  static absl::Status Merge(const v1::ListCreditNotesRequest&, projection::Parts<DocumentsPart>,
                            v1::ListCreditNotesResponse*);
};

}  // namespace daybook::documents
