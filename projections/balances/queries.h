// What does a customer owe? The answers (proto/daybook/balances/v1/balances_service.proto).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/balances/v1/balances_service.pb.h"

namespace daybook::balances {

struct BalancesQueries {
  static constexpr std::string_view kService = "daybook.balances.v1.BalancesService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetBalanceRequest, v1::GetBalanceResponse>,
      projection::Method<v1::ListOpenItemsRequest, v1::ListOpenItemsResponse>,
      projection::Method<v1::GetStatementRequest, v1::GetStatementResponse>,
      projection::Method<v1::GetAgeingRequest, v1::GetAgeingResponse>,
      projection::Method<v1::GetTrialBalanceRequest, v1::GetTrialBalanceResponse>>;

  static absl::Status Check(const v1::GetBalanceRequest&);
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

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::GetBalanceRequest&, const Reading&, v1::GetBalanceResponse*);
  static absl::Status Answer(const v1::ListOpenItemsRequest&, const Reading&,
                             v1::ListOpenItemsResponse*);
  static absl::Status Answer(const v1::GetStatementRequest&, const Reading&,
                             v1::GetStatementResponse*);
  static absl::Status Answer(const v1::GetAgeingRequest&, const Reading&, v1::GetAgeingResponse*);
  static absl::Status Answer(const v1::GetTrialBalanceRequest&, const Reading&,
                             v1::GetTrialBalanceResponse*);
};

}  // namespace daybook::balances
