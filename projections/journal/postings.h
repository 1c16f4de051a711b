// The posting table: what each event of the billing book debits and credits, as data. This
// is the only copy; the tests of the books read it as well.
//
//   InvoiceIssued       Dr receivable total             Cr revenue net, tax_payable tax
//   InvoiceVoided       Dr revenue net, tax_payable tax Cr receivable open, the losses written off
//   InvoiceWrittenOff   Dr the reason's losses or       Cr receivable
//                          sales_discounts,
//                          tax_payable tax corrected
//   WriteOffRecovered   Dr receivable                   Cr the reason's losses or sales_discounts,
//   WriteOffReversed                                       tax_payable tax that is payable again
//   CreditNoteIssued    Dr revenue net, tax_payable tax Cr receivable applied,
//                                                          customer_deposits unapplied
//   PaymentRecorded     Dr cash amount                  Cr receivable allocated,
//   PaymentConfirmed                                       customer_deposits unapplied
//   PaymentReversed     Dr receivable released,         Cr cash amount
//                          customer_deposits unapplied
//   DebitNoteIssued     Dr receivable                   Cr cash
//   PaymentLossTaken    Dr payment_losses               Cr cash
//   PaymentLossRecovered
//                       Dr cash                         Cr payment_losses
//   PaymentRefunded     Dr customer_deposits            Cr cash
//   CreditApplied       Dr customer_deposits            Cr receivable
//   CreditReleased      Dr receivable                   Cr customer_deposits
//   CreditWrittenOff    Dr customer_deposits            Cr residue_income
//   CreditWriteOffReversed  Dr residue_income           Cr customer_deposits
//   all others          nothing
//
// In every event Σ debits = Σ credits. A negative figure (tax above a negative net, say) stands on
// the other side, so that what is posted is never negative.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/journal/v1/ledger_account.pb.h"

namespace daybook::postings {

using Event = billing::v1::Event;

// The numbers stand in rows of read models: new ones go to the end. The API has them one higher.
enum class Ledger {
  kReceivable,
  kCustomerDeposits,
  kRevenue,
  kTaxPayable,
  kCash,
  kCreditLossesNormal,
  kCreditLossesOverdue,
  kCreditLossesBadDebt,
  kPaymentLosses,
  kResidueIncome,
  kSalesDiscounts,
};
inline constexpr int kLedgers = 11;
enum class Side { kDebit, kCredit };
enum class Figure {
  kTotal,
  kNet,
  kTax,
  kAmount,
  kAllocated,  // Σ allocations, or Σ released
  kUnapplied,
  kApplied,
  kOpen,
  kResidue,            // written off as NORMAL, without the tax that is corrected
  kWrittenOffOverdue,  // as OVERDUE; 0 if the event's reason is another
  kWrittenOffBadDebt,  // as BAD_DEBT; likewise
  kDiscounted,         // as EARLY_PAYMENT; likewise
};

// One row of the table.
struct PostingRule {
  Event::EventCase event;
  Side side;
  Ledger ledger;
  Figure figure;
};

absl::Span<const PostingRule> PostingTable();

// The events that post nothing: no money moves. Every event has rows in the table or stands here.
absl::Span<const Event::EventCase> EventsWithoutPostings();

// One amount on one side of one ledger account; positive.
struct Posting {
  Ledger ledger;
  Side side;
  int64_t amount_minor;
};

// What a fact (a message of `Event`'s oneof, such as InvoiceIssued) posts, in the order of the
// table, without zeros. Any thread.
std::vector<Posting> PostingsOf(const google::protobuf::Message& fact);
// The same of the fact in an event; nothing if there is none.
std::vector<Posting> PostingsOf(const Event& event);

// As the API has it; and back: nullopt if it names none.
journal::v1::LedgerAccount ToApi(Ledger ledger);
std::optional<Ledger> FromApi(journal::v1::LedgerAccount account);
// `customer_deposits`, for control totals and dumps.
std::string NameOf(Ledger ledger);

}  // namespace daybook::postings
