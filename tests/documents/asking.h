// Questions to the documents, and all pages of a list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "projections/documents/queries.h"
#include "tests/support/answers.h"

namespace daybook::documents {

// What the service would answer.
template <class Queries, class Response, class Request>
absl::StatusOr<Response> Ask(const Request& request, const projection::Reading& reading) {
  Response response;
  if (const absl::Status status = Queries::Check(request); !status.ok()) return status;
  const absl::Status status = test::AnswerOf<Queries>(request, reading, &response);
  if (!status.ok()) return status;
  return response;
}

inline auto& DocumentsOf(v1::ListAccountsResponse& response) {
  return *response.mutable_accounts();
}
inline auto& DocumentsOf(v1::ListInvoicesResponse& response) {
  return *response.mutable_invoices();
}
inline auto& DocumentsOf(v1::ListDraftsResponse& response) { return *response.mutable_drafts(); }
inline auto& DocumentsOf(v1::ListPaymentsResponse& response) {
  return *response.mutable_payments();
}
inline auto& DocumentsOf(v1::ListCreditNotesResponse& response) {
  return *response.mutable_credit_notes();
}

// All pages of a list.
template <class Response, class Request>
auto All(Request request, const projection::Reading& reading) {
  std::vector<std::decay_t<decltype(DocumentsOf(*static_cast<Response*>(nullptr))[0])>> all;
  do {
    auto page = Ask<DocumentsQueries, Response>(request, reading);
    if (!page.ok()) Die(std::string(page.status().message()));
    for (auto& document : DocumentsOf(*page)) all.push_back(std::move(document));
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return all;
}

inline int64_t Minor(const google::type::Money& money) {
  return money.currency_code().empty() ? 0 : MinorOf(money).value();
}

}  // namespace daybook::documents
