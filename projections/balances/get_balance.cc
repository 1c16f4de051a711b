#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/amounts.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"

namespace daybook::balances {

using projection::Reading;

absl::Status BalancesQueries::Check(const v1::GetBalanceRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckAnyId(request.account_id(), "account_id", bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::GetBalanceRequest& request, const Reading& reading,
                                     v1::GetBalanceResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, own);
  ASSIGN_OR_RETURN(const rows::AccountHead* head,
                   FindAccount(*own.view, request.customer_id(), request.account_id(),
                               clocks.read_us, &ScratchRow()));
  ASSIGN_OR_RETURN(const Amounts amounts, AmountsAt(request.customer_id(), *head, clocks, own));
  return WriteAmounts(*head, amounts, response);
}

}  // namespace daybook::balances
