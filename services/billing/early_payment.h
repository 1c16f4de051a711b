// The discount for early payment ("2/10 net 30"): when it is earned, and what a command does to it.
//
//   allowed   the invoice's offer × what credit notes left of it / its total, half-up
//   earned    the invoice is not UNCOLLECTIBLE or VOID, money is allocated to it, all of that came
//             on the last day or before, and open + taken <= allowed
//
// An earned discount is taken: what is open is written off as EARLY_PAYMENT, and the tax in it is
// corrected per rate, as by bad debt relief (tax_relief.h). A discount that is earned no longer is
// undone, whole. Every command that allocates, deallocates or credits something asks this of each
// invoice that it touches. It costs nothing where no invoice of the account offers a discount.
//
// Money counts from the day on which it first came, however late it is allocated. A credit note on
// its own invoice stands for the money that it paid back, and is in time as that was.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {

// The day on which money of the source first came, YYYYMMDD. For money that a bank took back and
// gave again it is the day of the first payment.
int32_t FirstDayOf(const state::Payment& source);

// The largest discount of the invoice as it stands, whether taken or not.
int64_t AllowedDiscount(const state::Invoice& invoice);

// What remains of the discount taken on `invoice` when a credit note turns it into `left`: in
// proportion, and no more than `left` allows.
int64_t DiscountLeft(const state::Invoice& invoice, const state::Invoice& left);

// The source that the account does not have yet: the payment that the command records.
inline constexpr uint32_t kNewSource = std::numeric_limits<uint32_t>::max();

// The discounts of one account in one command, which tells it what happens to each invoice. An
// invoice without an offer costs a comparison.
class EarlyPayments {
 public:
  explicit EarlyPayments(const state::Account& account) : account_(account) {}

  // While money is allocated: the part of the open amount that money of `day` (YYYYMMDD) need not
  // pay; 0 if that money, or money already on the invoice, comes too late. An answer reserves room
  // for the discount within kMaxDiscountBytes, so ask once per invoice.
  int64_t DeductibleOf(const state::Invoice& invoice, int32_t day);
  // The money comes from this source as well, which may have earned discounts before.
  void StartFrom(uint32_t source);

  // What the command does to an invoice. `day` (YYYYMMDD): of kNewSource; other sources have one.
  void Allocate(const state::Invoice& invoice, uint32_t source, int32_t day, int64_t amount_minor);
  void Deallocate(const state::Invoice& invoice, uint32_t source, int64_t amount_minor);
  // A credit note turns it into `after`, which lives until AddEvents and has the final open amount,
  // whatever the command deallocates.
  void Change(const state::Invoice& invoice, const state::Invoice& after);

  // Adds the events that follow for all invoices, after those of the command: first the discounts
  // that are undone, then those that are taken. Each has `day`, or the latest day of its invoice
  // and money.
  struct Sum {
    int64_t taken_minor = 0;
    int64_t undone_minor = 0;
  };
  Sum AddEvents(absl::CivilDay day, command::Events<v1::Event>& events);

  // Takes the discount of an invoice as it stands, also where more than that is open. Returns the
  // amount; 0 if its money does not earn it.
  int64_t TakeOf(const state::Invoice& invoice, absl::CivilDay day,
                 command::Events<v1::Event>& events);
  // The same for all that is open on a new invoice, which takes credit of these sources.
  int64_t TakeAtIssue(const v1::InvoiceIssued& invoice, absl::CivilDay invoice_day,
                      const std::vector<uint32_t>& sources, int64_t open_minor,
                      command::Events<v1::Event>& events);

 private:
  struct Money {
    uint32_t source = 0;
    int32_t day = 0;
    int64_t amount_minor = 0;
  };
  // An invoice after the command. Deallocated money is below zero.
  struct Touched {
    const state::Invoice* invoice = nullptr;
    int64_t open_minor = 0;
    std::vector<Money> money;
  };
  // Per invoice with an offer the money on it, and per source the bytes of the events that would
  // undo the discounts which it helped to earn. Made by two passes over the account when first
  // used.
  struct Index {
    bool made = false;
    absl::flat_hash_map<uint32_t, std::vector<Money>> money;
    absl::flat_hash_map<uint32_t, size_t> undo_bytes;
  };

  void MakeIndex();
  const std::vector<Money>& MoneyOn(const state::Invoice& invoice);
  size_t& UndoBytesOf(uint32_t source);
  // Null if it offers none, or is UNCOLLECTIBLE or VOID.
  Touched* Touch(const state::Invoice& invoice);
  // The sum per source, without those that sum to nothing.
  static std::vector<Money> SumsOf(const std::vector<Money>& money);
  // False if the events of some source, or of the command, would exceed kMaxDiscountBytes.
  bool Reserve(const std::vector<Money>& money, const v1::InvoiceWrittenOff& discount);
  bool Take(const Touched& touched, int64_t amount_minor, absl::CivilDay day,
            command::Events<v1::Event>& events);
  void Undo(const state::Invoice& invoice, absl::CivilDay day, command::Events<v1::Event>& events);

  const state::Account& account_;
  Index index_;
  size_t promised_bytes_ = 0;
  size_t new_source_bytes_ = 0;
  size_t command_bytes_ = 0;                      // of events that take or undo
  std::vector<Touched> touched_;                  // in the order of the command
  absl::flat_hash_map<uint32_t, size_t> places_;  // in `touched_`, by ordinal
};

}  // namespace daybook::billing
