// The posting table: what each event of the billing book debits and credits, as data.
//
//   InvoiceIssued       Dr receivable total            Cr revenue net, tax_payable tax
//   InvoiceVoided       Dr revenue net, tax_payable tax
//                                                      Cr receivable open, losses what was written
//                                                      off
//   InvoiceWrittenOff   Dr the reason's losses         Cr receivable
//   WriteOffRecovered   Dr receivable                  Cr the reason's losses
//   CreditNoteIssued    Dr revenue net, tax_payable tax
//                                                      Cr receivable applied, customer_deposits
//                                                      unapplied
//   PaymentRecorded     Dr cash amount                 Cr receivable allocated, customer_deposits
//   rest PaymentConfirmed    as PaymentRecorded PaymentReversed     Dr receivable released,
//   customer_deposits unapplied
//                                                      Cr cash amount
//   PaymentRefunded     Dr customer_deposits           Cr cash
//   CreditApplied       Dr customer_deposits           Cr receivable
//   CreditReleased      Dr receivable                  Cr customer_deposits
//   all others          nothing
//
// In every event Σ debits = Σ credits. A negative figure (tax above a negative net, say) stands on
// the other side, so that what is posted is never negative.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "daybook/billing/v1/event.pb.h"

namespace daybook::billing {

enum class Ledger {
  kReceivable,
  kCustomerDeposits,
  kRevenue,
  kTaxPayable,
  kCash,
  kLossesNormal,
  kLossesOverdue,
  kLossesBadDebt,
};
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
  kResidue,            // written off as NORMAL
  kWrittenOffOverdue,  // as OVERDUE; 0 if the event's reason is another
  kWrittenOffBadDebt,  // as BAD_DEBT; likewise
};

// One row of the table.
struct PostingRule {
  v1::Event::EventCase event;
  Side side;
  Ledger ledger;
  Figure figure;
};

absl::Span<const PostingRule> PostingTable();

// The events that post nothing: no money moves. Every event has rows in the table or stands here.
absl::Span<const v1::Event::EventCase> EventsWithoutPostings();

// One amount on one side of one ledger account; positive.
struct Posting {
  Ledger ledger;
  Side side;
  int64_t amount_minor;
};

// What `event` posts, in the order of the table, without zeros.
std::vector<Posting> PostingsOf(const v1::Event& event);

// `customer_deposits`, as queries name it.
std::string_view NameOf(Ledger ledger);

}  // namespace daybook::billing
