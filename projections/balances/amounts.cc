#include "projections/balances/amounts.h"

#include "common/base/status.h"
#include "projections/balances/request_args.h"

namespace daybook::balances {
namespace {

Amounts AmountsOf(const rows::AccountHead& head) {
  return {.received = head.received_minor(),
          .receivable = head.open_minor(),
          .allocated = head.allocated_minor(),
          .refunded = head.refunded_minor(),
          .reversed = head.reversed_minor(),
          .note_applied = head.note_applied_minor(),
          .note_unapplied = head.note_unapplied_minor(),
          .written_off = head.written_off_minor(),
          .written_off_tax = head.written_off_tax_minor(),
          .claimed = head.claimed_minor(),
          .credit_written_off = head.credit_written_off_minor(),
          .discounted = head.discounted_minor(),
          .discounted_tax = head.discounted_tax_minor(),
          .invoice_count = head.invoice_count(),
          .payment_count = head.payment_count(),
          .open_invoice_count = head.open_invoice_count(),
          .void_invoice_count = head.void_invoice_count(),
          .credit_note_count = head.credit_note_count(),
          .debit_note_count = head.debit_note_count()};
}

Amounts AmountsOf(const Standing& standing) {
  const Sums& sums = standing.sums;
  return {.received = sums.received,
          .receivable = sums.receivable(),
          .allocated = sums.allocated(),
          .refunded = sums.refunded,
          .reversed = sums.reversed,
          .note_applied = sums.credited() - sums.note_unapplied,
          .note_unapplied = sums.note_unapplied,
          .written_off = sums.written_off(),
          .written_off_tax = sums.relief.standing(),
          .claimed = sums.claimed,
          .credit_written_off = sums.residue_income(),
          .discounted = sums.discounted(),
          .discounted_tax = sums.discount_relief.standing(),
          .invoice_count = sums.invoice_count - sums.void_invoice_count,
          .payment_count = sums.payment_count,
          .open_invoice_count = standing.open_invoice_count,
          .void_invoice_count = sums.void_invoice_count,
          .credit_note_count = sums.credit_note_count,
          .debit_note_count = sums.debit_note_count};
}

}  // namespace

absl::StatusOr<Amounts> AmountsAt(const std::string& customer_id, const rows::AccountHead& head,
                                  projection::TwoClocks& clocks,
                                  const projection::PartitionReading& partition) {
  const int32_t as_of_day = clocks.day.In(head.time_zone());
  if (clocks.KnewAll(partition) && Counts(head.last_day(), as_of_day)) return AmountsOf(head);
  HistoryOfAccount& account = ScratchHistory();
  RETURN_IF_ERROR(
      ReadHistory(*partition.view, customer_id, head.account_id(), clocks.read_us, &account));
  StandAt(account.history, as_of_day, &ScratchStanding());
  return AmountsOf(ScratchStanding());
}

}  // namespace daybook::balances
