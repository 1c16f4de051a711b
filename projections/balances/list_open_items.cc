#include <algorithm>
#include <tuple>
#include <vector>

#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/packed_id.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"

namespace daybook::balances {
namespace {

using projection::Reading;

}  // namespace

absl::Status BalancesQueries::Check(const v1::ListOpenItemsRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckAnyId(request.account_id(), "account_id", bad);
  projection::CheckClocks(request, bad);
  projection::CheckPageSize(request.page_size(), bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::ListOpenItemsRequest& request,
                                     const Reading& reading, v1::ListOpenItemsResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, own);
  ASSIGN_OR_RETURN(const Page page, PageOf(request, clocks.read_us, own));
  HistoryOfAccount& account = ScratchHistory();
  ASSIGN_OR_RETURN(const rows::AccountHead* head,
                   FindAccountHistory(request, *own.view, page.read_us, &account));
  const std::vector<HistoryInvoice>& invoices = account.history.invoices;
  const int32_t as_of_day = page.DayOf(clocks.day, head->time_zone());
  Standing& standing = ScratchStanding();
  StandAt(account.history, as_of_day, &standing);

  std::vector<uint32_t> open;
  for (uint32_t i = 0; i < invoices.size(); ++i) {
    if (Counts(invoices[i].day, as_of_day) && standing.open_minor[i] != 0) open.push_back(i);
  }
  std::sort(open.begin(), open.end(), [&](uint32_t a, uint32_t b) {
    const HistoryInvoice& x = invoices[a];
    const HistoryInvoice& y = invoices[b];
    return std::tie(x.due_day, x.day, x.number, a) < std::tie(y.due_day, y.day, y.number, b);
  });
  const std::vector<int64_t> discounts = DiscountsAt(account.history, as_of_day, standing);
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const auto end = std::min<int64_t>(static_cast<int64_t>(open.size()), page.index + page.size);
  for (int64_t i = page.index; i < end; ++i) {
    const HistoryInvoice& invoice = invoices[open[i]];
    v1::OpenItem* item = response->add_items();
    item->set_invoice_id(UnpackId(invoice.id));
    item->set_kind(invoice.debit_note ? billing::v1::INVOICE_KIND_DEBIT_NOTE
                                      : billing::v1::INVOICE_KIND_INVOICE);
    item->set_number(FormatNumber(invoice.number));
    SetDate(invoice.day, item->mutable_invoice_date());
    SetDate(invoice.due_day, item->mutable_due_date());
    SetMoney(invoice.total_minor, *currency, *item->mutable_total());
    SetMoney(standing.open_minor[open[i]], *currency, *item->mutable_open());
    if (discounts.empty() || discounts[open[i]] == 0) continue;
    SetMoney(discounts[open[i]], *currency, *item->mutable_discount());
    SetDate(invoice.offer_day, item->mutable_discount_date());
  }
  if (end < static_cast<int64_t>(open.size())) {
    response->set_next_page_token(page.TokenFor(request, end, as_of_day));
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
