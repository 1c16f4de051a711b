// How money is allocated to invoices, and deallocated.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/day_number.h"
#include "services/billing/early_payment.h"
#include "services/billing/state.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

using Allocations = google::protobuf::RepeatedPtrField<v1::Allocation>;
// The allocations that a request instructs.
using Remittance = google::protobuf::RepeatedPtrField<v1::PaymentAllocation>;

// Allocates an amount of money to the invoices of an account:
//   1. AsInstructed: as the payer or the caller instructs, in that order. Each allocation is capped
//      by what is open and by the money left. An instruction for an UNCOLLECTIBLE invoice also
//      covers its written-off amount, which the money then recovers.
//   2. ByAge: the rest by due date, invoice date and number (the order of `account.open_invoices`),
//      without UNCOLLECTIBLE invoices.
//   3. Money beyond that, or beyond `most` invoices, stays unapplied.
// Where invoices offer a discount for early payment and the money is in time, it settles as many of
// them in order as it can with their discounts. The rest goes on the discounts of those, the oldest
// first, so that a payer of the full amount takes no discount.
//
// Each invoice gets one allocation. Cost: a pass over the open invoices, and one over the settled
// ones per instruction for an invoice that is not open.
class Allocator {
 public:
  // `day` (YYYYMMDD): the day on which the money came. Keeps references to its arguments;
  // `allocations` is empty and receives the allocations.
  Allocator(const state::Account& account, int64_t amount_minor, int32_t day, int most,
            EarlyPayments& early_payments, Allocations& allocations);

  // An amount of 0 means all that is open, or all but the discount. INVOICE_NOT_FOUND,
  // INVOICE_NOT_OPEN.
  absl::Status AsInstructed(const Allocations& instructed);
  // The same, but passes over invoices that cannot be paid any more: money that came in is never
  // refused.
  void AsInstructedWherePossible(const Allocations& instructed);
  // `spare_pending`: leaves out invoices that a pending payment names.
  void ByAge(bool spare_pending);

  int64_t left() const { return left_; }

  // What the money recovers of a written-off invoice. The event stands before the money's in the
  // record.
  struct Recovery {
    v1::WriteOffRecovered event;
    int32_t earliest = 0;  // YYYYMMDD: the day of the latest write-off
  };
  const std::vector<Recovery>& recoveries() const { return recoveries_; }

  // The invoices that offer a discount among those that got money, each with its allocation.
  struct Offering {
    const state::Invoice* invoice = nullptr;
    const v1::Allocation* allocation = nullptr;
  };
  const std::vector<Offering>& offering() const { return offering_; }

 private:
  struct Target {
    const state::Invoice* invoice = nullptr;
    int open_index = -1;  // -1: settled
  };
  // What an invoice takes: `wanted_minor` at most, of which a discount may cover
  // `deductible_minor`.
  struct Demand {
    Target target;
    int64_t wanted_minor = 0;
    int64_t deductible_minor = 0;

    int64_t least_minor() const { return wanted_minor - deductible_minor; }
  };
  void IndexOpen();
  Target Find(const std::string& invoice_id);
  // Of an instruction for an invoice; amount 0 = all of it.
  Demand DemandOf(const Target& target, int64_t amount_minor);
  void Settle(const std::vector<Demand>& demands);
  void AllocateOrRecover(const Target& target, int64_t wanted);
  // What an open invoice takes by age; 0 if nothing.
  int64_t WantedByAge(int open_index, bool spare_pending) const;
  int64_t Put(const state::Invoice& invoice, int open_index, int64_t wanted);

  const state::Account& account_;
  Allocations& allocations_;
  int64_t left_;
  const int32_t day_;
  const int most_;
  EarlyPayments& early_payments_;
  // By place of the open invoice; empty without instructions, which is the common case.
  std::vector<v1::Allocation*> slots_;
  absl::flat_hash_map<absl::string_view, int> open_;  // likewise: place by invoice id
  std::vector<Recovery> recoveries_;
  std::vector<Offering> offering_;
};

// Instructions as events have them, in the account's currency. CURRENCY_MISMATCH.
absl::StatusOr<Allocations> InstructedAllocations(const state::Account& account,
                                                  const Remittance& demands);

// INVOICE_NOT_FOUND or INVOICE_NOT_OPEN unless every instruction could be followed today.
absl::Status ExpectPayable(const state::Account& account, const Allocations& instructed);

// Adds the recoveries, which stand before the event that allocates the money on `day`. Money may
// come before the write-off that it recovers: it keeps its day, and the recovery has the day of the
// write-off.
template <class Event>
void AddRecoveries(const Allocator& allocator, absl::CivilDay day, command::Events<Event>& events) {
  for (const Allocator::Recovery& recovery : allocator.recoveries()) {
    auto& dated = events.emplace_back();
    dated.effective_date = std::max(day, DayOfNumber(recovery.earliest));
    *dated.event.mutable_write_off_recovered() = recovery.event;
  }
}

// Money of one payment that a command deallocates from invoices.
struct Deallocation {
  Allocations released;                         // each invoice once
  std::vector<const state::Invoice*> invoices;  // beside them
  int64_t amount_minor = 0;
  int32_t last_day = 0;  // YYYYMMDD: of the newest allocation; 0 if there is none
};

// Tells the discounts of the invoices what is deallocated from them.
void Deallocate(const Deallocation& off, uint32_t source, EarlyPayments& early_payments);

// Up to `most_minor` of a payment's allocations, the newest first.
Deallocation NewestAllocations(const state::Account& account, uint32_t payment, int64_t most_minor);

// Up to `most_minor` of a payment's allocations to one invoice.
Deallocation AllocationsOn(const state::Account& account, uint32_t payment,
                           const state::Invoice& invoice, int64_t most_minor);

// Up to `most_minor` of the money that payments, not credit notes, have on an invoice, the newest
// first.
struct DeallocatedPayment {
  uint32_t payment = 0;
  int64_t amount_minor = 0;
};
struct InvoiceDeallocation {
  std::vector<DeallocatedPayment> payments;  // each once
  int64_t amount_minor = 0;
  int32_t last_day = 0;
};
InvoiceDeallocation PaymentsOn(const state::Account& account, const state::Invoice& invoice,
                               int64_t most_minor);

}  // namespace daybook::billing
