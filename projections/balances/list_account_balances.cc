#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/rows.h"
#include "projections/balances/amounts.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/rows.h"

namespace daybook::balances {

using projection::Reading;

absl::Status BalancesQueries::Check(const v1::ListAccountBalancesRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::ListAccountBalancesRequest& request,
                                     const Reading& reading,
                                     v1::ListAccountBalancesResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, own);
  rows::CustomerRow& row = ScratchRow();
  ASSIGN_OR_RETURN(const bool found, own.view->Read(kCustomers, request.customer_id(), &row));
  if (!found || row.registered_recorded_us() > clocks.read_us) {
    return projection::UnknownCustomer(request.customer_id());
  }
  for (const rows::AccountHead& head : row.accounts()) {
    if (head.opened_recorded_us() > clocks.read_us) continue;
    ASSIGN_OR_RETURN(const Amounts amounts, AmountsAt(request.customer_id(), head, clocks, own));
    v1::AccountBalance& balance = *response->add_balances();
    balance.set_currency_code(head.currency_code());
    RETURN_IF_ERROR(WriteAmounts(head, amounts, &balance));
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
