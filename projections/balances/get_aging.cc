#include <map>
#include <string>

#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/buckets.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using daybook::internal::balances::v1::CurrencyAges;
using projection::AmountWriter;
using projection::Reading;

absl::Status WriteAges(const std::string& currency_code, const Ages& ages, v1::Aging* row) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const AmountWriter money(*currency, row);
  row->set_currency_code(currency_code);
  WriteBuckets(ages, *currency, row->mutable_buckets());
  money.Write(-ages.unapplied, row->mutable_unapplied());
  money.Write(ages.balance(), row->mutable_balance());
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetAgingRequest& request) {
  FieldViolations bad;
  projection::CheckAnyId(request.customer_id(), "customer_id", bad);
  projection::CheckAccountId(request.account_id(), request.customer_id().empty(), bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Part(const v1::GetAgingRequest& request, const Reading& reading,
                                   AgingPart* part) {
  std::map<std::string, Ages> by_currency;
  for (const projection::PartitionReading& partition : reading.partitions) {
    projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, partition);
    const auto add = [&](std::string_view, const rows::AccountTail& tail,
                         const AccountHistory& history) {
      const int32_t day = clocks.day.In(tail.time_zone());
      Standing& standing = ScratchStanding();
      StandAt(history, day, &standing);
      AddAges(history, standing, day, &by_currency[tail.currency_code()]);
    };
    if (request.customer_id().empty()) {
      RETURN_IF_ERROR(ScanAccounts(*partition.view, clocks.read_us, reading.deadline, add));
    } else {
      HistoryOfAccount& account = ScratchHistory();
      RETURN_IF_ERROR(
          FindAccountHistory(request, *partition.view, clocks.read_us, &account).status());
      add(request.customer_id(), account.tail, account.history);
    }
  }
  for (const auto& [currency_code, ages] : by_currency) {
    CurrencyAges* row = part->add_currencies();
    row->set_currency_code(currency_code);
    SetAges(ages, row);
  }
  return absl::OkStatus();
}

absl::Status BalancesQueries::Merge(const v1::GetAgingRequest&, projection::Parts<AgingPart> parts,
                                    v1::GetAgingResponse* response) {
  std::map<std::string, Ages> by_currency;
  for (const AgingPart* part : parts) {
    for (const CurrencyAges& row : part->currencies()) {
      AddAges(row, &by_currency[row.currency_code()]);
    }
  }
  for (const auto& [currency_code, ages] : by_currency) {
    RETURN_IF_ERROR(WriteAges(currency_code, ages, response->add_rows()));
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
