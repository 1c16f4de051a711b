// What does a customer owe? The answers (proto/daybook/balances/v1/balances_service.proto).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/internal/balances/v1/parts.pb.h"

namespace daybook::balances {

using daybook::internal::balances::v1::AgingPart;
using daybook::internal::balances::v1::ControlTotalsPart;
using daybook::internal::balances::v1::CustomersPart;

struct BalancesQueries {
  static constexpr std::string_view kService = "daybook.balances.v1.BalancesService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetBalanceRequest, v1::GetBalanceResponse>,
      projection::Method<v1::ListAccountBalancesRequest, v1::ListAccountBalancesResponse>,
      projection::Scattered<v1::ListCustomerBalancesRequest, CustomersPart,
                            v1::ListCustomerBalancesResponse>,
      projection::Method<v1::ListOpenItemsRequest, v1::ListOpenItemsResponse>,
      projection::Method<v1::ListStatementEntriesRequest, v1::ListStatementEntriesResponse>,
      projection::Scattered<v1::GetAgingRequest, AgingPart, v1::GetAgingResponse>,
      projection::Scattered<v1::GetControlTotalsRequest, ControlTotalsPart,
                            v1::GetControlTotalsResponse>>;

  static absl::Status Check(const v1::GetBalanceRequest&);
  static absl::Status Check(const v1::ListAccountBalancesRequest&);
  static absl::Status Check(const v1::ListCustomerBalancesRequest&);
  static absl::Status Check(const v1::ListOpenItemsRequest&);
  static absl::Status Check(const v1::ListStatementEntriesRequest&);
  static absl::Status Check(const v1::GetAgingRequest&);
  static absl::Status Check(const v1::GetControlTotalsRequest&);

  // Questions about all customers at once.
  template <class Request>
  static bool Scans(const Request&) {
    return false;
  }
  static bool Scans(const v1::GetAgingRequest& request) { return request.customer_id().empty(); }
  static bool Scans(const v1::GetControlTotalsRequest&) { return true; }
  static bool Scans(const v1::ListCustomerBalancesRequest&) { return true; }

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::GetBalanceRequest&, const Reading&, v1::GetBalanceResponse*);
  static absl::Status Answer(const v1::ListAccountBalancesRequest&, const Reading&,
                             v1::ListAccountBalancesResponse*);
  static absl::Status Answer(const v1::ListOpenItemsRequest&, const Reading&,
                             v1::ListOpenItemsResponse*);
  static absl::Status Answer(const v1::ListStatementEntriesRequest&, const Reading&,
                             v1::ListStatementEntriesResponse*);

  static absl::Status Part(const v1::ListCustomerBalancesRequest&, const Reading&, CustomersPart*);
  static absl::Status Merge(const v1::ListCustomerBalancesRequest&,
                            projection::Parts<CustomersPart>, v1::ListCustomerBalancesResponse*);
  static absl::Status Part(const v1::GetAgingRequest&, const Reading&, AgingPart*);
  static absl::Status Merge(const v1::GetAgingRequest&, projection::Parts<AgingPart>,
                            v1::GetAgingResponse*);
  static absl::Status Part(const v1::GetControlTotalsRequest&, const Reading&, ControlTotalsPart*);
  static absl::Status Merge(const v1::GetControlTotalsRequest&,
                            projection::Parts<ControlTotalsPart>, v1::GetControlTotalsResponse*);
};

}  // namespace daybook::balances
