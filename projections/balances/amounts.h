// The amounts of an account that a balance tells, whatever they were computed from.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/two_clocks.h"
#include "projections/balances/rows.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

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

// Of an account at the clocks: from its head where everything in it counts, else from its history.
absl::StatusOr<Amounts> AmountsAt(const std::string& customer_id, const rows::AccountHead& head,
                                  projection::TwoClocks& clocks,
                                  const projection::PartitionReading& partition);

// Into an answer that has a field for each; `account_id` as well.
template <class Answer>
absl::Status WriteAmounts(const rows::AccountHead& head, const Amounts& amounts, Answer* answer) {
  const Int128 unapplied = amounts.unapplied();
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(head.currency_code()));
  const projection::AmountWriter money(*currency, answer);
  answer->set_account_id(head.account_id());
  money.Write(amounts.invoiced(), answer->mutable_invoiced());
  money.Write(amounts.received, answer->mutable_received());
  money.Write(amounts.receivable, answer->mutable_receivable());
  money.Write(unapplied, answer->mutable_unapplied());
  money.Write(amounts.receivable - unapplied, answer->mutable_balance());
  money.Write(amounts.allocated, answer->mutable_allocated());
  money.Write(amounts.refunded, answer->mutable_refunded());
  money.Write(amounts.reversed, answer->mutable_reversed());
  money.Write(amounts.note_applied + amounts.note_unapplied, answer->mutable_credited());
  money.Write(amounts.written_off, answer->mutable_written_off());
  money.Write(amounts.written_off_tax, answer->mutable_written_off_tax());
  money.Write(amounts.discounted, answer->mutable_discounted());
  money.Write(amounts.discounted_tax, answer->mutable_discounted_tax());
  money.Write(amounts.claimed, answer->mutable_claimed());
  money.Write(amounts.credit_written_off, answer->mutable_credit_written_off());
  answer->set_invoice_count(amounts.invoice_count);
  answer->set_payment_count(amounts.payment_count);
  answer->set_open_invoice_count(amounts.open_invoice_count);
  answer->set_void_invoice_count(amounts.void_invoice_count);
  answer->set_credit_note_count(amounts.credit_note_count);
  answer->set_debit_note_count(amounts.debit_note_count);
  return absl::OkStatus();
}

}  // namespace daybook::balances
