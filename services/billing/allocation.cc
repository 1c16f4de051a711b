#include "services/billing/allocation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

// All that an invoice takes from money that names it.
int64_t CapacityOf(const v1::Invoice& invoice) {
  return Allows(invoice.state(), Command::kRecordPayment)
             ? invoice.open_minor() + invoice.written_off_minor()
             : 0;
}

absl::Status NotFound(const std::string& invoice_id) {
  return Refuse(Reason::kInvoiceNotFound,
                absl::StrCat("the account has no invoice '", invoice_id, "'"),
                {{"invoice_id", invoice_id}});
}

absl::Status NotOpen(const std::string& invoice_id, v1::InvoiceState state) {
  return Refuse(Reason::kInvoiceNotOpen,
                absl::StrCat("nothing is open on invoice '", invoice_id, "'"),
                {{"invoice_id", invoice_id},
                 {"state", std::string(NameOf(state))},
                 {"allowed_commands", AllowedCommands(state)}});
}

absl::Status WhyNotPayable(const v1::Account& account, const std::string& invoice_id) {
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const v1::Invoice& invoice : *list) {
      if (invoice.invoice_id() == invoice_id) return NotOpen(invoice_id, invoice.state());
    }
  }
  for (const v1::Draft& draft : account.drafts()) {
    if (draft.invoice_id() == invoice_id) return NotOpen(invoice_id, v1::INVOICE_STATE_DRAFT);
  }
  return NotFound(invoice_id);
}

const v1::Invoice* FindSettled(const v1::Account& account, const std::string& invoice_id) {
  for (const v1::Invoice& invoice : account.settled_invoices()) {
    if (invoice.invoice_id() == invoice_id) return &invoice;
  }
  return nullptr;
}

}  // namespace

Allocator::Allocator(const v1::Account& account, int64_t amount_minor, int most,
                     Allocations& allocations)
    : account_(account), allocations_(allocations), left_(amount_minor), most_(most) {}

absl::Status Allocator::AsSaid(const Allocations& said) {
  IndexOpen();
  for (const v1::Allocation& wish : said) {
    const Target target = Find(wish.invoice_id());
    if (target.invoice == nullptr || CapacityOf(*target.invoice) == 0) {
      return WhyNotPayable(account_, wish.invoice_id());
    }
    PutAsSaid(target, wish.amount_minor());
  }
  return absl::OkStatus();
}

void Allocator::AsSaidWherePossible(const Allocations& said) {
  IndexOpen();
  for (const v1::Allocation& wish : said) {
    const Target target = Find(wish.invoice_id());
    if (target.invoice != nullptr) PutAsSaid(target, wish.amount_minor());
  }
}

void Allocator::ByAge(bool spare_pending) {
  for (int i = 0; i < account_.open_invoices_size() && left_ > 0; ++i) {
    const v1::Invoice& invoice = account_.open_invoices(i);
    if (invoice.state() != v1::INVOICE_STATE_ISSUED) continue;
    if (spare_pending && invoice.pending_count() > 0) continue;
    const int64_t already = slots_.empty() || slots_[i] == nullptr ? 0 : slots_[i]->amount_minor();
    Put(invoice, i, invoice.open_minor() - already);
  }
}

// Settled ones, which only recoveries name, by a pass.
Allocator::Target Allocator::Find(const std::string& invoice_id) {
  const auto it = open_.find(invoice_id);
  if (it != open_.end()) return {&account_.open_invoices(it->second), it->second};
  return {FindSettled(account_, invoice_id), -1};
}

void Allocator::IndexOpen() {
  slots_.assign(account_.open_invoices_size(), nullptr);
  open_.reserve(account_.open_invoices_size());
  for (int i = 0; i < account_.open_invoices_size(); ++i) {
    open_.emplace(account_.open_invoices(i).invoice_id(), i);
  }
}

void Allocator::PutAsSaid(const Target& target, int64_t wanted) {
  const v1::Invoice& invoice = *target.invoice;
  const int64_t capacity = CapacityOf(invoice);
  const int64_t put =
      Put(invoice, target.open_index, wanted == 0 ? capacity : std::min(capacity, wanted));
  if (put <= invoice.open_minor()) return;
  Recovery& made = recoveries_.emplace_back();
  made.earliest = invoice.write_off_date();
  v1::WriteOffRecovered& recovery = made.event;
  recovery.set_account_id(account_.account_id());
  recovery.set_invoice_id(invoice.invoice_id());
  recovery.set_currency_code(account_.currency_code());
  recovery.set_reason(invoice.write_off_reason());
  recovery.set_amount_minor(put - invoice.open_minor());
  SetTaxes(LessRelief(invoice.written_off_taxes(), account_, invoice,
                      invoice.written_off_minor() - recovery.amount_minor()),
           recovery);
}

int64_t Allocator::Put(const v1::Invoice& invoice, int open_index, int64_t wanted) {
  const int64_t amount = std::min(wanted, left_);
  if (amount <= 0) return 0;
  v1::Allocation* slot = slots_.empty() || open_index < 0 ? nullptr : slots_[open_index];
  if (slot == nullptr) {
    if (allocations_.size() >= most_) return 0;
    slot = allocations_.Add();
    slot->set_invoice_id(invoice.invoice_id());
    if (!slots_.empty() && open_index >= 0) slots_[open_index] = slot;
  }
  slot->set_amount_minor(slot->amount_minor() + amount);
  left_ -= amount;
  return amount;
}

absl::StatusOr<Allocations> SaidOf(const v1::Account& account, const Wishes& wishes) {
  Allocations said;
  said.Reserve(wishes.size());
  for (const v1::PaymentAllocation& wish : wishes) {
    v1::Allocation& one = *said.Add();
    one.set_invoice_id(wish.invoice_id());
    if (!wish.has_amount()) continue;
    RETURN_IF_ERROR(ExpectCurrency(account, wish.amount().currency_code()));
    ASSIGN_OR_RETURN(const int64_t amount, MinorOf(wish.amount()));
    one.set_amount_minor(amount);
  }
  return said;
}

absl::Status ExpectPayable(const v1::Account& account, const Allocations& said) {
  Allocations made;
  return Allocator(account, 0, 0, made).AsSaid(said);
}

TakenOff NewestOf(const v1::Account& account, uint32_t payment, int64_t most_minor) {
  TakenOff off;
  const v1::Allocations& rows = account.allocations();
  absl::flat_hash_map<uint32_t, v1::Allocation*> by_invoice;
  for (int i = rows.payment_size() - 1; i >= 0 && off.amount_minor < most_minor; --i) {
    if (rows.payment(i) != payment) continue;
    v1::Allocation*& slot = by_invoice[rows.invoice(i)];
    if (slot == nullptr) slot = off.released.Add();
    const int64_t taken = std::min(rows.amount_minor(i), most_minor - off.amount_minor);
    slot->set_amount_minor(slot->amount_minor() + taken);
    off.amount_minor += taken;
    off.last_day = std::max(off.last_day, rows.day(i));
  }
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const v1::Invoice& invoice : *list) {
      const auto it = by_invoice.find(invoice.ordinal());
      if (it != by_invoice.end()) it->second->set_invoice_id(invoice.invoice_id());
    }
  }
  return off;
}

TakenOff OneOf(const v1::Account& account, uint32_t payment, const v1::Invoice& invoice,
               int64_t most_minor) {
  TakenOff off;
  const v1::Allocations& rows = account.allocations();
  for (int i = rows.payment_size() - 1; i >= 0 && off.amount_minor < most_minor; --i) {
    if (rows.payment(i) != payment || rows.invoice(i) != invoice.ordinal()) continue;
    off.amount_minor += std::min(rows.amount_minor(i), most_minor - off.amount_minor);
    off.last_day = std::max(off.last_day, rows.day(i));
  }
  if (off.amount_minor == 0) return off;
  v1::Allocation& one = *off.released.Add();
  one.set_invoice_id(invoice.invoice_id());
  one.set_amount_minor(off.amount_minor);
  return off;
}

TakenOffInvoice PaymentsOn(const v1::Account& account, const v1::Invoice& invoice,
                           int64_t most_minor) {
  TakenOffInvoice off;
  const v1::Allocations& rows = account.allocations();
  absl::flat_hash_map<uint32_t, size_t> place;
  for (int i = rows.payment_size() - 1; i >= 0 && off.amount_minor < most_minor; --i) {
    if (rows.invoice(i) != invoice.ordinal()) continue;
    const uint32_t payment = rows.payment(i);
    if (account.payments(static_cast<int>(payment)).credit_note()) continue;
    const int64_t taken = std::min(rows.amount_minor(i), most_minor - off.amount_minor);
    const auto [it, is_new] = place.try_emplace(payment, off.payments.size());
    if (is_new) off.payments.push_back({payment, 0});
    off.payments[it->second].amount_minor += taken;
    off.amount_minor += taken;
    off.last_day = std::max(off.last_day, rows.day(i));
  }
  return off;
}

}  // namespace daybook::billing
