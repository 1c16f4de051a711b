#include "projections/balances/balances.h"

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "projections/balances/journal.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using projection::Meta;
using store::Shard;

// Sums of one account fit 64 bits: the write side sees to it. Of a log that breaks that, the fold
// must not stop, nor be undefined.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

int32_t DayNumber(const google::type::Date& date) {
  return balances::DayNumber(absl::CivilDay(date.year(), date.month(), date.day()));
}

// The rows that a fact of an account changes.
struct Account {
  Account(const Meta& meta, const std::string& account_id, const std::string& currency_code,
          Shard& shard)
      : time{balances::DayNumber(meta.effective_date), meta.recorded_time_us},
        shard(shard),
        head(HeadOf(shard.Edit(kCustomers, meta.customer_id), account_id)),
        tail(shard.Edit(kTails, Key(meta.customer_id, account_id))),
        totals(shard.Edit(kTotals, currency_code)) {
    if (head.account_id().empty()) head.set_account_id(account_id);
    if (head.currency_code().empty()) head.set_currency_code(currency_code);
    if (tail.currency_code().empty()) tail.set_currency_code(currency_code);
  }

  static v1::AccountHead& HeadOf(v1::CustomerRow& row, const std::string& account_id) {
    for (v1::AccountHead& head : *row.mutable_accounts()) {
      if (head.account_id() == account_id) return head;
    }
    return *row.add_accounts();
  }

  static const std::string& Key(std::string_view customer_id, std::string_view account_id) {
    thread_local std::string key;
    AccountKey(customer_id, account_id, &key);
    return key;
  }

  // After each entry: a full chunk becomes a row of its own.
  void MoveFullChunk(const Meta& meta) {
    if (!IsFull(tail)) return;
    std::string key = Key(meta.customer_id, head.account_id());
    store::AppendNumber(&key, tail.full_chunks());
    shard.Append(kJournal, key, tail.chunk());
    CutChunk(tail);
  }

  EntryTime time;
  Shard& shard;
  v1::AccountHead& head;
  v1::AccountTail& tail;
  v1::CurrencyTotals& totals;
};

void AddOpen(std::string_view packed_id, uint32_t ordinal, int64_t left_minor, v1::Open& open) {
  open.mutable_ids()->append(packed_id);
  open.add_ordinal(ordinal);
  open.add_left_minor(left_minor);
}

// One of the documents that are open.
struct Place {
  int index = -1;  // -1: not open
  size_t id_begin = 0, id_size = 0;
};

Place FindOpen(std::string_view packed_id, const v1::Open& open) {
  const std::string_view ids = open.ids();
  Place place{0, 0, 0};
  for (; place.index < open.ordinal_size(); ++place.index, place.id_begin += place.id_size) {
    place.id_size = PackedSize(ids.substr(place.id_begin));
    if (ids.substr(place.id_begin, place.id_size) == packed_id) return place;
  }
  return {};
}

// True if nothing is left.
bool TakeFrom(const Place& place, int64_t amount_minor, v1::Open& open) {
  const int64_t left = Plus(open.left_minor(place.index), -amount_minor);
  if (left != 0) {
    open.set_left_minor(place.index, left);
    return false;
  }
  open.mutable_ids()->erase(place.id_begin, place.id_size);
  open.mutable_ordinal()->erase(open.ordinal().begin() + place.index);
  open.mutable_left_minor()->erase(open.left_minor().begin() + place.index);
  return true;
}

// Puts the allocations behind the entry that was added last. Returns their sum.
int64_t Allocate(const google::protobuf::RepeatedPtrField<billing::v1::Allocation>& allocations,
                 Account& account) {
  int64_t sum = 0;
  v1::Open& open = *account.tail.mutable_open_invoices();
  for (const billing::v1::Allocation& allocation : allocations) {
    const Place place = FindOpen(PackId(allocation.invoice_id()), open);
    if (place.index < 0) continue;  // not open: the write side allocates to nothing else
    const int64_t amount = allocation.amount_minor();
    AddAllocation(open.ordinal(place.index), amount, account.tail);
    if (TakeFrom(place, amount, open)) {
      account.head.set_open_invoice_count(account.head.open_invoice_count() - 1);
    }
    sum = Plus(sum, amount);
  }
  account.head.set_open_minor(Plus(account.head.open_minor(), -sum));
  account.head.set_allocated_minor(Plus(account.head.allocated_minor(), sum));
  return sum;
}

}  // namespace

void Balances::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  v1::CustomerRow& row = shard.Edit(kCustomers, meta.customer_id);
  row.set_registered(true);
  row.set_registered_day(balances::DayNumber(meta.effective_date));
  row.set_registered_recorded_us(meta.recorded_time_us);
  v1::BookTotals& book = shard.Edit(kBook, kBookKey);
  book.set_customer_count(book.customer_count() + 1);
}

void Balances::On(const billing::v1::AccountOpened& opened, const Meta& meta, Shard& shard) {
  Account account(meta, opened.account_id(), opened.currency_code(), shard);
  account.head.set_opened_recorded_us(meta.recorded_time_us);
  account.tail.set_opened_recorded_us(meta.recorded_time_us);
  account.tail.set_opened_day(account.time.day);
  account.totals.set_account_count(account.totals.account_count() + 1);
}

void Balances::On(const billing::v1::InvoiceIssued& invoice, const Meta& meta, Shard& shard) {
  Account account(meta, invoice.account_id(), invoice.currency_code(), shard);
  const int64_t total = invoice.total_minor();
  const std::string_view id = PackId(invoice.invoice_id());
  const uint32_t ordinal = account.tail.invoices();
  AddInvoice(account.time, invoice, DayNumber(invoice.due_date()),
             static_cast<int32_t>(meta.effective_date.year()), id, account.tail);

  account.head.set_invoice_count(account.head.invoice_count() + 1);
  account.head.set_open_minor(Plus(account.head.open_minor(), total));
  if (total != 0) {
    AddOpen(id, ordinal, total, *account.tail.mutable_open_invoices());
    account.head.set_open_invoice_count(account.head.open_invoice_count() + 1);
  }
  AddTo(total - invoice.tax_minor(), account.totals.mutable_net());
  AddTo(invoice.tax_minor(), account.totals.mutable_tax());
  account.totals.set_invoice_count(account.totals.invoice_count() + 1);
  account.MoveFullChunk(meta);
}

void Balances::On(const billing::v1::PaymentRecorded& payment, const Meta& meta, Shard& shard) {
  Account account(meta, payment.account_id(), payment.currency_code(), shard);
  const int64_t amount = payment.amount_minor();
  const uint32_t ordinal = account.tail.payments();
  AddPayment(account.time, amount, PackId(payment.payment_id()), account.tail);
  const int64_t allocated = Allocate(payment.allocations(), account);
  if (allocated != amount) {
    AddOpen(PackId(payment.payment_id()), ordinal, Plus(amount, -allocated),
            *account.tail.mutable_open_payments());
  }

  account.head.set_payment_count(account.head.payment_count() + 1);
  account.head.set_received_minor(Plus(account.head.received_minor(), amount));
  AddTo(amount, account.totals.mutable_received());
  AddTo(allocated, account.totals.mutable_allocated());
  account.totals.set_payment_count(account.totals.payment_count() + 1);
  account.MoveFullChunk(meta);
}

void Balances::On(const billing::v1::CreditApplied& credit, const Meta& meta, Shard& shard) {
  Account account(meta, credit.account_id(), credit.currency_code(), shard);
  v1::Open& payments = *account.tail.mutable_open_payments();
  const Place place = FindOpen(PackId(credit.payment_id()), payments);
  if (place.index < 0) return;  // nothing unapplied: the write side applies nothing else
  AddCredit(account.time, payments.ordinal(place.index), account.tail);
  const int64_t applied = Allocate(credit.allocations(), account);
  TakeFrom(place, applied, payments);
  AddTo(applied, account.totals.mutable_applied());
  account.MoveFullChunk(meta);
}

void Balances::ClearRecorded(v1::CustomerRow& row) {
  row.clear_registered_recorded_us();
  for (v1::AccountHead& head : *row.mutable_accounts()) head.clear_opened_recorded_us();
}

void Balances::ClearRecorded(v1::AccountTail& row) {
  row.clear_opened_recorded_us();
  row.clear_last_recorded_us();
  if (row.has_chunk()) ClearRecorded(*row.mutable_chunk());
}

void Balances::ClearRecorded(v1::JournalChunk& row) { row.clear_recorded_us(); }

absl::Status Balances::ControlTotals(projection::ViewSpan views,
                                     std::map<std::string, std::string>* totals) {
  absl::StatusOr<AllTotals> all = ReadTotals(views);
  RETURN_IF_ERROR(all.status());
  (*totals)["customers"] = absl::StrCat(all->customer_count);
  for (const auto& [currency, sums] : all->currencies) {
    const auto put = [&](const char* name, Int128 value) {
      (*totals)[absl::StrCat(currency, " ", name)] = ToText(value);
    };
    put("invoiced", sums.sums.invoiced());
    put("received", sums.sums.received);
    put("receivable", sums.sums.receivable());
    put("unapplied", sums.sums.unapplied());
    put("invoices", sums.sums.invoice_count);
    put("payments", sums.sums.payment_count);
    put("accounts", sums.account_count);
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
