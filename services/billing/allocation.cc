#include "services/billing/allocation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/reasons.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {
namespace {

// The most that an invoice takes from money with an instruction for it.
int64_t CapacityOf(const state::Invoice& invoice) {
  return Allows(invoice.state(), Command::kRecordPayment)
             ? invoice.open_minor() + invoice.written_off_minor()
             : 0;
}

absl::Status NotFound(const std::string& invoice_id) {
  return Refuse(reason::kInvoiceNotFound,
                absl::StrCat("the account has no invoice '", invoice_id, "'"),
                {{"invoice_id", invoice_id}});
}

absl::Status NotOpen(const std::string& invoice_id, v1::InvoiceState state) {
  return Refuse(reason::kInvoiceNotOpen,
                absl::StrCat("nothing is open on invoice '", invoice_id, "'"),
                {{"invoice_id", invoice_id},
                 {"state", std::string(NameOf(state))},
                 {"allowed_commands", AllowedCommands(state)}});
}

absl::Status WhyNotPayable(const state::Account& account, const std::string& invoice_id) {
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const state::Invoice& invoice : *list) {
      if (invoice.invoice_id() == invoice_id) return NotOpen(invoice_id, invoice.state());
    }
  }
  for (const state::Draft& draft : account.drafts()) {
    if (draft.invoice_id() == invoice_id) return NotOpen(invoice_id, v1::INVOICE_STATE_DRAFT);
  }
  return NotFound(invoice_id);
}

const state::Invoice* FindSettled(const state::Account& account, const std::string& invoice_id) {
  for (const state::Invoice& invoice : account.settled_invoices()) {
    if (invoice.invoice_id() == invoice_id) return &invoice;
  }
  return nullptr;
}

}  // namespace

Allocator::Allocator(const state::Account& account, int64_t amount_minor, int32_t day, int most,
                     EarlyPayments& early_payments, Allocations& allocations)
    : account_(account),
      allocations_(allocations),
      left_(amount_minor),
      day_(day),
      most_(most),
      early_payments_(early_payments) {}

absl::Status Allocator::AsInstructed(const Allocations& instructed) {
  IndexOpen();
  std::vector<Demand> demands;
  demands.reserve(instructed.size());
  for (const v1::Allocation& one : instructed) {
    const Target target = Find(one.invoice_id());
    if (target.invoice == nullptr || CapacityOf(*target.invoice) == 0) {
      return WhyNotPayable(account_, one.invoice_id());
    }
    demands.push_back(DemandOf(target, one.amount_minor()));
  }
  Settle(demands);
  return absl::OkStatus();
}

void Allocator::AsInstructedWherePossible(const Allocations& instructed) {
  IndexOpen();
  std::vector<Demand> demands;
  demands.reserve(instructed.size());
  for (const v1::Allocation& one : instructed) {
    const Target target = Find(one.invoice_id());
    if (target.invoice != nullptr) demands.push_back(DemandOf(target, one.amount_minor()));
  }
  Settle(demands);
}

void Allocator::ByAge(bool spare_pending) {
  const int count = account_.open_invoices_size();
  int i = 0;
  if (account_.discount_offer_count() > 0) {
    std::vector<Demand> demands;
    for (int64_t least = 0; i < count && least <= left_; ++i) {
      const state::Invoice& invoice = account_.open_invoices(i);
      const int64_t wanted = WantedByAge(i, spare_pending);
      if (wanted == 0) continue;
      const int64_t deductible = early_payments_.DeductibleOf(invoice, day_);
      // The instruction left no more than the discount open: it is settled.
      if (wanted < invoice.open_minor() && wanted <= deductible) continue;
      least += wanted - std::min(wanted, deductible);
      demands.push_back({{&invoice, i}, wanted, std::min(wanted, deductible)});
    }
    Settle(demands);
  }
  for (; i < count && left_ > 0; ++i) {
    Put(account_.open_invoices(i), i, WantedByAge(i, spare_pending));
  }
}

int64_t Allocator::WantedByAge(int open_index, bool spare_pending) const {
  const state::Invoice& invoice = account_.open_invoices(open_index);
  if (invoice.state() != v1::INVOICE_STATE_ISSUED) return 0;
  if (spare_pending && invoice.pending_count() > 0) return 0;
  const v1::Allocation* slot = slots_.empty() ? nullptr : slots_[open_index];
  return invoice.open_minor() - (slot == nullptr ? 0 : slot->amount_minor());
}

Allocator::Demand Allocator::DemandOf(const Target& target, int64_t amount_minor) {
  const int64_t capacity = CapacityOf(*target.invoice);
  if (amount_minor != 0) return {target, std::min(capacity, amount_minor)};
  return {target, capacity, early_payments_.DeductibleOf(*target.invoice, day_)};
}

void Allocator::Settle(const std::vector<Demand>& demands) {
  int64_t over = left_;
  size_t settled = 0;
  while (settled < demands.size() && demands[settled].least_minor() <= over) {
    over -= demands[settled++].least_minor();
  }
  for (size_t i = 0; i < demands.size(); ++i) {
    const Demand& demand = demands[i];
    if (i >= settled) {
      AllocateOrRecover(demand.target, demand.wanted_minor);
      continue;
    }
    const int64_t more = std::min(over, demand.deductible_minor);
    over -= more;
    AllocateOrRecover(demand.target, demand.least_minor() + more);
  }
}

// Settled invoices, which only recoveries name, are found by a pass.
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

void Allocator::AllocateOrRecover(const Target& target, int64_t wanted) {
  const state::Invoice& invoice = *target.invoice;
  const int64_t put = Put(invoice, target.open_index, wanted);
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

int64_t Allocator::Put(const state::Invoice& invoice, int open_index, int64_t wanted) {
  const int64_t amount = std::min(wanted, left_);
  if (amount <= 0) return 0;
  v1::Allocation* slot = slots_.empty() || open_index < 0 ? nullptr : slots_[open_index];
  if (slot == nullptr) {
    if (allocations_.size() >= most_) return 0;
    slot = allocations_.Add();
    slot->set_invoice_id(invoice.invoice_id());
    if (invoice.discount_minor() > 0) offering_.push_back({&invoice, slot});
    if (!slots_.empty() && open_index >= 0) slots_[open_index] = slot;
  }
  slot->set_amount_minor(slot->amount_minor() + amount);
  left_ -= amount;
  return amount;
}

absl::StatusOr<Allocations> InstructedAllocations(const state::Account& account,
                                                  const Remittance& remittance) {
  Allocations instructed;
  instructed.Reserve(remittance.size());
  for (const v1::PaymentAllocation& line : remittance) {
    v1::Allocation& one = *instructed.Add();
    one.set_invoice_id(line.invoice_id());
    if (!line.has_amount()) continue;
    RETURN_IF_ERROR(ExpectCurrency(account, line.amount().currency_code()));
    ASSIGN_OR_RETURN(const int64_t amount, MinorOf(line.amount()));
    one.set_amount_minor(amount);
  }
  return instructed;
}

absl::Status ExpectPayable(const state::Account& account, const Allocations& instructed) {
  Allocations made;
  EarlyPayments none(account);
  return Allocator(account, 0, 0, 0, none, made).AsInstructed(instructed);
}

void Deallocate(const Deallocation& off, uint32_t source, EarlyPayments& early_payments) {
  for (int i = 0; i < off.released.size(); ++i) {
    early_payments.Deallocate(*off.invoices[static_cast<size_t>(i)], source,
                              off.released[i].amount_minor());
  }
}

Deallocation NewestAllocations(const state::Account& account, uint32_t payment,
                               int64_t most_minor) {
  Deallocation off;
  const state::Allocations& rows = account.allocations();
  absl::flat_hash_map<uint32_t, int> by_invoice;
  for (int i = rows.payment_size() - 1; i >= 0 && off.amount_minor < most_minor; --i) {
    if (rows.payment(i) != payment) continue;
    const auto [it, is_new] = by_invoice.try_emplace(rows.invoice(i), off.released.size());
    v1::Allocation& one = is_new ? *off.released.Add() : off.released[it->second];
    const int64_t taken = std::min(rows.amount_minor(i), most_minor - off.amount_minor);
    one.set_amount_minor(one.amount_minor() + taken);
    off.amount_minor += taken;
    off.last_day = std::max(off.last_day, rows.day(i));
  }
  off.invoices.resize(by_invoice.size());
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const state::Invoice& invoice : *list) {
      const auto it = by_invoice.find(invoice.ordinal());
      if (it == by_invoice.end()) continue;
      off.released[it->second].set_invoice_id(invoice.invoice_id());
      off.invoices[static_cast<size_t>(it->second)] = &invoice;
    }
  }
  return off;
}

Deallocation AllocationsOn(const state::Account& account, uint32_t payment,
                           const state::Invoice& invoice, int64_t most_minor) {
  Deallocation off;
  const state::Allocations& rows = account.allocations();
  for (int i = rows.payment_size() - 1; i >= 0 && off.amount_minor < most_minor; --i) {
    if (rows.payment(i) != payment || rows.invoice(i) != invoice.ordinal()) continue;
    off.amount_minor += std::min(rows.amount_minor(i), most_minor - off.amount_minor);
    off.last_day = std::max(off.last_day, rows.day(i));
  }
  if (off.amount_minor == 0) return off;
  v1::Allocation& one = *off.released.Add();
  one.set_invoice_id(invoice.invoice_id());
  one.set_amount_minor(off.amount_minor);
  off.invoices.push_back(&invoice);
  return off;
}

InvoiceDeallocation PaymentsOn(const state::Account& account, const state::Invoice& invoice,
                               int64_t most_minor) {
  InvoiceDeallocation off;
  const state::Allocations& rows = account.allocations();
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
