// The discount for early payment ("2/10 net 30"): when it is earned, and what a command does to it.
//
//   allowed   the invoice's offer × what credit notes left of it / its total, half-up
//   earned    the invoice is not given up, money is on it, all of that is of the last day or
//             before, and open + taken <= allowed
//
// A discount that is earned is taken: what is open is written off as EARLY_PAYMENT, and the tax in
// it corrected by rate, as by a bad debt relief (tax_relief.h). One that is earned no longer is
// undone, whole. So is asked behind every command that puts money or a credit note on an invoice or
// takes money off it; where no invoice of the account offers anything, nothing is asked.
//
// Money is of the day on which it first came, however late it is put on the invoice. A credit note
// on its own invoice stands for the money that it paid back, and is in time as that was.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/billing/v1/state.pb.h"
#include "services/billing/tax_relief.h"

namespace daybook::billing {

// The day on which money of the source first came, YYYYMMDD: of money that a bank took back and
// gave again the day of the first payment.
int32_t FirstDayOf(const v1::Payment& source);

// The most that may be let off of the invoice as it stands, taken or not.
int64_t AllowedDiscount(const v1::Invoice& invoice);

// What stays taken of the discount of `invoice` when a credit note makes it `left`: in proportion,
// and no more than is allowed then.
int64_t DiscountLeft(const v1::Invoice& invoice, const v1::Invoice& left);

// A source of money that the account does not have yet: the payment that the command records.
inline constexpr uint32_t kNewSource = std::numeric_limits<uint32_t>::max();

// The discounts of one account in one command. Told of every invoice what happens to it; what
// offers none costs a comparison.
class EarlyPayments {
 public:
  explicit EarlyPayments(const v1::Account& account) : account_(account) {}

  // While money is dealt out. How much of what is open on an invoice money of `day` (YYYYMMDD) need
  // not pay; 0 if it, or money that is on it, comes too late. Each answer is a promise: together
  // they keep to kMaxDiscountBytes. Ask of an invoice once.
  int64_t DeductibleOf(const v1::Invoice& invoice, int32_t day);
  // Money that is dealt out is of this source as well, which may have earned discounts before.
  void StartFrom(uint32_t source);

  // What the command does to an invoice. `day` (YYYYMMDD): of a new source; others have one.
  void Allocate(const v1::Invoice& invoice, uint32_t source, int32_t day, int64_t amount_minor);
  void Deallocate(const v1::Invoice& invoice, uint32_t source, int64_t amount_minor);
  // It becomes `after`, which has a credit note and lives until AddEvents; what is open on it then
  // is as that says, whatever money was taken off.
  void Change(const v1::Invoice& invoice, const v1::Invoice& after);

  // Adds what follows for all of them, behind the events of the command; on `day`, or the latest
  // day of what it is about. What is undone comes first.
  struct Sum {
    int64_t taken_minor = 0;
    int64_t undone_minor = 0;
  };
  Sum AddEvents(absl::CivilDay day, command::Events<v1::Event>& events);

  // Lets off what may be of an invoice as it stands, also where more than that is open; returns how
  // much, 0 if its money does not earn it.
  int64_t TakeOf(const v1::Invoice& invoice, absl::CivilDay day,
                 command::Events<v1::Event>& events);
  // The same of all that is open on a new invoice, on which credit of these sources is put.
  int64_t TakeAtIssue(const v1::InvoiceIssued& invoice, absl::CivilDay invoice_day,
                      const std::vector<uint32_t>& sources, int64_t open_minor,
                      command::Events<v1::Event>& events);

 private:
  struct Money {
    uint32_t source = 0;
    int32_t day = 0;
    int64_t amount_minor = 0;
  };
  // An invoice behind the command. Money that is taken off it is below zero.
  struct Touched {
    const v1::Invoice* invoice = nullptr;
    int64_t open_minor = 0;
    std::vector<Money> money;
  };
  // Of the account: what stands on the invoices that offer a discount, and how large the events are
  // that undo the discounts which each source helped to earn. Two passes, when first asked for.
  struct Index {
    bool made = false;
    absl::flat_hash_map<uint32_t, std::vector<Money>> money;
    absl::flat_hash_map<uint32_t, size_t> undo_bytes;
  };

  void MakeIndex();
  const std::vector<Money>& MoneyOn(const v1::Invoice& invoice);
  size_t& UndoBytesOf(uint32_t source);
  // Null if it offers none, or is given up.
  Touched* Touch(const v1::Invoice& invoice);
  // What stands, each source once.
  static std::vector<Money> SumsOf(const std::vector<Money>& money);
  // False if some of them, or the command, cannot bear that much more.
  bool Reserve(const std::vector<Money>& money, const v1::InvoiceWrittenOff& discount);
  bool Take(const Touched& touched, int64_t amount_minor, absl::CivilDay day,
            command::Events<v1::Event>& events);
  void Undo(const v1::Invoice& invoice, absl::CivilDay day, command::Events<v1::Event>& events);

  const v1::Account& account_;
  Index index_;
  size_t promised_bytes_ = 0;
  size_t new_source_bytes_ = 0;
  size_t command_bytes_ = 0;                      // of events that take or undo
  std::vector<Touched> touched_;                  // in the order of the command
  absl::flat_hash_map<uint32_t, size_t> places_;  // in `touched_`, by ordinal
};

}  // namespace daybook::billing
