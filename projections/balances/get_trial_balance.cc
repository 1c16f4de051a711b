#include <string>
#include <utility>
#include <vector>

#include "common/base/money.h"
#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/checks.h"
#include "projections/balances/queries.h"
#include "projections/balances/request_args.h"
#include "projections/balances/totals.h"

namespace daybook::balances {
namespace {

using projection::AmountWriter;
using projection::Reading;

struct LedgerLine {
  const char* account;
  Int128 debit, credit;
};

// Posts a negative column on the other side. It is negative on a day on which a reversal took back
// money that was not free yet.
LedgerLine AboveZero(LedgerLine line) {
  if (line.debit < 0) line.credit -= std::exchange(line.debit, 0);
  if (line.credit < 0) line.debit -= std::exchange(line.credit, 0);
  return line;
}

// The posting table (balances.h), summed; in order of name.
std::vector<LedgerLine> LedgerOf(const Sums& sums) {
  const Int128 notes_applied = sums.credited() - sums.note_unapplied;
  Losses relief = sums.relief;
  relief += sums.discount_relief;
  Losses all = relief;
  for (const Losses& losses : sums.losses) all += losses;
  const auto lost = [&](const char* name, LossReason reason) {
    const Losses& losses = sums.losses[reason];
    return LedgerLine{name, losses.written_off, losses.recovered + losses.voided};
  };
  return {
      {"cash", sums.received + sums.loss_recovered,
       sums.refunded + sums.reversed + sums.claimed + sums.lost},
      lost("credit_losses_bad_debt", kBadDebt),
      lost("credit_losses_normal", kNormal),
      lost("credit_losses_overdue", kOverdue),
      AboveZero(
          {"customer_deposits",
           sums.applied + sums.refunded + sums.reversed - sums.reversed_allocated +
               sums.credit_written_off,
           sums.received - sums.put + sums.note_unapplied + sums.released + sums.credit_restored}),
      {"payment_losses", sums.lost, sums.loss_recovered},
      {"receivable",
       sums.net + sums.tax + sums.claimed + all.recovered + sums.released + sums.reversed_allocated,
       sums.put + sums.applied + sums.voided() - all.voided + all.written_off + notes_applied},
      {"residue_income", sums.credit_restored, sums.credit_written_off},
      {"revenue", sums.voided_net + sums.note_net + sums.net_below, sums.net + sums.net_below},
      lost("sales_discounts", kEarlyPayment),
      {"tax_payable", sums.voided_tax + sums.note_tax + sums.tax_below + relief.written_off,
       sums.tax + sums.tax_below + relief.recovered + relief.voided}};
}

absl::Status WriteTotals(const std::string& currency_code, const CurrencySums& total,
                         v1::GetTrialBalanceResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const Sums& sums = total.sums;
  for (const LedgerLine& line : LedgerOf(sums)) {
    v1::TrialBalanceRow* row = response->add_rows();
    row->set_ledger_account(line.account);
    row->set_currency_code(currency_code);
    const AmountWriter money(*currency, row);
    money.Write(line.debit, row->mutable_debit());
    money.Write(line.credit, row->mutable_credit());
    money.Write(line.debit - line.credit, row->mutable_balance());
  }
  v1::ControlTotals* control = response->add_totals();
  control->set_currency_code(currency_code);
  const AmountWriter money(*currency, control);
  money.Write(sums.invoiced(), control->mutable_invoiced());
  money.Write(sums.received, control->mutable_received());
  money.Write(sums.receivable(), control->mutable_receivable());
  money.Write(sums.unapplied(), control->mutable_unapplied());
  money.Write(sums.allocated(), control->mutable_allocated());
  money.Write(sums.refunded, control->mutable_refunded());
  money.Write(sums.reversed, control->mutable_reversed());
  money.Write(sums.credited(), control->mutable_credited());
  money.Write(sums.written_off(), control->mutable_written_off());
  money.Write(sums.relief.standing(), control->mutable_written_off_tax());
  money.Write(sums.discounted(), control->mutable_discounted());
  money.Write(sums.discount_relief.standing(), control->mutable_discounted_tax());
  money.Write(sums.claimed, control->mutable_claimed());
  money.Write(sums.lost - sums.loss_recovered, control->mutable_lost());
  money.Write(sums.residue_income(), control->mutable_credit_written_off());
  control->set_invoice_count(sums.invoice_count - sums.void_invoice_count);
  control->set_payment_count(sums.payment_count);
  control->set_void_invoice_count(sums.void_invoice_count);
  control->set_credit_note_count(sums.credit_note_count);
  control->set_debit_note_count(sums.debit_note_count);
  control->set_account_count(total.account_count);
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetTrialBalanceRequest& request) {
  FieldViolations bad;
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Part(const v1::GetTrialBalanceRequest& request,
                                   const Reading& reading, TrialBalancePart* part) {
  AllTotals all;
  for (const projection::PartitionReading& partition : reading.partitions) {
    projection::TwoClocks clocks = projection::ClocksOf(request, reading.now, partition);
    bool all_count = clocks.KnewAll(partition);
    if (all_count) {
      ASSIGN_OR_RETURN(all_count, AllCount(*partition.view, clocks.day));
    }
    RETURN_IF_ERROR(all_count ? AddTotals(*partition.view, &all)
                              : AddScanned(*partition.view, clocks, reading.deadline, &all));
  }
  ToPart(all, part);
  return absl::OkStatus();
}

absl::Status BalancesQueries::Merge(const v1::GetTrialBalanceRequest&,
                                    projection::Parts<TrialBalancePart> parts,
                                    v1::GetTrialBalanceResponse* response) {
  AllTotals all;
  for (const TrialBalancePart* part : parts) AddPart(*part, &all);
  for (const auto& [currency_code, sums] : all.currencies) {
    RETURN_IF_ERROR(WriteTotals(currency_code, sums, response));
  }
  response->set_customer_count(all.customer_count);
  return absl::OkStatus();
}

}  // namespace daybook::balances
