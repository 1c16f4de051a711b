#include "projections/documents/pages.h"
#include "projections/documents/queries.h"

namespace daybook::documents {

using projection::Reading;

absl::Status DocumentsQueries::Check(const v1::GetDraftRequest& request) {
  return CheckGet(request, request.invoice_id(), "invoice_id");
}

absl::Status DocumentsQueries::Answer(const v1::GetDraftRequest& request, const Reading& reading,
                                      v1::GetDraftResponse* response) {
  return GetById<Drafts>(request, request.customer_id(), request.invoice_id(), reading.now,
                         reading.partitions.front(), response->mutable_draft());
}

absl::Status DocumentsQueries::Check(const v1::ListDraftsRequest& request) {
  return CheckList<Drafts>(request);
}

absl::Status DocumentsQueries::Part(const v1::ListDraftsRequest& request, const Reading& reading,
                                    DocumentsPart* part) {
  std::function<bool(const Document<Drafts>&)> open;
  if (!request.show_ended()) {
    open = [](const Document<Drafts>& draft) {
      return draft.standing.state == v1::DRAFT_STATE_OPEN;
    };
  }
  return ListPartOf<Drafts>(request, reading, std::move(open), part);
}

absl::Status DocumentsQueries::Merge(const v1::ListDraftsRequest& request,
                                     projection::Parts<DocumentsPart> parts,
                                     v1::ListDraftsResponse* response) {
  return MergeList<Drafts>(request, parts, response->mutable_drafts(), response);
}

}  // namespace daybook::documents
