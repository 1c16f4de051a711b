#include "services/billing/postings.h"

#include "common/base/status.h"

namespace daybook::billing {
namespace {

using enum Side;
using enum Ledger;
using E = v1::Event;

constexpr PostingRule kTable[] = {
    {E::kInvoiceIssued, kDebit, kReceivable, Figure::kTotal},
    {E::kInvoiceIssued, kCredit, kRevenue, Figure::kNet},
    {E::kInvoiceIssued, kCredit, kTaxPayable, Figure::kTax},

    {E::kInvoiceVoided, kDebit, kRevenue, Figure::kNet},
    {E::kInvoiceVoided, kDebit, kTaxPayable, Figure::kTax},
    {E::kInvoiceVoided, kCredit, kReceivable, Figure::kOpen},
    {E::kInvoiceVoided, kCredit, kLossesNormal, Figure::kResidue},
    {E::kInvoiceVoided, kCredit, kLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kInvoiceVoided, kCredit, kLossesBadDebt, Figure::kWrittenOffBadDebt},

    {E::kInvoiceWrittenOff, kDebit, kLossesNormal, Figure::kResidue},
    {E::kInvoiceWrittenOff, kDebit, kLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kInvoiceWrittenOff, kDebit, kLossesBadDebt, Figure::kWrittenOffBadDebt},
    {E::kInvoiceWrittenOff, kCredit, kReceivable, Figure::kAmount},

    {E::kWriteOffRecovered, kDebit, kReceivable, Figure::kAmount},
    {E::kWriteOffRecovered, kCredit, kLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kWriteOffRecovered, kCredit, kLossesBadDebt, Figure::kWrittenOffBadDebt},

    {E::kCreditNoteIssued, kDebit, kRevenue, Figure::kNet},
    {E::kCreditNoteIssued, kDebit, kTaxPayable, Figure::kTax},
    {E::kCreditNoteIssued, kCredit, kReceivable, Figure::kApplied},
    {E::kCreditNoteIssued, kCredit, kCustomerDeposits, Figure::kUnapplied},

    {E::kPaymentRecorded, kDebit, kCash, Figure::kAmount},
    {E::kPaymentRecorded, kCredit, kReceivable, Figure::kAllocated},
    {E::kPaymentRecorded, kCredit, kCustomerDeposits, Figure::kUnapplied},

    {E::kPaymentConfirmed, kDebit, kCash, Figure::kAmount},
    {E::kPaymentConfirmed, kCredit, kReceivable, Figure::kAllocated},
    {E::kPaymentConfirmed, kCredit, kCustomerDeposits, Figure::kUnapplied},

    {E::kPaymentReversed, kDebit, kReceivable, Figure::kAllocated},
    {E::kPaymentReversed, kDebit, kCustomerDeposits, Figure::kUnapplied},
    {E::kPaymentReversed, kCredit, kCash, Figure::kAmount},

    {E::kPaymentRefunded, kDebit, kCustomerDeposits, Figure::kAmount},
    {E::kPaymentRefunded, kCredit, kCash, Figure::kAmount},

    {E::kCreditApplied, kDebit, kCustomerDeposits, Figure::kAllocated},
    {E::kCreditApplied, kCredit, kReceivable, Figure::kAllocated},

    {E::kCreditReleased, kDebit, kReceivable, Figure::kAllocated},
    {E::kCreditReleased, kCredit, kCustomerDeposits, Figure::kAllocated},
};

constexpr E::EventCase kNothing[] = {
    E::kAccountOpened,      E::kAccountTermsChanged, E::kAccountSuspended,
    E::kAccountClosed,      E::kAccountReopened,     E::kInvoiceDrafted,
    E::kInvoiceDraftEdited, E::kInvoiceDraftDeleted, E::kInvoiceMarkedUncollectible,
    E::kPaymentAnnounced,   E::kPaymentFailed,
};

template <class Allocations>
int64_t Sum(const Allocations& allocations) {
  int64_t sum = 0;
  for (const auto& allocation : allocations) sum += allocation.amount_minor();
  return sum;
}

int64_t WrittenOff(const E& event, v1::WriteOffReason wanted) {
  switch (event.event_case()) {
    case E::kInvoiceWrittenOff: {
      const auto& e = event.invoice_written_off();
      return e.reason() == wanted ? e.amount_minor() : 0;
    }
    case E::kWriteOffRecovered: {
      const auto& e = event.write_off_recovered();
      return e.reason() == wanted ? e.amount_minor() : 0;
    }
    case E::kInvoiceVoided: {
      const auto& e = event.invoice_voided();
      if (wanted == v1::WRITE_OFF_REASON_NORMAL) return e.residue_minor();
      return e.write_off_reason() == wanted ? e.written_off_minor() : 0;
    }
    default:
      DAYBOOK_CHECK(!"an event without a write-off");
      return 0;
  }
}

// The message in an event by name, and one of its figures. A figure that the event does not have is
// our own mistake in the table.
const google::protobuf::Message& Body(const E& event) {
  const auto* field = E::descriptor()->FindFieldByNumber(event.event_case());
  return event.GetReflection()->GetMessage(event, field);
}

int64_t Number(const E& event, const char* name) {
  const google::protobuf::Message& body = Body(event);
  const auto* field = body.GetDescriptor()->FindFieldByName(name);
  DAYBOOK_CHECK(field != nullptr);
  return body.GetReflection()->GetInt64(body, field);
}

int64_t Allocated(const E& event) {
  switch (event.event_case()) {
    case E::kPaymentRecorded:
      return Sum(event.payment_recorded().allocations());
    case E::kPaymentConfirmed:
      return Sum(event.payment_confirmed().allocations());
    case E::kPaymentReversed:
      return Sum(event.payment_reversed().released());
    case E::kCreditApplied:
      return Sum(event.credit_applied().allocations());
    case E::kCreditReleased:
      return Sum(event.credit_released().released());
    default:
      DAYBOOK_CHECK(!"an event without allocations");
      return 0;
  }
}

int64_t FigureOf(const E& event, Figure figure) {
  switch (figure) {
    case Figure::kTotal:
      return Number(event, "total_minor");
    case Figure::kNet:
      return Number(event, "net_minor");
    case Figure::kTax:
      return Number(event, "tax_minor");
    case Figure::kAmount:
      return Number(event, "amount_minor");
    case Figure::kAllocated:
      return Allocated(event);
    case Figure::kUnapplied:
      return Number(event, "unapplied_minor");
    case Figure::kApplied:
      return Number(event, "applied_minor");
    case Figure::kOpen:
      return Number(event, "open_minor");
    case Figure::kResidue:
      return WrittenOff(event, v1::WRITE_OFF_REASON_NORMAL);
    case Figure::kWrittenOffOverdue:
      return WrittenOff(event, v1::WRITE_OFF_REASON_OVERDUE);
    case Figure::kWrittenOffBadDebt:
      return WrittenOff(event, v1::WRITE_OFF_REASON_BAD_DEBT);
  }
  DAYBOOK_CHECK(!"an unknown figure");
  return 0;
}

Side Other(Side side) { return side == kDebit ? kCredit : kDebit; }

}  // namespace

absl::Span<const PostingRule> PostingTable() { return kTable; }

absl::Span<const v1::Event::EventCase> EventsWithoutPostings() { return kNothing; }

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
    case kReceivable:
      return "receivable";
    case kCustomerDeposits:
      return "customer_deposits";
    case kRevenue:
      return "revenue";
    case kTaxPayable:
      return "tax_payable";
    case kCash:
      return "cash";
    case kLossesNormal:
      return "credit_losses_normal";
    case kLossesOverdue:
      return "credit_losses_overdue";
    case kLossesBadDebt:
      return "credit_losses_bad_debt";
  }
  DAYBOOK_CHECK(!"an unknown ledger account");
  return "";
}

}  // namespace daybook::billing
