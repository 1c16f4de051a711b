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

struct LedgerBalance {
  journal::v1::LedgerAccount account;
  Int128 balance;  // debits - credits
};

// The posting table (projections/journal/postings.h), summed over all events.
std::vector<LedgerBalance> LedgerOf(const Sums& sums) {
  const Int128 notes_applied = sums.credited() - sums.note_unapplied;
  CreditLosses relief = sums.relief;
  relief += sums.discount_relief;
  CreditLosses all = relief;
  for (const CreditLosses& losses : sums.losses) all += losses;
  return {{journal::v1::LEDGER_ACCOUNT_RECEIVABLE,
           sums.net + sums.tax + sums.claimed + all.recovered + sums.released +
               sums.reversed_allocated + all.voided -
               (sums.put + sums.applied + sums.voided() + all.written_off + notes_applied)},
          {journal::v1::LEDGER_ACCOUNT_CUSTOMER_DEPOSITS,
           sums.applied + sums.refunded + sums.reversed - sums.reversed_allocated +
               sums.credit_written_off - sums.received + sums.put - sums.note_unapplied -
               sums.released - sums.credit_restored},
          {journal::v1::LEDGER_ACCOUNT_REVENUE, sums.voided_net + sums.note_net - sums.net},
          {journal::v1::LEDGER_ACCOUNT_TAX_PAYABLE,
           sums.voided_tax + sums.note_tax - sums.tax + relief.standing()},
          {journal::v1::LEDGER_ACCOUNT_CASH, sums.received + sums.loss_recovered - sums.refunded -
                                                 sums.reversed - sums.claimed - sums.lost},
          {journal::v1::LEDGER_ACCOUNT_CREDIT_LOSSES_NORMAL, sums.losses[kNormal].standing()},
          {journal::v1::LEDGER_ACCOUNT_CREDIT_LOSSES_OVERDUE, sums.losses[kOverdue].standing()},
          {journal::v1::LEDGER_ACCOUNT_CREDIT_LOSSES_BAD_DEBT, sums.losses[kBadDebt].standing()},
          {journal::v1::LEDGER_ACCOUNT_PAYMENT_LOSSES, sums.lost - sums.loss_recovered},
          {journal::v1::LEDGER_ACCOUNT_RESIDUE_INCOME, -sums.residue_income()},
          {journal::v1::LEDGER_ACCOUNT_SALES_DISCOUNTS, sums.losses[kEarlyPayment].standing()}};
}

absl::Status WriteTotals(const std::string& currency_code, const CurrencySums& total,
                         v1::GetControlTotalsResponse* response) {
  ASSIGN_OR_RETURN(const Currency* currency, projection::CurrencyOf(currency_code));
  const Sums& sums = total.sums;
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
  for (const LedgerBalance& line : LedgerOf(sums)) {
    v1::LedgerBalance* balance = control->add_ledger_balances();
    balance->set_ledger_account(line.account);
    AmountWriter(*currency, balance).Write(line.balance, balance->mutable_balance());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BalancesQueries::Check(const v1::GetControlTotalsRequest& request) {
  FieldViolations bad;
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status BalancesQueries::Part(const v1::GetControlTotalsRequest& request,
                                   const Reading& reading, ControlTotalsPart* part) {
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

absl::Status BalancesQueries::Merge(const v1::GetControlTotalsRequest&,
                                    projection::Parts<ControlTotalsPart> parts,
                                    v1::GetControlTotalsResponse* response) {
  AllTotals all;
  for (const ControlTotalsPart* part : parts) AddPart(*part, &all);
  for (const auto& [currency_code, sums] : all.currencies) {
    RETURN_IF_ERROR(WriteTotals(currency_code, sums, response));
  }
  response->set_customer_count(all.customer_count);
  return absl::OkStatus();
}

}  // namespace daybook::balances
