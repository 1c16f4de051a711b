// What does a customer owe? The answers (proto/daybook/balances/v1/balances_service.proto).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/internal/balances/v1/parts.pb.h"

namespace daybook::balances {

using daybook::internal::balances::v1::AgeingPart;
using daybook::internal::balances::v1::CustomersPart;
using daybook::internal::balances::v1::TrialBalancePart;

struct BalancesQueries {
  static constexpr std::string_view kService = "daybook.balances.v1.BalancesService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetBalanceRequest, v1::GetBalanceResponse>,
      projection::Method<v1::ListAccountBalancesRequest, v1::ListAccountBalancesResponse>,
      projection::Scattered<v1::ListCustomerBalancesRequest, CustomersPart,
                            v1::ListCustomerBalancesResponse>,
      projection::Method<v1::ListOpenItemsRequest, v1::ListOpenItemsResponse>,
      projection::Method<v1::GetStatementRequest, v1::GetStatementResponse>,
      projection::Scattered<v1::GetAgeingRequest, AgeingPart, v1::GetAgeingResponse>,
      projection::Scattered<v1::GetTrialBalanceRequest, TrialBalancePart,
                            v1::GetTrialBalanceResponse>>;

  static absl::Status Check(const v1::GetBalanceRequest&);
  static absl::Status Check(const v1::ListAccountBalancesRequest&);
  static absl::Status Check(const v1::ListCustomerBalancesRequest&);
  static absl::Status Check(const v1::ListOpenItemsRequest&);
  static absl::Status Check(const v1::GetStatementRequest&);
  static absl::Status Check(const v1::GetAgeingRequest&);
  static absl::Status Check(const v1::GetTrialBalanceRequest&);

  // Questions about all customers at once.
  template <class Request>
  static bool Scans(const Request&) {
    return false;
  }
  static bool Scans(const v1::GetAgeingRequest& request) { return request.customer_id().empty(); }
  static bool Scans(const v1::GetTrialBalanceRequest&) { return true; }
  static bool Scans(const v1::ListCustomerBalancesRequest&) { return true; }

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::GetBalanceRequest&, const Reading&, v1::GetBalanceResponse*);
  static absl::Status Answer(const v1::ListAccountBalancesRequest&, const Reading&,
                             v1::ListAccountBalancesResponse*);
  static absl::Status Answer(const v1::ListOpenItemsRequest&, const Reading&,
                             v1::ListOpenItemsResponse*);
  static absl::Status Answer(const v1::GetStatementRequest&, const Reading&,
                             v1::GetStatementResponse*);

  static absl::Status Part(const v1::ListCustomerBalancesRequest&, const Reading&, CustomersPart*);
  static absl::Status Merge(const v1::ListCustomerBalancesRequest&,
                            projection::Parts<CustomersPart>, v1::ListCustomerBalancesResponse*);
  static absl::Status Part(const v1::GetAgeingRequest&, const Reading&, AgeingPart*);
  static absl::Status Merge(const v1::GetAgeingRequest&, projection::Parts<AgeingPart>,
                            v1::GetAgeingResponse*);
  static absl::Status Part(const v1::GetTrialBalanceRequest&, const Reading&, TrialBalancePart*);
  static absl::Status Merge(const v1::GetTrialBalanceRequest&, projection::Parts<TrialBalancePart>,
                            v1::GetTrialBalanceResponse*);
};

}  // namespace daybook::balances
