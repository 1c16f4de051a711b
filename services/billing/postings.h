// The posting table: what each event of the billing book debits and credits.
//
//   InvoiceIssued     Dr receivable total          Cr revenue net, tax_payable tax
//   PaymentRecorded   Dr cash amount               Cr receivable Σ allocations, customer_deposits
//   rest CreditApplied     Dr customer_deposits Σ       Cr receivable Σ AccountOpened     nothing
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

enum class Ledger { kReceivable, kCustomerDeposits, kRevenue, kTaxPayable, kCash };
enum class Side { kDebit, kCredit };
enum class Figure { kTotal, kNet, kTax, kAmount, kAllocated, kUnapplied };

// One row of the table.
struct PostingRule {
  v1::Event::EventCase event;
  Side side;
  Ledger ledger;
  Figure figure;
};

absl::Span<const PostingRule> PostingTable();

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
