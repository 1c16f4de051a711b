#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

// What a balance says, whatever it was computed from.
struct Amounts {
  Int128 received = 0, receivable = 0, allocated = 0, refunded = 0, reversed = 0;
  Int128 note_applied = 0, note_unapplied = 0, written_off = 0, written_off_tax = 0;
  Int128 claimed = 0, credit_written_off = 0, discounted = 0, discounted_tax = 0;
  int64_t invoice_count = 0, payment_count = 0, open_invoice_count = 0;
  int64_t void_invoice_count = 0, credit_note_count = 0, debit_note_count = 0;

  Int128 invoiced() const {
    return receivable + note_applied + written_off + discounted + allocated - claimed;
  }
  Int128 unapplied() const {
    return received + note_unapplied - allocated - refunded - reversed - credit_written_off;
  }
};

Amounts AmountsOf(const v1::AccountHead& head) {
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

absl::Status BalancesQueries::Check(const v1::GetBalanceRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckAnyId(request.account_id(), "account_id", bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::GetBalanceRequest& request, const Reading& reading,
                                     v1::GetBalanceResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, own);
  ASSIGN_OR_RETURN(const v1::AccountHead* head,
                   FindAccount(*own.view, request.customer_id(), request.account_id(),
                               clocks.read_us, &ScratchRow()));
  const int32_t as_of_day = clocks.day.In(head->time_zone());
  Amounts amounts;
  if (clocks.KnewAll(own) && Counts(head->last_day(), as_of_day)) {
    amounts = AmountsOf(*head);
  } else {
    HistoryOfAccount& account = ScratchHistory();
    RETURN_IF_ERROR(ReadHistory(*own.view, request.customer_id(), head->account_id(),
                                clocks.read_us, &account));
    StandAt(account.history, as_of_day, &ScratchStanding());
    amounts = AmountsOf(ScratchStanding());
  }
  const Int128 unapplied = amounts.unapplied();
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const AmountWriter money(*currency, response);
  response->set_account_id(head->account_id());
  money.Write(amounts.invoiced(), response->mutable_invoiced());
  money.Write(amounts.received, response->mutable_received());
  money.Write(amounts.receivable, response->mutable_receivable());
  money.Write(unapplied, response->mutable_unapplied());
  money.Write(amounts.receivable - unapplied, response->mutable_balance());
  money.Write(amounts.allocated, response->mutable_allocated());
  money.Write(amounts.refunded, response->mutable_refunded());
  money.Write(amounts.reversed, response->mutable_reversed());
  money.Write(amounts.note_applied + amounts.note_unapplied, response->mutable_credited());
  money.Write(amounts.written_off, response->mutable_written_off());
  money.Write(amounts.written_off_tax, response->mutable_written_off_tax());
  money.Write(amounts.discounted, response->mutable_discounted());
  money.Write(amounts.discounted_tax, response->mutable_discounted_tax());
  money.Write(amounts.claimed, response->mutable_claimed());
  money.Write(amounts.credit_written_off, response->mutable_credit_written_off());
  response->set_invoice_count(amounts.invoice_count);
  response->set_payment_count(amounts.payment_count);
  response->set_open_invoice_count(amounts.open_invoice_count);
  response->set_void_invoice_count(amounts.void_invoice_count);
  response->set_credit_note_count(amounts.credit_note_count);
  response->set_debit_note_count(amounts.debit_note_count);
  return absl::OkStatus();
}

}  // namespace daybook::balances
