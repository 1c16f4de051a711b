#include "projections/documents/pages.h"
#include "projections/documents/queries.h"

namespace daybook::documents {

using projection::Reading;

absl::Status DocumentsQueries::Check(const v1::GetPaymentRequest& request) {
  return CheckGet(request, request.payment_id(), "payment_id");
}

absl::Status DocumentsQueries::Answer(const v1::GetPaymentRequest& request, const Reading& reading,
                                      v1::GetPaymentResponse* response) {
  return GetById<Payments>(request, request.customer_id(), request.payment_id(), reading.now,
                           reading.partitions.front(), response->mutable_payment());
}

absl::Status DocumentsQueries::Check(const v1::ListPaymentsRequest& request) {
  return CheckList<Payments>(request);
}

absl::Status DocumentsQueries::Part(const v1::ListPaymentsRequest& request, const Reading& reading,
                                    DocumentsPart* part) {
  return ListPartOf<Payments>(request, reading, nullptr, part);
}

absl::Status DocumentsQueries::Merge(const v1::ListPaymentsRequest& request,
                                     projection::Parts<DocumentsPart> parts,
                                     v1::ListPaymentsResponse* response) {
  return MergeList<Payments>(request, parts, response->mutable_payments(), response);
}

}  // namespace daybook::documents
