#include "projections/journal/postings.h"

#include <unordered_map>

#include "absl/strings/ascii.h"
#include "common/base/enum_name.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "google/protobuf/reflection.h"

namespace daybook::postings {
namespace {

using enum Side;
using enum Ledger;
using E = Event;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace v1 = billing::v1;

constexpr PostingRule kTable[] = {
    {E::kInvoiceIssued, kDebit, kReceivable, Figure::kTotal},
    {E::kInvoiceIssued, kCredit, kRevenue, Figure::kNet},
    {E::kInvoiceIssued, kCredit, kTaxPayable, Figure::kTax},

    {E::kInvoiceVoided, kDebit, kRevenue, Figure::kNet},
    {E::kInvoiceVoided, kDebit, kTaxPayable, Figure::kTax},
    {E::kInvoiceVoided, kCredit, kReceivable, Figure::kOpen},
    {E::kInvoiceVoided, kCredit, kCreditLossesNormal, Figure::kResidue},
    {E::kInvoiceVoided, kCredit, kCreditLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kInvoiceVoided, kCredit, kCreditLossesBadDebt, Figure::kWrittenOffBadDebt},

    {E::kInvoiceWrittenOff, kDebit, kCreditLossesNormal, Figure::kResidue},
    {E::kInvoiceWrittenOff, kDebit, kCreditLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kInvoiceWrittenOff, kDebit, kCreditLossesBadDebt, Figure::kWrittenOffBadDebt},
    {E::kInvoiceWrittenOff, kDebit, kSalesDiscounts, Figure::kDiscounted},
    {E::kInvoiceWrittenOff, kDebit, kTaxPayable, Figure::kTax},
    {E::kInvoiceWrittenOff, kCredit, kReceivable, Figure::kAmount},

    {E::kWriteOffRecovered, kDebit, kReceivable, Figure::kAmount},
    {E::kWriteOffRecovered, kCredit, kCreditLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kWriteOffRecovered, kCredit, kCreditLossesBadDebt, Figure::kWrittenOffBadDebt},
    {E::kWriteOffRecovered, kCredit, kTaxPayable, Figure::kTax},

    {E::kWriteOffReversed, kDebit, kReceivable, Figure::kAmount},
    {E::kWriteOffReversed, kCredit, kCreditLossesNormal, Figure::kResidue},
    {E::kWriteOffReversed, kCredit, kCreditLossesOverdue, Figure::kWrittenOffOverdue},
    {E::kWriteOffReversed, kCredit, kCreditLossesBadDebt, Figure::kWrittenOffBadDebt},
    {E::kWriteOffReversed, kCredit, kSalesDiscounts, Figure::kDiscounted},
    {E::kWriteOffReversed, kCredit, kTaxPayable, Figure::kTax},

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

    {E::kDebitNoteIssued, kDebit, kReceivable, Figure::kTotal},
    {E::kDebitNoteIssued, kCredit, kCash, Figure::kTotal},

    {E::kPaymentLossTaken, kDebit, kPaymentLosses, Figure::kAmount},
    {E::kPaymentLossTaken, kCredit, kCash, Figure::kAmount},

    {E::kPaymentLossRecovered, kDebit, kCash, Figure::kAmount},
    {E::kPaymentLossRecovered, kCredit, kPaymentLosses, Figure::kAmount},

    {E::kPaymentRefunded, kDebit, kCustomerDeposits, Figure::kAmount},
    {E::kPaymentRefunded, kCredit, kCash, Figure::kAmount},

    {E::kCreditApplied, kDebit, kCustomerDeposits, Figure::kAllocated},
    {E::kCreditApplied, kCredit, kReceivable, Figure::kAllocated},

    {E::kCreditReleased, kDebit, kReceivable, Figure::kAllocated},
    {E::kCreditReleased, kCredit, kCustomerDeposits, Figure::kAllocated},

    {E::kCreditWrittenOff, kDebit, kCustomerDeposits, Figure::kAmount},
    {E::kCreditWrittenOff, kCredit, kResidueIncome, Figure::kAmount},

    {E::kCreditWriteOffReversed, kDebit, kResidueIncome, Figure::kAmount},
    {E::kCreditWriteOffReversed, kCredit, kCustomerDeposits, Figure::kAmount},
};

constexpr E::EventCase kNothing[] = {
    E::kAccountOpened,      E::kAccountTermsChanged, E::kAccountSuspended,
    E::kAccountClosed,      E::kAccountReopened,     E::kInvoiceDrafted,
    E::kInvoiceDraftEdited, E::kInvoiceDraftDeleted, E::kInvoiceMarkedUncollectible,
    E::kPaymentAnnounced,   E::kPaymentFailed,       E::kInvoiceUnmarkedUncollectible,
};

// A row of the table with the fields that it means.
struct Resolved {
  const PostingRule* rule = nullptr;
  const FieldDescriptor* amount = nullptr;  // int64, or a list of allocations to be summed up
  const FieldDescriptor* reason = nullptr;  // if set: counts only if it is `wanted`
  int wanted = 0;
  const FieldDescriptor* less = nullptr;  // taken off the amount
};

// A field that the event does not have is our own mistake in the table.
const FieldDescriptor* FieldOf(const Descriptor& fact, const char* name) {
  const FieldDescriptor* field = fact.FindFieldByName(name);
  DAYBOOK_CHECK(field != nullptr);
  return field;
}

Resolved WrittenOff(const Descriptor& fact, const PostingRule& rule, v1::WriteOffReason wanted) {
  if (rule.event != Event::kInvoiceVoided) {
    return {&rule, FieldOf(fact, "amount_minor"), FieldOf(fact, "reason"), wanted,
            FieldOf(fact, "tax_minor")};
  }
  if (wanted == v1::WRITE_OFF_REASON_NORMAL) return {&rule, FieldOf(fact, "residue_minor")};
  return {&rule, FieldOf(fact, "written_off_minor"), FieldOf(fact, "write_off_reason"), wanted};
}

Resolved Resolve(const Descriptor& fact, const PostingRule& rule) {
  switch (rule.figure) {
    case Figure::kTotal:
      return {&rule, FieldOf(fact, "total_minor")};
    case Figure::kNet:
      return {&rule, FieldOf(fact, "net_minor")};
    case Figure::kTax:
      return {&rule, FieldOf(fact, "tax_minor")};
    case Figure::kAmount:
      return {&rule, FieldOf(fact, "amount_minor")};
    case Figure::kAllocated: {
      const FieldDescriptor* released = fact.FindFieldByName("released");
      return {&rule, released != nullptr ? released : FieldOf(fact, "allocations")};
    }
    case Figure::kUnapplied:
      return {&rule, FieldOf(fact, "unapplied_minor")};
    case Figure::kApplied:
      return {&rule, FieldOf(fact, "applied_minor")};
    case Figure::kOpen:
      return {&rule, FieldOf(fact, "open_minor")};
    case Figure::kResidue:
      return WrittenOff(fact, rule, v1::WRITE_OFF_REASON_NORMAL);
    case Figure::kWrittenOffOverdue:
      return WrittenOff(fact, rule, v1::WRITE_OFF_REASON_OVERDUE);
    case Figure::kWrittenOffBadDebt:
      return WrittenOff(fact, rule, v1::WRITE_OFF_REASON_BAD_DEBT);
    case Figure::kDiscounted:
      return WrittenOff(fact, rule, v1::WRITE_OFF_REASON_EARLY_PAYMENT);
  }
  DAYBOOK_CHECK(!"an unknown figure");
  return {};
}

// Fields are looked up by name once, not with every event.
using Rules = std::unordered_map<const Descriptor*, std::vector<Resolved>>;
const Rules& RulesByFact() {
  static const Rules* rules = [] {
    auto* all = new Rules;
    for (const PostingRule& rule : kTable) {
      const Descriptor* fact = Event::descriptor()->FindFieldByNumber(rule.event)->message_type();
      (*all)[fact].push_back(Resolve(*fact, rule));
    }
    return all;
  }();
  return *rules;
}

int64_t AmountOf(const Message& fact, const Resolved& rule) {
  const Reflection& in = *fact.GetReflection();
  if (rule.reason != nullptr && in.GetEnumValue(fact, rule.reason) != rule.wanted) return 0;
  if (!rule.amount->is_repeated()) {
    const int64_t less = rule.less == nullptr ? 0 : in.GetInt64(fact, rule.less);
    return in.GetInt64(fact, rule.amount) - less;
  }
  int64_t sum = 0;
  for (const auto& a : in.GetRepeatedFieldRef<v1::Allocation>(fact, rule.amount)) {
    sum += a.amount_minor();
  }
  return sum;
}

Side Other(Side side) { return side == kDebit ? kCredit : kDebit; }

}  // namespace

absl::Span<const PostingRule> PostingTable() { return kTable; }

absl::Span<const Event::EventCase> EventsWithoutPostings() { return kNothing; }

std::vector<Posting> PostingsOf(const Message& fact) {
  std::vector<Posting> postings;
  const auto rules = RulesByFact().find(fact.GetDescriptor());
  if (rules == RulesByFact().end()) return postings;
  postings.reserve(rules->second.size());
  for (const Resolved& resolved : rules->second) {
    const PostingRule& rule = *resolved.rule;
    const int64_t amount = AmountOf(fact, resolved);
    if (amount > 0) postings.push_back({rule.ledger, rule.side, amount});
    if (amount < 0) postings.push_back({rule.ledger, Other(rule.side), -amount});
  }
  return postings;
}

std::vector<Posting> PostingsOf(const Event& event) {
  if (event.event_case() == Event::EVENT_NOT_SET) return {};
  const FieldDescriptor* field = Event::descriptor()->FindFieldByNumber(event.event_case());
  return PostingsOf(event.GetReflection()->GetMessage(event, field));
}

journal::v1::LedgerAccount ToApi(Ledger ledger) {
  return static_cast<journal::v1::LedgerAccount>(static_cast<int>(ledger) + 1);
}

std::optional<Ledger> FromApi(journal::v1::LedgerAccount account) {
  const int ledger = static_cast<int>(account) - 1;
  if (ledger < 0 || ledger >= kLedgers) return std::nullopt;
  return static_cast<Ledger>(ledger);
}

std::string NameOf(Ledger ledger) {
  return absl::AsciiStrToLower(ToAbsl(ShortNameOf(ToApi(ledger))));
}

}  // namespace daybook::postings
