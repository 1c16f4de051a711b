#include "projections/documents/pages.h"
#include "projections/documents/queries.h"

namespace daybook::documents {

using projection::Reading;

absl::Status DocumentsQueries::Check(const v1::GetInvoiceRequest& request) {
  return CheckGetNumbered(request, request.invoice_id(), "invoice_id");
}

absl::Status DocumentsQueries::Part(const v1::GetInvoiceRequest& request, const Reading& reading,
                                    InvoicePart* part) {
  return GetPart<Invoices>(request, request.invoice_id(), reading, part);
}

absl::Status DocumentsQueries::Merge(const v1::GetInvoiceRequest& request,
                                     projection::Parts<InvoicePart> parts,
                                     v1::GetInvoiceResponse* response) {
  return MergeGet<Invoices>(request, parts, response->mutable_invoice());
}

absl::Status DocumentsQueries::Check(const v1::ListInvoicesRequest& request) {
  return CheckList<Invoices>(request);
}

absl::Status DocumentsQueries::Part(const v1::ListInvoicesRequest& request, const Reading& reading,
                                    DocumentsPart* part) {
  return ListPartOf<Invoices>(request, reading, nullptr, part);
}

absl::Status DocumentsQueries::Merge(const v1::ListInvoicesRequest& request,
                                     projection::Parts<DocumentsPart> parts,
                                     v1::ListInvoicesResponse* response) {
  return MergeList<Invoices>(request, parts, response->mutable_invoices(), response);
}

}  // namespace daybook::documents
