#include "services/billing/postings.h"

#include "common/base/status.h"

namespace daybook::billing {
namespace {

constexpr PostingRule kTable[] = {
    {v1::Event::kInvoiceIssued, Side::kDebit, Ledger::kReceivable, Figure::kTotal},
    {v1::Event::kInvoiceIssued, Side::kCredit, Ledger::kRevenue, Figure::kNet},
    {v1::Event::kInvoiceIssued, Side::kCredit, Ledger::kTaxPayable, Figure::kTax},

    {v1::Event::kPaymentRecorded, Side::kDebit, Ledger::kCash, Figure::kAmount},
    {v1::Event::kPaymentRecorded, Side::kCredit, Ledger::kReceivable, Figure::kAllocated},
    {v1::Event::kPaymentRecorded, Side::kCredit, Ledger::kCustomerDeposits, Figure::kUnapplied},

    {v1::Event::kCreditApplied, Side::kDebit, Ledger::kCustomerDeposits, Figure::kAllocated},
    {v1::Event::kCreditApplied, Side::kCredit, Ledger::kReceivable, Figure::kAllocated},
};

template <class Allocations>
int64_t Sum(const Allocations& allocations) {
  int64_t sum = 0;
  for (const auto& allocation : allocations) sum += allocation.amount_minor();
  return sum;
}

// A figure that the event does not have is our own mistake in the table.
int64_t FigureOf(const v1::Event& event, Figure figure) {
  switch (figure) {
    case Figure::kTotal:
      return event.invoice_issued().total_minor();
    case Figure::kNet:
      return event.invoice_issued().net_minor();
    case Figure::kTax:
      return event.invoice_issued().tax_minor();
    case Figure::kAmount:
      return event.payment_recorded().amount_minor();
    case Figure::kAllocated:
      return event.has_credit_applied() ? Sum(event.credit_applied().allocations())
                                        : Sum(event.payment_recorded().allocations());
    case Figure::kUnapplied:
      return event.payment_recorded().unapplied_minor();
  }
  DAYBOOK_CHECK(!"an unknown figure");
  return 0;
}

Side Other(Side side) { return side == Side::kDebit ? Side::kCredit : Side::kDebit; }

}  // namespace

absl::Span<const PostingRule> PostingTable() { return kTable; }

std::vector<Posting> PostingsOf(const v1::Event& event) {
  std::vector<Posting> postings;
  for (const PostingRule& rule : kTable) {
    if (rule.event != event.event_case()) continue;
    const int64_t amount = FigureOf(event, rule.figure);
    if (amount > 0) postings.push_back({rule.ledger, rule.side, amount});
    if (amount < 0) postings.push_back({rule.ledger, Other(rule.side), -amount});
  }
  return postings;
}

std::string_view NameOf(Ledger ledger) {
  switch (ledger) {
    case Ledger::kReceivable:
      return "receivable";
    case Ledger::kCustomerDeposits:
      return "customer_deposits";
    case Ledger::kRevenue:
      return "revenue";
    case Ledger::kTaxPayable:
      return "tax_payable";
    case Ledger::kCash:
      return "cash";
  }
  DAYBOOK_CHECK(!"an unknown ledger account");
  return "";
}

}  // namespace daybook::billing
