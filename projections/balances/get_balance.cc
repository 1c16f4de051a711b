#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

// What a balance says, whatever it was computed from.
struct Figures {
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

Figures FiguresOf(const v1::AccountHead& head) {
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

Figures FiguresOf(const Standing& standing) {
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
  CheckCustomer(request.customer_id(), &bad);
  CheckAnyId("account_id", request.account_id(), &bad);
  CheckClocks(request, &bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Answer(const v1::GetBalanceRequest& request, const Reading& reading,
                                     v1::GetBalanceResponse* response) {
  ASSIGN_OR_RETURN(Asked asked, AskedBy(request, reading));
  const store::View& view = *reading.partitions.front().view;
  ASSIGN_OR_RETURN(
      const v1::AccountHead* head,
      FindAccount(view, request.customer_id(), request.account_id(), asked.read_us, &ScratchRow()));
  const int32_t as_of_day = asked.day.In(head->time_zone());
  Figures figures;
  if (KnewAll(asked.read_us, view) && Counts(head->last_day(), as_of_day)) {
    figures = FiguresOf(*head);
  } else {
    HistoryOfAccount& account = ScratchHistory();
    RETURN_IF_ERROR(
        ReadHistory(view, request.customer_id(), head->account_id(), asked.read_us, &account));
    StandAt(account.history, as_of_day, &ScratchStanding());
    figures = FiguresOf(ScratchStanding());
  }
  const Int128 unapplied = figures.unapplied();
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head->currency_code()));
  const AmountWriter money(*currency, response);
  response->set_account_id(head->account_id());
  money.Write(figures.invoiced(), response->mutable_invoiced());
  money.Write(figures.received, response->mutable_received());
  money.Write(figures.receivable, response->mutable_receivable());
  money.Write(unapplied, response->mutable_unapplied());
  money.Write(figures.receivable - unapplied, response->mutable_balance());
  money.Write(figures.allocated, response->mutable_allocated());
  money.Write(figures.refunded, response->mutable_refunded());
  money.Write(figures.reversed, response->mutable_reversed());
  money.Write(figures.note_applied + figures.note_unapplied, response->mutable_credited());
  money.Write(figures.written_off, response->mutable_written_off());
  money.Write(figures.written_off_tax, response->mutable_written_off_tax());
  money.Write(figures.discounted, response->mutable_discounted());
  money.Write(figures.discounted_tax, response->mutable_discounted_tax());
  money.Write(figures.claimed, response->mutable_claimed());
  money.Write(figures.credit_written_off, response->mutable_credit_written_off());
  response->set_invoice_count(figures.invoice_count);
  response->set_payment_count(figures.payment_count);
  response->set_open_invoice_count(figures.open_invoice_count);
  response->set_void_invoice_count(figures.void_invoice_count);
  response->set_credit_note_count(figures.credit_note_count);
  response->set_debit_note_count(figures.debit_note_count);
  SetPosition(reading, asked.read_us, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::balances
