#include "projections/balances/totals.h"

#include <algorithm>
#include <memory>

#include "common/base/status.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/sum.h"
#include "projections/balances/history_reader.h"
#include "projections/balances/rows.h"

namespace daybook::balances {
namespace {

using projection::DeadlineEvery;
using projection::Malformed;
using projection::ParseRow;
using projection::Sum;
using projection::ValueOf;
using store::Cursor;

constexpr int kAccountsPerDeadline = 256;

// Where each sum stands in a row.
struct SumColumn {
  Int128 Sums::* sum;
  const Sum& (rows::CurrencyTotals::*get)() const;
  Sum* (rows::CurrencyTotals::*edit)();
};
struct CountColumn {
  int64_t Sums::* count;
  int64_t (rows::CurrencyTotals::*get)() const;
  void (rows::CurrencyTotals::*set)(int64_t);
};
struct CreditLossesColumn {
  CreditLosses& (*losses)(Sums&);
  const rows::CreditLosses& (rows::CurrencyTotals::*get)() const;
  rows::CreditLosses* (rows::CurrencyTotals::*edit)();
};

using Row = rows::CurrencyTotals;
constexpr SumColumn kSums[] = {
    {&Sums::net, &Row::net, &Row::mutable_net},
    {&Sums::tax, &Row::tax, &Row::mutable_tax},
    {&Sums::received, &Row::received, &Row::mutable_received},
    {&Sums::put, &Row::allocated, &Row::mutable_allocated},
    {&Sums::applied, &Row::applied, &Row::mutable_applied},
    {&Sums::released, &Row::released, &Row::mutable_released},
    {&Sums::reversed, &Row::reversed, &Row::mutable_reversed},
    {&Sums::reversed_allocated, &Row::reversed_allocated, &Row::mutable_reversed_allocated},
    {&Sums::refunded, &Row::refunded, &Row::mutable_refunded},
    {&Sums::note_net, &Row::note_net, &Row::mutable_note_net},
    {&Sums::note_tax, &Row::note_tax, &Row::mutable_note_tax},
    {&Sums::note_unapplied, &Row::note_unapplied, &Row::mutable_note_unapplied},
    {&Sums::voided_net, &Row::voided_net, &Row::mutable_voided_net},
    {&Sums::voided_tax, &Row::voided_tax, &Row::mutable_voided_tax},
    {&Sums::claimed, &Row::claimed, &Row::mutable_claimed},
    {&Sums::lost, &Row::lost, &Row::mutable_lost},
    {&Sums::loss_recovered, &Row::loss_recovered, &Row::mutable_loss_recovered},
    {&Sums::credit_written_off, &Row::credit_written_off, &Row::mutable_credit_written_off},
    {&Sums::credit_restored, &Row::credit_restored, &Row::mutable_credit_restored},
};
constexpr CountColumn kCounts[] = {
    {&Sums::invoice_count, &Row::invoice_count, &Row::set_invoice_count},
    {&Sums::payment_count, &Row::payment_count, &Row::set_payment_count},
    {&Sums::void_invoice_count, &Row::void_invoice_count, &Row::set_void_invoice_count},
    {&Sums::credit_note_count, &Row::credit_note_count, &Row::set_credit_note_count},
    {&Sums::debit_note_count, &Row::debit_note_count, &Row::set_debit_note_count},
};
template <LossReason reason>
CreditLosses& LossesFor(Sums& sums) {
  return sums.losses[reason];
}
constexpr CreditLossesColumn kCreditLosses[] = {
    {&LossesFor<kNormal>, &Row::normal, &Row::mutable_normal},
    {&LossesFor<kOverdue>, &Row::overdue, &Row::mutable_overdue},
    {&LossesFor<kBadDebt>, &Row::bad_debt, &Row::mutable_bad_debt},
    {&LossesFor<kEarlyPayment>, &Row::early_payment, &Row::mutable_early_payment},
    {[](Sums& sums) -> CreditLosses& { return sums.relief; }, &Row::relief, &Row::mutable_relief},
    {[](Sums& sums) -> CreditLosses& { return sums.discount_relief; }, &Row::discount_relief,
     &Row::mutable_discount_relief},
};

Sums SumsOf(const rows::CurrencyTotals& row) {
  Sums sums;
  for (const SumColumn& column : kSums) sums.*column.sum = ValueOf((row.*column.get)());
  for (const CountColumn& column : kCounts) sums.*column.count = (row.*column.get)();
  for (const CreditLossesColumn& column : kCreditLosses) {
    const rows::CreditLosses& losses = (row.*column.get)();
    column.losses(sums) = {ValueOf(losses.written_off()), ValueOf(losses.recovered()),
                           ValueOf(losses.voided())};
  }
  return sums;
}

void SetSums(Sums sums, rows::CurrencyTotals* row) {
  for (const SumColumn& column : kSums) {
    projection::SetValue(sums.*column.sum, (row->*column.edit)());
  }
  for (const CountColumn& column : kCounts) (row->*column.set)(sums.*column.count);
  for (const CreditLossesColumn& column : kCreditLosses) {
    const CreditLosses& losses = column.losses(sums);
    rows::CreditLosses* out = (row->*column.edit)();
    projection::SetValue(losses.written_off, out->mutable_written_off());
    projection::SetValue(losses.recovered, out->mutable_recovered());
    projection::SetValue(losses.voided, out->mutable_voided());
  }
}

// Of a currency in one partition.
void AddRow(std::string_view currency_code, const rows::CurrencyTotals& row, AllTotals* all) {
  CurrencySums& sums = all->currencies[std::string(currency_code)];
  sums.sums += SumsOf(row);
  sums.account_count += row.account_count();
}

absl::StatusOr<int64_t> CountCustomers(const store::View& view, int32_t as_of_day, int64_t read_us,
                                       absl::Time deadline) {
  int64_t count = 0;
  rows::CustomerRow row;
  DeadlineEvery check(deadline, kAccountsPerDeadline);
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kCustomers.id, "", [&](std::string_view, std::string_view bytes) {
    status = check.Check();
    if (status.ok()) status = ParseRow(kCustomers, bytes, &row);
    count += status.ok() && row.registered() && row.registered_recorded_us() <= read_us &&
             Counts(row.registered_day(), as_of_day);
    return status.ok();
  }));
  RETURN_IF_ERROR(status);
  return count;
}

}  // namespace

absl::StatusOr<bool> AllCount(const store::View& view, projection::DayAsked& day) {
  bool all_count = true;
  rows::CurrencyTotals row;
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kTotals.id, "", [&](std::string_view, std::string_view bytes) {
    status = ParseRow(kTotals, bytes, &row);
    if (!status.ok()) return false;
    for (const rows::LastDay& last : row.last_days()) {
      all_count = all_count && Counts(last.day(), day.In(last.time_zone()));
    }
    return all_count;
  }));
  RETURN_IF_ERROR(status);
  rows::BookTotals book;
  ASSIGN_OR_RETURN(const bool found, view.Read(kBook, kBookKey, &book));
  return all_count && (!found || Counts(book.last_day(), day.In("")));
}

absl::Status AddTotals(const store::View& view, AllTotals* all) {
  rows::CurrencyTotals row;
  absl::Status status;
  RETURN_IF_ERROR(
      view.Scan(kTotals.id, "", [&](std::string_view currency_code, std::string_view bytes) {
        status = ParseRow(kTotals, bytes, &row);
        if (status.ok()) AddRow(currency_code, row, all);
        return status.ok();
      }));
  RETURN_IF_ERROR(status);
  rows::BookTotals book;
  ASSIGN_OR_RETURN(const bool found, view.Read(kBook, kBookKey, &book));
  if (found) all->customer_count += book.customer_count();
  return absl::OkStatus();
}

absl::StatusOr<AllTotals> ReadTotals(projection::ViewSpan views) {
  AllTotals all;
  for (const auto& view : views) RETURN_IF_ERROR(AddTotals(*view, &all));
  return all;
}

// Tails and chunks are in the same order, so that two cursors side by side read everything once.
absl::Status ScanAccounts(const store::View& view, int64_t read_us, absl::Time deadline,
                          EachAccount each) {
  const std::unique_ptr<Cursor> tails = view.NewCursor(kTails.id);
  const std::unique_ptr<Cursor> chunks = view.NewCursor(kHistory.id);
  rows::AccountTail tail;
  std::vector<rows::HistoryChunk> full;
  AccountHistory history;
  std::string customer_id;
  DeadlineEvery check(deadline, kAccountsPerDeadline);
  for (; tails->valid(); tails->Next()) {
    RETURN_IF_ERROR(check.Check());
    RETURN_IF_ERROR(ParseRow(kTails, tails->value(), &tail));
    full.resize(std::max<size_t>(full.size(), tail.full_chunks()));
    for (uint32_t i = 0; i < tail.full_chunks(); ++i, chunks->Next()) {
      RETURN_IF_ERROR(chunks->status());
      if (!chunks->valid() || !chunks->key().starts_with(tails->key())) {
        return Malformed(kHistory.name);
      }
      RETURN_IF_ERROR(ParseRow(kHistory, chunks->value(), &full[i]));
    }
    if (tail.opened_recorded_us() > read_us) continue;
    history.Clear();
    bool known = true;
    for (uint32_t i = 0; i < tail.full_chunks() && known; ++i) {
      known = ReadChunk(full[i], read_us, &history);
    }
    if (known) ReadChunk(tail.chunk(), read_us, &history);
    std::string_view key = tails->key();
    if (!store::TakeText(&key, &customer_id)) return Malformed(kTails.name);
    each(customer_id, tail, history);
  }
  RETURN_IF_ERROR(tails->status());
  return chunks->status();
}

absl::Status AddScanned(const store::View& view, projection::TwoClocks& clocks, absl::Time deadline,
                        AllTotals* all) {
  ASSIGN_OR_RETURN(const int64_t customers,
                   CountCustomers(view, clocks.day.In(""), clocks.read_us, deadline));
  all->customer_count += customers;
  Standing standing;
  return ScanAccounts(
      view, clocks.read_us, deadline,
      [&](std::string_view, const rows::AccountTail& tail, const AccountHistory& history) {
        const int32_t as_of_day = clocks.day.In(tail.time_zone());
        StandAt(history, as_of_day, &standing);
        CurrencySums& sums = all->currencies[tail.currency_code()];
        sums.sums += standing.sums;
        sums.account_count += Counts(tail.opened_day(), as_of_day);
      });
}

void ToPart(const AllTotals& all, daybook::internal::balances::v1::ControlTotalsPart* part) {
  for (const auto& [currency_code, sums] : all.currencies) {
    auto* currency = part->add_currencies();
    currency->set_currency_code(currency_code);
    SetSums(sums.sums, currency->mutable_totals());
    currency->mutable_totals()->set_account_count(sums.account_count);
  }
  part->set_customer_count(all.customer_count);
}

void AddPart(const daybook::internal::balances::v1::ControlTotalsPart& part, AllTotals* all) {
  for (const auto& currency : part.currencies()) {
    AddRow(currency.currency_code(), currency.totals(), all);
  }
  all->customer_count += part.customer_count();
}

}  // namespace daybook::balances
