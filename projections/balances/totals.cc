#include "projections/balances/totals.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "projections/balances/history_reader.h"
#include "projections/balances/rows.h"

namespace daybook::balances {
namespace {

using store::Cursor;

constexpr int kAccountsPerDeadline = 256;

Int128 Signed(uint64_t low, int64_t high) {
  return static_cast<Int128>(static_cast<unsigned __int128>(static_cast<uint64_t>(high)) << 64 |
                             low);
}

absl::Status Malformed(std::string_view table) {
  return absl::DataLossError(absl::StrCat("a row of table ", std::string(table),
                                          " does not parse; rebuild the read model"));
}

template <class Row>
bool Parse(std::string_view bytes, Row* row) {
  return row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

Losses LossesOf(const v1::Losses& row) {
  return {ValueOf(row.written_off()), ValueOf(row.recovered()), ValueOf(row.voided())};
}

Sums SumsOf(const v1::CurrencyTotals& row) {
  return {.net = ValueOf(row.net()),
          .tax = ValueOf(row.tax()),
          .received = ValueOf(row.received()),
          .put = ValueOf(row.allocated()),
          .applied = ValueOf(row.applied()),
          .invoice_count = row.invoice_count(),
          .payment_count = row.payment_count(),
          .released = ValueOf(row.released()),
          .reversed = ValueOf(row.reversed()),
          .reversed_allocated = ValueOf(row.reversed_allocated()),
          .refunded = ValueOf(row.refunded()),
          .note_net = ValueOf(row.note_net()),
          .note_tax = ValueOf(row.note_tax()),
          .note_unapplied = ValueOf(row.note_unapplied()),
          .voided_net = ValueOf(row.voided_net()),
          .voided_tax = ValueOf(row.voided_tax()),
          .net_below = ValueOf(row.net_below()),
          .tax_below = ValueOf(row.tax_below()),
          .losses = {LossesOf(row.normal()), LossesOf(row.overdue()), LossesOf(row.bad_debt()),
                     LossesOf(row.early_payment())},
          .relief = LossesOf(row.relief()),
          .discount_relief = LossesOf(row.discount_relief()),
          .void_invoice_count = row.void_invoice_count(),
          .credit_note_count = row.credit_note_count(),
          .claimed = ValueOf(row.claimed()),
          .debit_note_count = row.debit_note_count(),
          .lost = ValueOf(row.lost()),
          .loss_recovered = ValueOf(row.loss_recovered()),
          .credit_written_off = ValueOf(row.credit_written_off()),
          .credit_restored = ValueOf(row.credit_restored())};
}

class DeadlineCheck {
 public:
  explicit DeadlineCheck(absl::Time deadline) : deadline_(deadline) {}
  absl::Status Check() {
    if (++calls_ % kAccountsPerDeadline != 0 || WallNow() < deadline_) return absl::OkStatus();
    return Refuse(Reason::kDeadlineExceeded, "the deadline came before all accounts were read");
  }

 private:
  const absl::Time deadline_;
  int calls_ = 0;
};

absl::StatusOr<int64_t> CountCustomers(const store::View& view, int32_t as_of_day, int64_t read_us,
                                       absl::Time deadline) {
  int64_t count = 0;
  v1::CustomerRow row;
  DeadlineCheck check(deadline);
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kCustomers.id, "", [&](std::string_view, std::string_view bytes) {
    status = check.Check();
    if (status.ok() && !Parse(bytes, &row)) status = Malformed(kCustomers.name);
    count += status.ok() && row.registered() && row.registered_recorded_us() <= read_us &&
             Counts(row.registered_day(), as_of_day);
    return status.ok();
  }));
  RETURN_IF_ERROR(status);
  return count;
}

}  // namespace

void AddTo(int64_t amount, v1::Sum* sum) {
  const auto total = static_cast<unsigned __int128>(ValueOf(*sum)) +
                     static_cast<unsigned __int128>(static_cast<Int128>(amount));
  sum->set_low(static_cast<uint64_t>(total));
  sum->set_high(static_cast<int64_t>(static_cast<uint64_t>(total >> 64)));
}

Int128 ValueOf(const v1::Sum& sum) { return Signed(sum.low(), sum.high()); }

absl::StatusOr<bool> AllCount(projection::ViewSpan views, projection::DayAsked& day) {
  bool all_count = true;
  for (const auto& view : views) {
    v1::CurrencyTotals row;
    bool parses = true;
    RETURN_IF_ERROR(view->Scan(kTotals.id, "", [&](std::string_view, std::string_view bytes) {
      if (!(parses = Parse(bytes, &row))) return false;
      for (const v1::LastDay& last : row.last_days()) {
        all_count = all_count && Counts(last.day(), day.In(last.time_zone()));
      }
      return all_count;
    }));
    if (!parses) return Malformed(kTotals.name);
    v1::BookTotals book;
    ASSIGN_OR_RETURN(const bool found, view->Read(kBook, kBookKey, &book));
    all_count = all_count && (!found || Counts(book.last_day(), day.In("")));
  }
  return all_count;
}

absl::StatusOr<AllTotals> ReadTotals(projection::ViewSpan views) {
  AllTotals all;
  for (const auto& view : views) {
    v1::CurrencyTotals row;
    bool parses = true;
    RETURN_IF_ERROR(view->Scan(kTotals.id, "", [&](std::string_view code, std::string_view bytes) {
      if (!(parses = Parse(bytes, &row))) return false;
      CurrencySums& sums = all.currencies[std::string(code)];
      sums.sums += SumsOf(row);
      sums.account_count += row.account_count();
      return true;
    }));
    if (!parses) return Malformed(kTotals.name);
    v1::BookTotals book;
    ASSIGN_OR_RETURN(const bool found, view->Read(kBook, kBookKey, &book));
    if (found) all.customer_count += book.customer_count();
  }
  return all;
}

// Tails and chunks are in the same order, so that two cursors side by side read everything once.
absl::Status ScanAccounts(const store::View& view, int64_t read_us, absl::Time deadline,
                          EachAccount each) {
  const std::unique_ptr<Cursor> tails = view.NewCursor(kTails.id);
  const std::unique_ptr<Cursor> chunks = view.NewCursor(kHistory.id);
  v1::AccountTail tail;
  std::vector<v1::HistoryChunk> full;
  AccountHistory history;
  DeadlineCheck check(deadline);
  for (; tails->valid(); tails->Next()) {
    RETURN_IF_ERROR(check.Check());
    if (!Parse(tails->value(), &tail)) return Malformed(kTails.name);
    full.resize(std::max<size_t>(full.size(), tail.full_chunks()));
    for (uint32_t i = 0; i < tail.full_chunks(); ++i, chunks->Next()) {
      RETURN_IF_ERROR(chunks->status());
      if (!chunks->valid() || !chunks->key().starts_with(tails->key()) ||
          !Parse(chunks->value(), &full[i])) {
        return Malformed(kHistory.name);
      }
    }
    if (tail.opened_recorded_us() > read_us) continue;
    history.Clear();
    bool known = true;
    for (uint32_t i = 0; i < tail.full_chunks() && known; ++i) {
      known = ReadChunk(full[i], read_us, &history);
    }
    if (known) ReadChunk(tail.chunk(), read_us, &history);
    each(tail, history);
  }
  RETURN_IF_ERROR(tails->status());
  return chunks->status();
}

absl::StatusOr<AllTotals> ScanTotals(projection::ViewSpan views, projection::DayAsked& day,
                                     int64_t read_us, absl::Time deadline) {
  AllTotals all;
  Standing standing;
  for (const auto& view : views) {
    ASSIGN_OR_RETURN(const int64_t customers, CountCustomers(*view, day.In(""), read_us, deadline));
    all.customer_count += customers;
    RETURN_IF_ERROR(ScanAccounts(*view, read_us, deadline,
                                 [&](const v1::AccountTail& tail, const AccountHistory& history) {
                                   const int32_t as_of_day = day.In(tail.time_zone());
                                   StandAt(history, as_of_day, &standing);
                                   CurrencySums& sums = all.currencies[tail.currency_code()];
                                   sums.sums += standing.sums;
                                   sums.account_count += Counts(tail.opened_day(), as_of_day);
                                 }));
  }
  return all;
}

}  // namespace daybook::balances
