#include "services/billing/fold.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/status.h"
#include "services/billing/invoice_number.h"

namespace daybook::billing {
namespace {

using Invoices = google::protobuf::RepeatedPtrField<state::Invoice>;

// Up to this many allocations are found one by one, more of them by a table.
constexpr int kFew = 4;

std::string_view SeriesOf(const state::Invoice& invoice) {
  return invoice.series().empty() ? std::string_view(kDefaultInvoiceSeries) : invoice.series();
}

// The order in which invoices are paid: due date, invoice date, number. The year of the number is
// that of the invoice date.
bool DueBefore(const state::Invoice& a, const state::Invoice& b) {
  if (a.due_date() != b.due_date()) return a.due_date() < b.due_date();
  if (a.invoice_date() != b.invoice_date()) return a.invoice_date() < b.invoice_date();
  return std::tuple(SeriesOf(a), a.sequence()) < std::tuple(SeriesOf(b), b.sequence());
}

// Moves the last invoice to its place. A new one is mostly the youngest, so mostly nothing moves.
void SinkLast(Invoices& list) {
  for (int i = list.size() - 1; i > 0 && DueBefore(list[i], list[i - 1]); --i) {
    list.SwapElements(i, i - 1);
  }
}

void SortOpen(int added, Invoices& open) {
  if (added <= kFew) {
    // The added ones stand at the end, in any order: each sinks to its place, the first one first.
    for (int i = open.size() - added; i < open.size(); ++i) {
      for (int j = i; j > 0 && DueBefore(open[j], open[j - 1]); --j) open.SwapElements(j, j - 1);
    }
    return;
  }
  std::sort(open.pointer_begin(), open.pointer_end(),
            [](const state::Invoice* a, const state::Invoice* b) { return DueBefore(*a, *b); });
}

int FindIn(const Invoices& list, const std::string& invoice_id) {
  for (int i = 0; i < list.size(); ++i) {
    if (list[i].invoice_id() == invoice_id) return i;
  }
  return -1;
}

// Finds the invoices of one list that an event names, which is mostly in the order of the list.
class Finder {
 public:
  Finder(const Invoices& list, int wanted) : list_(list), many_(wanted > kFew) {}

  // -1: not in the list.
  int Find(const std::string& invoice_id) {
    if (next_ < list_.size() && list_[next_].invoice_id() == invoice_id) return next_++;
    const int found = many_ ? FindInTable(invoice_id) : FindIn(list_, invoice_id);
    if (found >= 0) next_ = found + 1;
    return found;
  }

 private:
  int FindInTable(const std::string& invoice_id) {
    if (table_.empty()) {
      table_.reserve(list_.size());
      for (int i = 0; i < list_.size(); ++i) table_.emplace(list_[i].invoice_id(), i);
    }
    const auto it = table_.find(invoice_id);
    return it == table_.end() ? -1 : it->second;
  }

  const Invoices& list_;
  const bool many_;
  int next_ = 0;
  absl::flat_hash_map<absl::string_view, int> table_;
};

// Moves open invoices with nothing open to the settled ones. `first`: the first of them.
void Settle(int first, state::Account& account) {
  Invoices& open = *account.mutable_open_invoices();
  int kept = first;
  for (int i = first; i < open.size(); ++i) {
    if (open[i].open_minor() == 0) continue;
    if (kept != i) open.SwapElements(kept, i);
    ++kept;
  }
  Invoices& settled = *account.mutable_settled_invoices();
  while (open.size() > kept) settled.AddAllocated(open.ReleaseLast());
}

// Moves settled invoices that have something open again to the open ones.
void Unsettle(state::Account& account) {
  Invoices& open = *account.mutable_open_invoices();
  Invoices& settled = *account.mutable_settled_invoices();
  int kept = 0;
  for (int i = 0; i < settled.size(); ++i) {
    if (settled[i].open_minor() > 0) continue;
    if (kept != i) settled.SwapElements(kept, i);
    ++kept;
  }
  const int added = settled.size() - kept;
  while (settled.size() > kept) open.AddAllocated(settled.ReleaseLast());
  SortOpen(added, open);
}

void AddRow(uint32_t payment, uint32_t invoice, int64_t amount, int32_t day,
            state::Allocations& rows) {
  rows.add_payment(payment);
  rows.add_invoice(invoice);
  rows.add_amount_minor(amount);
  rows.add_day(day);
}

// Reduces the rows of a payment by an amount per invoice, the newest rows first.
void TakeRows(uint32_t payment, absl::flat_hash_map<uint32_t, int64_t>& left,
              state::Allocations& rows) {
  for (int i = rows.payment_size() - 1; i >= 0; --i) {
    if (rows.payment(i) != payment) continue;
    const auto it = left.find(rows.invoice(i));
    if (it == left.end() || it->second == 0) continue;
    const int64_t taken = std::min(it->second, rows.amount_minor(i));
    rows.set_amount_minor(i, rows.amount_minor(i) - taken);
    it->second -= taken;
  }
  for (const auto& [invoice, amount] : left) DAYBOOK_CHECK(amount == 0);
  int kept = 0;
  for (int i = 0; i < rows.payment_size(); ++i) {
    if (rows.amount_minor(i) == 0) continue;
    rows.set_payment(kept, rows.payment(i));
    rows.set_invoice(kept, rows.invoice(i));
    rows.set_amount_minor(kept, rows.amount_minor(i));
    rows.set_day(kept, rows.day(i));
    ++kept;
  }
  rows.mutable_payment()->Truncate(kept);
  rows.mutable_invoice()->Truncate(kept);
  rows.mutable_amount_minor()->Truncate(kept);
  rows.mutable_day()->Truncate(kept);
}

}  // namespace

state::Account& EditAccount(const std::string& account_id, state::State& state) {
  for (state::Account& account : *state.mutable_accounts()) {
    if (account.account_id() == account_id) return account;
  }
  DAYBOOK_CHECK(!"an event of an account that was not opened");
  __builtin_unreachable();
}

uint32_t PaymentOrdinal(const state::Account& account, const std::string& payment_id) {
  for (const uint32_t ordinal : account.open_payments()) {
    if (account.payments(static_cast<int>(ordinal)).payment_id() == payment_id) return ordinal;
  }
  for (int i = account.payments_size() - 1; i >= 0; --i) {
    if (account.payments(i).payment_id() == payment_id) return static_cast<uint32_t>(i);
  }
  DAYBOOK_CHECK(!"an event of a payment that was not recorded");
  __builtin_unreachable();
}

uint32_t ExternalKey(v1::PaymentMethod method, const std::string& external_id) {
  uint32_t hash = 2166136261u;  // FNV-1a
  const auto mix = [&hash](uint8_t byte) { hash = (hash ^ byte) * 16777619u; };
  mix(static_cast<uint8_t>(method));
  for (const char c : external_id) mix(static_cast<uint8_t>(c));
  return hash == 0 ? 1 : hash;
}

state::Invoice& EditInvoice(state::Account& account, const std::string& invoice_id) {
  for (Invoices* list : {account.mutable_open_invoices(), account.mutable_settled_invoices()}) {
    const int i = FindIn(*list, invoice_id);
    if (i >= 0) return (*list)[i];
  }
  DAYBOOK_CHECK(!"an event of an invoice that was not issued");
  __builtin_unreachable();
}

void AddInvoice(std::unique_ptr<state::Invoice> invoice, state::Account& account) {
  const bool open = invoice->open_minor() > 0;
  account.set_open_minor(account.open_minor() + invoice->open_minor());
  Invoices& list = open ? *account.mutable_open_invoices() : *account.mutable_settled_invoices();
  list.AddAllocated(invoice.release());
  if (open) SinkLast(list);
}

void ChangeOpen(const std::string& invoice_id, int64_t delta, state::Account& account) {
  state::Invoice& invoice = EditInvoice(account, invoice_id);
  const int64_t before = invoice.open_minor();
  DAYBOOK_CHECK(before + delta >= 0);
  invoice.set_open_minor(before + delta);
  account.set_open_minor(account.open_minor() + delta);
  if (before > 0 && before + delta == 0) Settle(0, account);
  if (before == 0 && delta > 0) Unsettle(account);
}

void SetUnapplied(uint32_t ordinal, int64_t unapplied_minor, state::Account& account) {
  DAYBOOK_CHECK(unapplied_minor >= 0);
  state::Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  const int64_t before = payment.unapplied_minor();
  payment.set_unapplied_minor(unapplied_minor);
  // The difference first: the sums of an account fit 64 bits, but not with both amounts added.
  account.set_unapplied_minor(account.unapplied_minor() + (unapplied_minor - before));
  auto& open = *account.mutable_open_payments();
  if (before > 0 && unapplied_minor == 0) {
    open.erase(std::find(open.begin(), open.end(), ordinal));
  } else if (before == 0 && unapplied_minor > 0) {
    const auto key = [&account](uint32_t o) {
      return std::pair(account.payments(static_cast<int>(o)).payment_date(), o);
    };
    open.Add(ordinal);
    for (int i = open.size() - 1; i > 0 && key(open[i]) < key(open[i - 1]); --i) {
      open.SwapElements(i, i - 1);
    }
  }
}

int64_t Allocate(uint32_t ordinal, int32_t day, const EventAllocations& allocations,
                 state::Account& account) {
  if (allocations.empty()) return 0;
  Invoices& open = *account.mutable_open_invoices();
  state::Allocations& rows = *account.mutable_allocations();
  Finder finder(open, allocations.size());
  int64_t sum = 0;
  int first_settled = open.size();
  for (const v1::Allocation& allocation : allocations) {
    const int i = finder.Find(allocation.invoice_id());
    DAYBOOK_CHECK(i >= 0);
    state::Invoice& invoice = open[i];
    const int64_t left = invoice.open_minor() - allocation.amount_minor();
    DAYBOOK_CHECK(allocation.amount_minor() > 0 && left >= 0);
    invoice.set_open_minor(left);
    sum += allocation.amount_minor();
    AddRow(ordinal, invoice.ordinal(), allocation.amount_minor(), day, rows);
    if (left > 0) continue;
    if (invoice.written_off_minor() == 0) invoice.set_state(v1::INVOICE_STATE_PAID);
    first_settled = std::min(first_settled, i);
  }
  if (first_settled < open.size()) Settle(first_settled, account);
  account.set_allocated_minor(account.allocated_minor() + sum);
  account.set_open_minor(account.open_minor() - sum);
  return sum;
}

int64_t Deallocate(uint32_t ordinal, const EventAllocations& released, state::Account& account) {
  if (released.empty()) return 0;
  Finder in_open(account.open_invoices(), released.size());
  Finder in_settled(account.settled_invoices(), released.size());
  absl::flat_hash_map<uint32_t, int64_t> by_invoice;
  int64_t sum = 0;
  for (const v1::Allocation& allocation : released) {
    const int at_open = in_open.Find(allocation.invoice_id());
    const int at_settled = at_open >= 0 ? -1 : in_settled.Find(allocation.invoice_id());
    DAYBOOK_CHECK(at_open >= 0 || at_settled >= 0);
    state::Invoice& invoice = at_open >= 0 ? *account.mutable_open_invoices(at_open)
                                           : *account.mutable_settled_invoices(at_settled);
    DAYBOOK_CHECK(allocation.amount_minor() > 0);
    invoice.set_open_minor(invoice.open_minor() + allocation.amount_minor());
    if (invoice.state() == v1::INVOICE_STATE_PAID) invoice.set_state(v1::INVOICE_STATE_ISSUED);
    by_invoice[invoice.ordinal()] += allocation.amount_minor();
    sum += allocation.amount_minor();
  }
  TakeRows(ordinal, by_invoice, *account.mutable_allocations());
  Unsettle(account);
  account.set_allocated_minor(account.allocated_minor() - sum);
  account.set_open_minor(account.open_minor() + sum);
  return sum;
}

state::PaymentReversal& LastReversal(const std::string& payment_id, state::Account& account) {
  const uint32_t ordinal = PaymentOrdinal(account, payment_id);
  state::Payment& payment = *account.mutable_payments(static_cast<int>(ordinal));
  DAYBOOK_CHECK(!payment.reversals().empty());
  return *payment.mutable_reversals(payment.reversals_size() - 1);
}

}  // namespace daybook::billing
