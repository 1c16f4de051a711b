#include "projections/documents/pages.h"
#include "projections/documents/queries.h"

namespace daybook::documents {

using projection::Reading;

absl::Status DocumentsQueries::Check(const v1::GetCreditNoteRequest& request) {
  return CheckGetNumbered(request, request.credit_note_id(), "credit_note_id");
}

absl::Status DocumentsQueries::Part(const v1::GetCreditNoteRequest& request, const Reading& reading,
                                    CreditNotePart* part) {
  return GetPart<CreditNotes>(request, request.credit_note_id(), reading, part);
}

absl::Status DocumentsQueries::Merge(const v1::GetCreditNoteRequest& request,
                                     projection::Parts<CreditNotePart> parts,
                                     v1::GetCreditNoteResponse* response) {
  return MergeGet<CreditNotes>(request, parts, response->mutable_credit_note());
}

absl::Status DocumentsQueries::Check(const v1::ListCreditNotesRequest& request) {
  return CheckList<CreditNotes>(request);
}

absl::Status DocumentsQueries::Part(const v1::ListCreditNotesRequest& request,
                                    const Reading& reading, DocumentsPart* part) {
  return ListPartOf<CreditNotes>(request, reading, nullptr, part);
}

absl::Status DocumentsQueries::Merge(const v1::ListCreditNotesRequest& request,
                                     projection::Parts<DocumentsPart> parts,
                                     v1::ListCreditNotesResponse* response) {
  return MergeList<CreditNotes>(request, parts, response->mutable_credit_notes(), response);
}

}  // namespace daybook::documents
