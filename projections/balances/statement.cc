#include "projections/balances/statement.h"

#include <algorithm>

#include "daybook/billing/v1/billing.pb.h"
#include "projections/balances/packed_id.h"

namespace daybook::balances {
namespace {

bool Raises(Kind kind) {
  switch (kind) {
    case Kind::kInvoice:
    case Kind::kDebitNote:
    case Kind::kReversal:
    case Kind::kChargeback:
    case Kind::kRefund:
    case Kind::kCreditWriteOff:
    case Kind::kRecovery:
    case Kind::kWriteOffReversed:
      return true;
    default:
      return false;
  }
}

// What was written off of a void invoice before its void, by the day.
Int128 LostBefore(const AccountHistory& history, const HistoryInvoice& invoice) {
  Int128 lost = 0;
  for (int32_t i = invoice.last_change; i >= 0; i = history.changes[i].previous) {
    const HistoryChange& change = history.changes[i];
    if (change.day > invoice.void_day) continue;
    lost += change.kind == Kind::kWriteOff ? change.amount_minor : -Int128{change.amount_minor};
  }
  return lost;
}

// What an entry does to the balance, without sign. False: it is no line.
bool AmountOf(const AccountHistory& history, const HistoryEntry& entry, Int128* amount) {
  switch (entry.kind) {
    case Kind::kInvoice:
    case Kind::kDebitNote:
      *amount = history.invoices[entry.document].total_minor;
      return true;
    case Kind::kPayment:
      *amount = history.payments[entry.document].amount_minor;
      return true;
    case Kind::kCredit:
    case Kind::kRelease:
    case Kind::kLoss:
    case Kind::kLossRecovered:
      return false;
    default:
      break;
  }
  const HistoryChange& change = history.changes[entry.document];
  *amount = change.amount_minor;
  if (!IsOfSource(entry.kind)) {
    if (change.subject >= history.invoices.size()) return false;
    const HistoryInvoice& invoice = history.invoices[change.subject];
    if (entry.kind == Kind::kVoid) {
      *amount = invoice.total_minor - LostBefore(history, invoice);
    } else if (entry.kind != Kind::kCreditNote) {
      return entry.day <= invoice.void_day;
    }
    return true;
  }
  return change.subject < history.payments.size();
}

v1::StatementEntryKind KindOf(Kind kind) {
  switch (kind) {
    case Kind::kInvoice:
      return v1::STATEMENT_ENTRY_KIND_INVOICE;
    case Kind::kDebitNote:
      return v1::STATEMENT_ENTRY_KIND_DEBIT_NOTE;
    case Kind::kPayment:
      return v1::STATEMENT_ENTRY_KIND_PAYMENT;
    case Kind::kReversal:
      return v1::STATEMENT_ENTRY_KIND_REVERSAL;
    case Kind::kChargeback:
      return v1::STATEMENT_ENTRY_KIND_CHARGEBACK;
    case Kind::kRefund:
      return v1::STATEMENT_ENTRY_KIND_REFUND;
    case Kind::kCreditNote:
      return v1::STATEMENT_ENTRY_KIND_CREDIT_NOTE;
    case Kind::kVoid:
      return v1::STATEMENT_ENTRY_KIND_VOID;
    case Kind::kWriteOff:
      return v1::STATEMENT_ENTRY_KIND_WRITE_OFF;
    case Kind::kRecovery:
      return v1::STATEMENT_ENTRY_KIND_RECOVERY;
    case Kind::kWriteOffReversed:
      return v1::STATEMENT_ENTRY_KIND_WRITE_OFF_REVERSED;
    case Kind::kCreditWriteOff:
      return v1::STATEMENT_ENTRY_KIND_CREDIT_WRITE_OFF;
    case Kind::kCreditRestored:
      return v1::STATEMENT_ENTRY_KIND_CREDIT_WRITE_OFF_REVERSED;
    case Kind::kCredit:
    case Kind::kRelease:
    case Kind::kLoss:
    case Kind::kLossRecovered:
      break;  // no lines: AmountOf
  }
  return v1::STATEMENT_ENTRY_KIND_UNSPECIFIED;
}

}  // namespace

bool StatementLine::is_debit() const { return Raises(entry->kind); }

void MakeStatement(const AccountHistory& history, int32_t first, int32_t last,
                   Statement* statement) {
  for (const HistoryEntry& entry : history.entries) {
    Int128 amount = 0;
    if (entry.day > last || !AmountOf(history, entry, &amount)) continue;
    const bool raises = Raises(entry.kind);
    if (entry.day < first) {
      statement->opening += raises ? amount : -amount;
      continue;
    }
    (raises ? statement->debits : statement->credits) += amount;
    statement->lines.push_back({&entry, raises ? amount : 0, raises ? 0 : amount});
  }
  std::stable_sort(
      statement->lines.begin(), statement->lines.end(),
      [](const StatementLine& a, const StatementLine& b) { return a.entry->day < b.entry->day; });
}

StatementText TextOf(const AccountHistory& history, const StatementLine& line) {
  const HistoryEntry& entry = *line.entry;
  StatementText text{.kind = KindOf(entry.kind)};
  const auto name_invoice = [&](const HistoryInvoice& invoice) {
    text.document_id = UnpackId(invoice.id);
    text.number = FormatNumber(invoice.number);
  };
  if (entry.kind == Kind::kInvoice || entry.kind == Kind::kDebitNote) {
    name_invoice(history.invoices[entry.document]);
    text.reason = std::string(history.invoices[entry.document].words);
    return text;
  }
  if (!IsChange(entry.kind)) {
    text.document_id = UnpackId(history.payments[entry.document].id);
    return text;
  }
  const HistoryChange& change = history.changes[entry.document];
  text.reason = std::string(change.words);
  switch (entry.kind) {
    case Kind::kCreditNote:
      text.document_id = UnpackId(change.id);
      text.number = FormatNumber(change.number);
      text.invoice_number = FormatNumber(history.invoices[change.subject].number);
      break;
    case Kind::kWriteOff:
    case Kind::kRecovery:
    case Kind::kWriteOffReversed:
      text.write_off_reason = static_cast<billing::v1::WriteOffReason>(change.code);
      if (text.write_off_reason == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
        text.kind = entry.kind == Kind::kWriteOff ? v1::STATEMENT_ENTRY_KIND_DISCOUNT
                                                  : v1::STATEMENT_ENTRY_KIND_DISCOUNT_REVERSED;
      }
      [[fallthrough]];
    case Kind::kVoid:
      name_invoice(history.invoices[change.subject]);
      break;
    default:
      text.document_id = UnpackId(history.payments[change.subject].id);
  }
  return text;
}

}  // namespace daybook::balances
