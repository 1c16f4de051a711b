// What money is put on, and what it is taken off.
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
#include "daybook/billing/v1/state.pb.h"
#include "services/billing/day_number.h"
#include "services/billing/early_payment.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

using Allocations = google::protobuf::RepeatedPtrField<v1::Allocation>;
using Remittance = google::protobuf::RepeatedPtrField<v1::PaymentAllocation>;

// Money on its way to invoices:
//   1. AsInstructed: what somebody says, in that order, each capped by what is open and by what is left.
//      On an UNCOLLECTIBLE invoice also what was written off is open to that: a recovery;
//   2. ByAge: the rest by oldest due date, invoice date and number (the order of
//      `account.open_invoices`), without UNCOLLECTIBLE ones;
//   3. what is left, or beyond `most` invoices, stays unapplied.
// Where invoices offer a discount for early payment and the money is in time, as many of them are
// settled in that order as it settles with their discounts; what is over then goes first on what
// those would have been let off, the oldest first. So who pays in full has taken no discount.
//
// An invoice is named once. Costs a pass over the open invoices; over settled ones only for what is
// said and not open.
class Allocator {
 public:
  // `day` (YYYYMMDD): on which the money came. Keeps references to its arguments; `allocations` is
  // empty.
  Allocator(const v1::Account& account, int64_t amount_minor, int32_t day, int most,
            EarlyPayments& early_payments, Allocations& allocations);

  // Amount 0 = all that is open, or all but its discount. INVOICE_NOT_FOUND, INVOICE_NOT_OPEN.
  absl::Status AsInstructed(const Allocations& instructed);
  // The same, without what can no longer be paid: of money that came in nothing is refused.
  void AsInstructedWherePossible(const Allocations& instructed);
  // `spare_pending`: not on invoices that a payment under way names.
  void ByAge(bool spare_pending);

  int64_t left() const { return left_; }

  // How much of each written-off invoice the money recovers: goes before it in the record.
  struct Recovery {
    v1::WriteOffRecovered event;
    int32_t earliest = 0;  // YYYYMMDD: before, not so much stood written off
  };
  const std::vector<Recovery>& recoveries() const { return recoveries_; }

  // The invoices that offer a discount among those that got money, by their allocations.
  struct Offering {
    const v1::Invoice* invoice = nullptr;
    const v1::Allocation* allocation = nullptr;
  };
  const std::vector<Offering>& offering() const { return offering_; }

 private:
  struct Target {
    const v1::Invoice* invoice = nullptr;
    int open_index = -1;  // -1: settled
  };
  // One of a sequence of invoices, with what of it need not be paid.
  struct Demand {
    Target target;
    int64_t wanted_minor = 0;
    int64_t deductible_minor = 0;

    int64_t least_minor() const { return wanted_minor - deductible_minor; }
  };
  void IndexOpen();
  Target Find(const std::string& invoice_id);
  // What somebody says of an invoice; amount 0 = all of it.
  Demand DemandOf(const Target& target, int64_t amount_minor);
  void Settle(const std::vector<Demand>& demands);
  void AllocateOrRecover(const Target& target, int64_t wanted);
  // What an open invoice takes by age, 0 if nothing.
  int64_t WantedByAge(int open_index, bool spare_pending) const;
  int64_t Put(const v1::Invoice& invoice, int open_index, int64_t wanted);

  const v1::Account& account_;
  Allocations& allocations_;
  int64_t left_;
  const int32_t day_;
  const int most_;
  EarlyPayments& early_payments_;
  // Allocation by place of the open invoice; empty while nobody says anything, the common case.
  std::vector<v1::Allocation*> slots_;
  absl::flat_hash_map<absl::string_view, int> open_;  // as above: place by id
  std::vector<Recovery> recoveries_;
  std::vector<Offering> offering_;
};

// What the payer says in the account's currency, as events keep it. CURRENCY_MISMATCH.
absl::StatusOr<Allocations> InstructedAllocations(const v1::Account& account,
                                                  const Remittance& demands);

// INVOICE_NOT_FOUND or INVOICE_NOT_OPEN unless every invoice that is named can be paid by its name.
absl::Status ExpectPayable(const v1::Account& account, const Allocations& instructed);

// Puts the recoveries before the event that puts the money on the invoices on `day`. Money keeps
// its day also where that is before the write-off: then it paid an invoice that nobody had given
// up, and on the day of the write-off there is one to recover.
template <class Event>
void AddRecoveries(const Allocator& allocator, absl::CivilDay day, command::Events<Event>& events) {
  for (const Allocator::Recovery& recovery : allocator.recoveries()) {
    auto& dated = events.emplace_back();
    dated.effective_date = std::max(day, DayOfNumber(recovery.earliest));
    *dated.event.mutable_write_off_recovered() = recovery.event;
  }
}

// Money on invoices that a command takes off, and the last day on which any of it was put there.
struct Deallocation {
  Allocations released;                      // each invoice once
  std::vector<const v1::Invoice*> invoices;  // beside them
  int64_t amount_minor = 0;
  int32_t last_day = 0;  // YYYYMMDD; 0: nothing
};

// Tells the discounts of the invoices what is taken off.
void Deallocate(const Deallocation& off, uint32_t source, EarlyPayments& early_payments);

// Up to `most_minor` of a payment's money on invoices, newest first.
Deallocation NewestAllocations(const v1::Account& account, uint32_t payment, int64_t most_minor);

// Up to `most_minor` of a payment's money on one invoice.
Deallocation AllocationsOn(const v1::Account& account, uint32_t payment, const v1::Invoice& invoice,
                           int64_t most_minor);

// Up to `most_minor` of the money of payments (not of credit notes) on an invoice, newest first.
struct DeallocatedPayment {
  uint32_t payment = 0;
  int64_t amount_minor = 0;
};
struct InvoiceDeallocation {
  std::vector<DeallocatedPayment> payments;  // each once
  int64_t amount_minor = 0;
  int32_t last_day = 0;
};
InvoiceDeallocation PaymentsOn(const v1::Account& account, const v1::Invoice& invoice,
                               int64_t most_minor);

}  // namespace daybook::billing
