#include <map>
#include <string>

#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

absl::Status WriteAges(const std::string& currency_code, const Ages& ages, v1::Ageing* row) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const AmountWriter money(*currency, row);
  row->set_currency_code(currency_code);
  google::type::Money* const columns[kAgeColumns] = {
      row->mutable_not_due(),    row->mutable_days_1_30(),   row->mutable_days_31_60(),
      row->mutable_days_61_90(), row->mutable_days_91_120(), row->mutable_days_over_120()};
  for (int i = 0; i < kAgeColumns; ++i) money.Write(ages.column[i], columns[i]);
  money.Write(-ages.unapplied, row->mutable_unapplied());
  money.Write(ages.balance(), row->mutable_balance());
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetAgeingRequest& request) {
  FieldViolations bad;
  CheckAnyId("customer_id", request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  if (request.customer_id().empty() && !request.account_id().empty()) {
    bad.Add("account_id", "needs a customer_id");
  }
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::GetAgeingRequest& request, const Reading& reading,
                                     v1::GetAgeingResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  const auto add = [&](const v1::AccountTail& tail, const AccountHistory& history,
                       Standing& standing, Ages& ages) {
    const int32_t day = asked.day.In(tail.time_zone());
    StandAt(history, day, &standing);
    AddAges(history, standing, day, &ages);
  };
  std::map<std::string, Ages> by_currency;
  Standing& standing = ScratchStanding();
  if (!request.customer_id().empty()) {
    HistoryOfAccount& account = ScratchHistory();
    ASSIGN_OR_RETURN(const v1::AccountHead* head,
                     FindAccountHistory(request, reading, asked.read_us, &account));
    add(account.tail, account.history, standing, by_currency[head->currency_code()]);
  } else {
    for (const projection::PartitionReading& partition : reading.partitions) {
      RETURN_IF_ERROR(ScanAccounts(*partition.view, asked.read_us, reading.deadline,
                                   [&](const v1::AccountTail& tail, const AccountHistory& history) {
                                     add(tail, history, standing,
                                         by_currency[tail.currency_code()]);
                                   }));
    }
  }
  for (const auto& [currency, ages] : by_currency) {
    RETURN_IF_ERROR(WriteAges(currency, ages, response->add_rows()));
  }
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::balances
