#include "services/billing/received_money.h"

#include <utility>

#include "common/base/status.h"
#include "services/billing/capacity.h"
#include "services/billing/day_number.h"
#include "services/billing/early_payment.h"

namespace daybook::billing {
namespace {

// Allocates the money of a payment to invoices.
template <class Payment>
absl::StatusOr<Allocator> Allocate(const state::Account& account, const Instruction& instruction,
                                   int32_t day, int most, EarlyPayments& early_payments,
                                   Payment& payment) {
  Allocator allocator(account, payment.amount_minor(), day, most, early_payments,
                      *payment.mutable_allocations());
  if (!instruction.binding) {
    allocator.AsInstructedWherePossible(instruction.allocations);
  } else if (!instruction.allocations.empty()) {
    RETURN_IF_ERROR(allocator.AsInstructed(instruction.allocations));
  }
  allocator.ByAge(/*spare_pending=*/false);
  payment.set_unapplied_minor(allocator.left());
  return allocator;
}

}  // namespace

absl::StatusOr<Received> Receive(const command::View& view, const state::Account& account,
                                 const Instruction& instruction, int32_t first_day,
                                 command::Dated<v1::Event> payment) {
  const int most = MostAllocations(view.part<state::State>());
  const absl::CivilDay day = payment.effective_date;
  EarlyPayments early_payments(account);
  ASSIGN_OR_RETURN(const Allocator allocator,
                   payment.event.has_payment_confirmed()
                       ? Allocate(account, instruction, first_day, most, early_payments,
                                  *payment.event.mutable_payment_confirmed())
                       : Allocate(account, instruction, first_day, most, early_payments,
                                  *payment.event.mutable_payment_recorded()));
  Received received;
  AddRecoveries(allocator, day, received.events);
  received.payment = received.events.size();
  for (const Allocator::Offering& one : allocator.offering()) {
    early_payments.Allocate(*one.invoice, kNewSource, first_day, one.allocation->amount_minor());
  }
  received.events.push_back(std::move(payment));
  received.discounted_minor = early_payments.AddEvents(day, received.events).taken_minor;
  return received;
}

}  // namespace daybook::billing
