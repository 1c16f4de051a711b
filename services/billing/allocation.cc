#include "services/billing/allocation.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

absl::Status WhyNotOpen(const v1::Account& account, const std::string& invoice_id) {
  for (const v1::SettledInvoice& settled : account.settled_invoices()) {
    if (settled.invoice_id() != invoice_id) continue;
    return Refuse(Reason::kInvoiceNotOpen,
                  absl::StrCat("nothing is open on invoice '", invoice_id, "'"),
                  {{"invoice_id", invoice_id}, {"state", "PAID"}});
  }
  return Refuse(Reason::kInvoiceNotFound,
                absl::StrCat("the account has no invoice '", invoice_id, "'"),
                {{"invoice_id", invoice_id}});
}

// The allocations of one payment while they are made.
class Allocator {
 public:
  Allocator(const v1::Account& account, v1::PaymentRecorded& payment)
      : account_(account), payment_(payment), left_(payment.amount_minor()) {}

  absl::Status AsSaid(const google::protobuf::RepeatedPtrField<v1::PaymentAllocation>& said) {
    absl::flat_hash_map<absl::string_view, int> open;
    open.reserve(account_.open_invoices_size());
    for (int i = 0; i < account_.open_invoices_size(); ++i) {
      open.emplace(account_.open_invoices(i).invoice_id(), i);
    }
    slots_.assign(account_.open_invoices_size(), nullptr);
    for (const v1::PaymentAllocation& wish : said) {
      const auto it = open.find(wish.invoice_id());
      if (it == open.end()) return WhyNotOpen(account_, wish.invoice_id());
      int64_t wanted = account_.open_invoices(it->second).open_minor();
      if (wish.has_amount()) {
        RETURN_IF_ERROR(ExpectCurrency(account_, wish.amount().currency_code()));
        ASSIGN_OR_RETURN(const int64_t amount, MinorOf(wish.amount()));
        wanted = std::min(wanted, amount);
      }
      Put(it->second, wanted);
    }
    return absl::OkStatus();
  }

  void ByAge() {
    for (int i = 0; i < account_.open_invoices_size() && left_ > 0; ++i) {
      const int64_t already = SlotOf(i) == nullptr ? 0 : SlotOf(i)->amount_minor();
      Put(i, account_.open_invoices(i).open_minor() - already);
    }
  }

  int64_t left() const { return left_; }

 private:
  v1::Allocation* SlotOf(int index) const { return slots_.empty() ? nullptr : slots_[index]; }

  void Put(int index, int64_t wanted) {
    const int64_t amount = std::min(wanted, left_);
    if (amount <= 0) return;
    v1::Allocation* slot = SlotOf(index);
    if (slot == nullptr) {
      if (payment_.allocations_size() == kMaxAllocations) return;
      slot = payment_.add_allocations();
      slot->set_invoice_id(account_.open_invoices(index).invoice_id());
      if (!slots_.empty()) slots_[index] = slot;
    }
    slot->set_amount_minor(slot->amount_minor() + amount);
    left_ -= amount;
  }

  const v1::Account& account_;
  v1::PaymentRecorded& payment_;
  int64_t left_;
  // By place of the open invoice; empty while the payer says nothing, which is the common case.
  std::vector<v1::Allocation*> slots_;
};

}  // namespace

absl::Status Allocate(const v1::Account& account,
                      const google::protobuf::RepeatedPtrField<v1::PaymentAllocation>& said,
                      v1::PaymentRecorded& payment) {
  Allocator allocator(account, payment);
  if (!said.empty()) RETURN_IF_ERROR(allocator.AsSaid(said));
  allocator.ByAge();
  payment.set_unapplied_minor(allocator.left());
  return absl::OkStatus();
}

}  // namespace daybook::billing
