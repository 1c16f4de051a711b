#include "projections/balances/balances.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/wrapping.h"
#include "common/projection/kit/sum.h"
#include "projections/balances/history_writer.h"
#include "projections/balances/open_documents.h"
#include "projections/balances/packed_id.h"
#include "projections/balances/standing.h"

namespace daybook::balances {
namespace {

using projection::AddTo;
using projection::Meta;
using store::Shard;

// The rows that a fact of an account changes.
struct Account {
  Account(const Meta& meta, const std::string& account_id, const std::string& currency_code,
          Shard& shard)
      : time{EpochDay(meta.effective_date), meta.recorded_time_us,
             static_cast<int32_t>(meta.effective_date.year())},
        shard(shard),
        head(HeadOf(shard.Edit(kCustomers, meta.customer_id), account_id)),
        tail(shard.Edit(kTails, Key(meta.customer_id, account_id))),
        totals(shard.Edit(kTotals, currency_code)) {
    if (head.account_id().empty()) head.set_account_id(account_id);
    if (head.currency_code().empty()) head.set_currency_code(currency_code);
    if (tail.currency_code().empty()) tail.set_currency_code(currency_code);
  }

  static rows::AccountHead& HeadOf(rows::CustomerRow& row, const std::string& account_id) {
    for (rows::AccountHead& head : *row.mutable_accounts()) {
      if (head.account_id() == account_id) return head;
    }
    return *row.add_accounts();
  }

  static const std::string& Key(std::string_view customer_id, std::string_view account_id) {
    thread_local std::string key;
    AccountKey(customer_id, account_id, &key);
    return key;
  }

  // The totals count in full from the latest day on, where the account is.
  void NoteDay() {
    const std::string& zone = tail.time_zone();
    for (rows::LastDay& last : *totals.mutable_last_days()) {
      if (last.time_zone() != zone) continue;
      if (last.day() < time.day) last.set_day(time.day);
      return;
    }
    rows::LastDay& last = *totals.add_last_days();
    last.set_time_zone(zone);
    last.set_day(time.day);
  }

  // After each entry. A full chunk becomes a row of its own.
  void Finish(const Meta& meta) {
    if (head.last_day() < time.day) head.set_last_day(time.day);
    NoteDay();
    if (!IsFull(tail)) return;
    std::string key = Key(meta.customer_id, head.account_id());
    store::AppendNumber(&key, tail.full_chunks());
    shard.Append(kHistory, key, tail.chunk());
    CutChunk(tail);
  }

  EntryTime time;
  Shard& shard;
  rows::AccountHead& head;
  rows::AccountTail& tail;
  rows::CurrencyTotals& totals;
};

void AddAllocated(int64_t amount, Account& account) {
  account.head.set_allocated_minor(Plus(account.head.allocated_minor(), amount));
}

// References to documents of any age: by ordinal while something of them is open, else by name.
uint32_t InvoiceReference(const std::string& invoice_id, Account& account) {
  const std::string_view id = PackId(invoice_id);
  const rows::Open& open = account.tail.open_invoices();
  const OpenPlace place = FindOpen(id, open);
  return place.index >= 0 ? open.ordinal(place.index) : NameInvoice(id, account.tail);
}

uint32_t PaymentReference(const std::string& payment_id, Account& account) {
  const std::string_view id = PackId(payment_id);
  const rows::Open& open = account.tail.open_payments();
  const OpenPlace place = FindOpen(id, open);
  return place.index >= 0 ? open.ordinal(place.index) : NamePayment(id, account.tail);
}

void LowerInvoice(const std::string& invoice_id, int64_t amount, Account& account) {
  rows::Open& open = *account.tail.mutable_open_invoices();
  const OpenPlace place = FindOpen(PackId(invoice_id), open);
  if (place.index < 0) return;  // not open: the write side takes from nothing else
  if (TakeFrom(place, amount, open)) {
    account.head.set_open_invoice_count(account.head.open_invoice_count() - 1);
  }
  account.head.set_open_minor(Minus(account.head.open_minor(), amount));
}

// Returns the reference to the invoice.
uint32_t RaiseInvoice(const std::string& invoice_id, int64_t amount, Account& account) {
  rows::Open& open = *account.tail.mutable_open_invoices();
  const std::string_view id = PackId(invoice_id);
  const OpenPlace place = FindOpen(id, open);
  account.head.set_open_minor(Plus(account.head.open_minor(), amount));
  if (place.index >= 0) {
    open.set_left_minor(place.index, Plus(open.left_minor(place.index), amount));
    return open.ordinal(place.index);
  }
  const uint32_t reference = NameInvoice(id, account.tail);
  AddOpen(id, reference, amount, open);
  account.head.set_open_invoice_count(account.head.open_invoice_count() + 1);
  return reference;
}

void LowerPayment(const std::string& payment_id, int64_t amount, Account& account) {
  rows::Open& open = *account.tail.mutable_open_payments();
  const OpenPlace place = FindOpen(PackId(payment_id), open);
  if (place.index >= 0 && amount != 0) TakeFrom(place, amount, open);
}

void RaisePayment(const std::string& payment_id, uint32_t reference, int64_t amount,
                  Account& account) {
  if (amount == 0) return;
  rows::Open& open = *account.tail.mutable_open_payments();
  const std::string_view id = PackId(payment_id);
  const OpenPlace place = FindOpen(id, open);
  if (place.index >= 0) {
    open.set_left_minor(place.index, Plus(open.left_minor(place.index), amount));
  } else {
    AddOpen(id, reference, amount, open);
  }
}

using EventAllocations = google::protobuf::RepeatedPtrField<billing::v1::Allocation>;

// Puts the allocations behind the entry that was added last. Returns their sum.
int64_t Allocate(const EventAllocations& allocations, Account& account) {
  int64_t sum = 0;
  rows::Open& open = *account.tail.mutable_open_invoices();
  for (const billing::v1::Allocation& allocation : allocations) {
    const OpenPlace place = FindOpen(PackId(allocation.invoice_id()), open);
    if (place.index < 0) continue;  // not open: the write side allocates to nothing else
    const int64_t amount = allocation.amount_minor();
    AddAllocation(open.ordinal(place.index), amount, account.tail);
    if (TakeFrom(place, amount, open)) {
      account.head.set_open_invoice_count(account.head.open_invoice_count() - 1);
    }
    sum = Plus(sum, amount);
  }
  account.head.set_open_minor(Minus(account.head.open_minor(), sum));
  AddAllocated(sum, account);
  return sum;
}

// Money came in: as recorded, or as confirmed.
template <class Payment>
void Receive(const Payment& payment, const Meta& meta, Shard& shard) {
  Account account(meta, payment.account_id(), payment.currency_code(), shard);
  const int64_t amount = payment.amount_minor();
  const uint32_t ordinal = account.tail.payments();
  AddPayment(account.time, amount, PackId(payment.payment_id()), account.tail);
  const int64_t allocated = Allocate(payment.allocations(), account);
  if (allocated != amount) {
    AddOpen(PackId(payment.payment_id()), ordinal, Minus(amount, allocated),
            *account.tail.mutable_open_payments());
  }

  account.head.set_payment_count(account.head.payment_count() + 1);
  account.head.set_received_minor(Plus(account.head.received_minor(), amount));
  AddTo(amount, account.totals.mutable_received());
  AddTo(allocated, account.totals.mutable_allocated());
  account.totals.set_payment_count(account.totals.payment_count() + 1);
  account.Finish(meta);
}

rows::CreditLosses& LossesOf(billing::v1::WriteOffReason reason, rows::CurrencyTotals& totals) {
  switch (LossReasonOf(static_cast<uint32_t>(reason))) {
    case kNormal:
      return *totals.mutable_normal();
    case kOverdue:
      return *totals.mutable_overdue();
    case kEarlyPayment:
      return *totals.mutable_early_payment();
    default:
      return *totals.mutable_bad_debt();
  }
}

bool IsDiscount(billing::v1::WriteOffReason reason) {
  return LossReasonOf(static_cast<uint32_t>(reason)) == kEarlyPayment;
}

// The tax that was corrected by write-offs, or by discounts.
rows::CreditLosses& ReliefOf(billing::v1::WriteOffReason reason, rows::CurrencyTotals& totals) {
  return IsDiscount(reason) ? *totals.mutable_discount_relief() : *totals.mutable_relief();
}

// Given up, or open again: then below zero.
void AddCreditLoss(billing::v1::WriteOffReason reason, int64_t amount, int64_t tax,
                   rows::AccountHead& head) {
  if (IsDiscount(reason)) {
    head.set_discounted_minor(Plus(head.discounted_minor(), amount));
    head.set_discounted_tax_minor(Plus(head.discounted_tax_minor(), tax));
  } else {
    head.set_written_off_minor(Plus(head.written_off_minor(), amount));
    head.set_written_off_tax_minor(Plus(head.written_off_tax_minor(), tax));
  }
}

// What was lost of a payment, or came again of that: no figure of the account's.
template <class Fact>
void AddPaymentLoss(Kind kind, const Fact& fact, Account& account) {
  AddChange(kind, account.time,
            {PaymentReference(fact.payment_id(), account), fact.amount_minor(), 0, fact.reason()},
            account.tail);
}

void AddCreditWrittenOff(int64_t amount, Account& account) {
  account.head.set_credit_written_off_minor(Plus(account.head.credit_written_off_minor(), amount));
}

// What was written off is open again: money came for it, or it was a mistake.
template <class Fact>
void OpenAgain(Kind kind, const Fact& fact, std::string_view why, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const int64_t amount = fact.amount_minor();
  const uint32_t invoice = RaiseInvoice(fact.invoice_id(), amount, account);
  AddLoss(kind, account.time, invoice, amount, fact.reason(), fact.tax_minor(), why, account.tail);
  AddCreditLoss(fact.reason(), -amount, -fact.tax_minor(), account.head);
  AddTo(Minus(amount, fact.tax_minor()),
        LossesOf(fact.reason(), account.totals).mutable_recovered());
  AddTo(fact.tax_minor(), ReliefOf(fact.reason(), account.totals).mutable_recovered());
  account.Finish(meta);
}

}  // namespace

void Balances::Expect(const book::v1::Event& event, const Meta& meta, Shard& shard) {
  const auto account = [&](const auto& fact) {
    shard.Expect(kCustomers, meta.customer_id);
    shard.Expect(kTails, Account::Key(meta.customer_id, fact.account_id()));
  };
  if (event.billing().has_invoice_issued()) account(event.billing().invoice_issued());
  if (event.billing().has_payment_recorded()) account(event.billing().payment_recorded());
}

void Balances::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  rows::CustomerRow& row = shard.Edit(kCustomers, meta.customer_id);
  row.set_registered(true);
  row.set_registered_day(EpochDay(meta.effective_date));
  row.set_registered_recorded_us(meta.recorded_time_us);
  rows::BookTotals& book = shard.Edit(kBook, kBookKey);
  book.set_customer_count(book.customer_count() + 1);
  book.set_last_day(std::max(book.last_day(), row.registered_day()));
}

void Balances::On(const billing::v1::AccountOpened& opened, const Meta& meta, Shard& shard) {
  Account account(meta, opened.account_id(), opened.currency_code(), shard);
  account.head.set_opened_recorded_us(meta.recorded_time_us);
  account.tail.set_opened_recorded_us(meta.recorded_time_us);
  account.tail.set_opened_day(account.time.day);
  if (opened.time_zone() != "UTC") {
    account.head.set_time_zone(opened.time_zone());
    account.tail.set_time_zone(opened.time_zone());
  }
  account.NoteDay();
  account.totals.set_account_count(account.totals.account_count() + 1);
}

void Balances::On(const billing::v1::InvoiceIssued& invoice, const Meta& meta, Shard& shard) {
  Account account(meta, invoice.account_id(), invoice.currency_code(), shard);
  const int64_t total = invoice.total_minor();
  const std::string_view id = PackId(invoice.invoice_id());
  const uint32_t ordinal = account.tail.invoices();
  AddInvoice(account.time, invoice, EpochDay(invoice.due_date()), id, account.tail);

  account.head.set_invoice_count(account.head.invoice_count() + 1);
  account.head.set_open_minor(Plus(account.head.open_minor(), total));
  if (total != 0) {
    AddOpen(id, ordinal, total, *account.tail.mutable_open_invoices());
    account.head.set_open_invoice_count(account.head.open_invoice_count() + 1);
  }
  AddTo(total - invoice.tax_minor(), account.totals.mutable_net());
  AddTo(invoice.tax_minor(), account.totals.mutable_tax());
  account.totals.set_invoice_count(account.totals.invoice_count() + 1);
  account.Finish(meta);
}

void Balances::On(const billing::v1::InvoiceVoided& voided, const Meta& meta, Shard& shard) {
  Account account(meta, voided.account_id(), voided.currency_code(), shard);
  const uint32_t invoice = InvoiceReference(voided.invoice_id(), account);
  AddChange(Kind::kVoid, account.time, {invoice, 0, 0, voided.reason()}, account.tail);
  if (voided.open_minor() != 0) LowerInvoice(voided.invoice_id(), voided.open_minor(), account);
  AddCreditLoss(billing::v1::WRITE_OFF_REASON_NORMAL,
                -voided.written_off_minor() - voided.residue_minor(), 0, account.head);
  account.head.set_invoice_count(account.head.invoice_count() - 1);
  account.head.set_void_invoice_count(account.head.void_invoice_count() + 1);

  rows::CurrencyTotals& totals = account.totals;
  AddTo(voided.net_minor(), totals.mutable_voided_net());
  AddTo(voided.tax_minor(), totals.mutable_voided_tax());
  if (voided.written_off_minor() != 0) {
    AddTo(voided.written_off_minor(), LossesOf(voided.write_off_reason(), totals).mutable_voided());
  }
  if (voided.residue_minor() != 0) {
    AddTo(voided.residue_minor(), totals.mutable_normal()->mutable_voided());
  }
  totals.set_void_invoice_count(totals.void_invoice_count() + 1);
  account.Finish(meta);
}

void Balances::On(const billing::v1::InvoiceWrittenOff& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const int64_t amount = fact.amount_minor();
  AddLoss(Kind::kWriteOff, account.time, InvoiceReference(fact.invoice_id(), account), amount,
          fact.reason(), fact.tax_minor(), /*words=*/"", account.tail);
  LowerInvoice(fact.invoice_id(), amount, account);
  AddCreditLoss(fact.reason(), amount, fact.tax_minor(), account.head);
  AddTo(Minus(amount, fact.tax_minor()),
        LossesOf(fact.reason(), account.totals).mutable_written_off());
  AddTo(fact.tax_minor(), ReliefOf(fact.reason(), account.totals).mutable_written_off());
  account.Finish(meta);
}

void Balances::On(const billing::v1::WriteOffRecovered& fact, const Meta& meta, Shard& shard) {
  OpenAgain(Kind::kRecovery, fact, /*words=*/"", meta, shard);
}

void Balances::On(const billing::v1::WriteOffReversed& fact, const Meta& meta, Shard& shard) {
  OpenAgain(Kind::kWriteOffReversed, fact, fact.comment(), meta, shard);
}

void Balances::On(const billing::v1::CreditNoteIssued& note, const Meta& meta, Shard& shard) {
  Account account(meta, note.account_id(), note.currency_code(), shard);
  const uint32_t source = account.tail.payments();
  const uint32_t invoice = InvoiceReference(note.invoice_id(), account);
  AddCreditNote(account.time, note, invoice, PackId(note.credit_note_id()), account.tail);
  rows::AccountHead& head = account.head;
  RaisePayment(note.credit_note_id(), source, note.unapplied_minor(), account);
  head.set_note_unapplied_minor(Plus(head.note_unapplied_minor(), note.unapplied_minor()));
  AddTo(note.unapplied_minor(), account.totals.mutable_note_unapplied());
  if (note.applied_minor() != 0) LowerInvoice(note.invoice_id(), note.applied_minor(), account);
  head.set_note_applied_minor(Plus(head.note_applied_minor(), note.applied_minor()));
  head.set_credit_note_count(head.credit_note_count() + 1);
  AddTo(note.total_minor() - note.tax_minor(), account.totals.mutable_note_net());
  AddTo(note.tax_minor(), account.totals.mutable_note_tax());
  account.totals.set_credit_note_count(account.totals.credit_note_count() + 1);
  account.Finish(meta);
}

void Balances::On(const billing::v1::PaymentRecorded& payment, const Meta& meta, Shard& shard) {
  Receive(payment, meta, shard);
}

void Balances::On(const billing::v1::PaymentConfirmed& payment, const Meta& meta, Shard& shard) {
  Receive(payment, meta, shard);
}

void Balances::On(const billing::v1::PaymentReversed& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  if (fact.amount_minor() == 0) return;  // all of it had gone before
  const bool chargeback = fact.state() == billing::v1::PAYMENT_STATE_CHARGED_BACK;
  AddChange(chargeback ? Kind::kChargeback : Kind::kReversal, account.time,
            {PaymentReference(fact.payment_id(), account), fact.amount_minor(),
             fact.partial() ? 1u : 0u, fact.reason()},
            account.tail);
  LowerPayment(fact.payment_id(), fact.unapplied_minor(), account);
  // Whatever the payment had put anywhere ends with it: the history needs no list of that.
  int64_t released = 0;
  for (const billing::v1::Allocation& one : fact.released()) {
    RaiseInvoice(one.invoice_id(), one.amount_minor(), account);
    released = Plus(released, one.amount_minor());
  }
  AddAllocated(-released, account);
  account.head.set_reversed_minor(Plus(account.head.reversed_minor(), fact.amount_minor()));
  AddTo(fact.amount_minor(), account.totals.mutable_reversed());
  AddTo(released, account.totals.mutable_reversed_allocated());
  account.Finish(meta);
}

void Balances::On(const billing::v1::DebitNoteIssued& note, const Meta& meta, Shard& shard) {
  Account account(meta, note.account_id(), note.currency_code(), shard);
  const int64_t total = note.total_minor();
  const std::string_view id = PackId(note.debit_note_id());
  const uint32_t ordinal = account.tail.invoices();
  AddDebitNote(account.time, note, EpochDay(note.due_date()), id, account.tail);
  AddOpen(id, ordinal, total, *account.tail.mutable_open_invoices());
  rows::AccountHead& head = account.head;
  head.set_open_minor(Plus(head.open_minor(), total));
  head.set_open_invoice_count(head.open_invoice_count() + 1);
  head.set_claimed_minor(Plus(head.claimed_minor(), total));
  head.set_debit_note_count(head.debit_note_count() + 1);
  AddTo(total, account.totals.mutable_claimed());
  account.totals.set_debit_note_count(account.totals.debit_note_count() + 1);
  account.Finish(meta);
}

void Balances::On(const billing::v1::PaymentLossTaken& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  AddPaymentLoss(Kind::kLoss, fact, account);
  AddTo(fact.amount_minor(), account.totals.mutable_lost());
  account.Finish(meta);
}

void Balances::On(const billing::v1::PaymentLossRecovered& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  AddPaymentLoss(Kind::kLossRecovered, fact, account);
  AddTo(fact.amount_minor(), account.totals.mutable_loss_recovered());
  account.Finish(meta);
}

void Balances::On(const billing::v1::CreditWrittenOff& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const int64_t amount = fact.amount_minor();
  AddChange(Kind::kCreditWriteOff, account.time,
            {PaymentReference(fact.payment_id(), account), amount, 0, fact.reason()}, account.tail);
  LowerPayment(fact.payment_id(), amount, account);
  AddCreditWrittenOff(amount, account);
  AddTo(amount, account.totals.mutable_credit_written_off());
  account.Finish(meta);
}

void Balances::On(const billing::v1::CreditWriteOffReversed& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const int64_t amount = fact.amount_minor();
  const uint32_t source = PaymentReference(fact.payment_id(), account);
  AddChange(Kind::kCreditRestored, account.time, {source, amount, 0, fact.reason()}, account.tail);
  RaisePayment(fact.payment_id(), source, amount, account);
  AddCreditWrittenOff(Minus(amount), account);
  AddTo(amount, account.totals.mutable_credit_restored());
  account.Finish(meta);
}

void Balances::On(const billing::v1::PaymentRefunded& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const int64_t amount = fact.amount_minor();
  AddChange(Kind::kRefund, account.time,
            {PaymentReference(fact.payment_id(), account), amount, 0, fact.reason()}, account.tail);
  LowerPayment(fact.payment_id(), amount, account);
  account.head.set_refunded_minor(Plus(account.head.refunded_minor(), amount));
  AddTo(amount, account.totals.mutable_refunded());
  account.Finish(meta);
}

void Balances::On(const billing::v1::CreditApplied& credit, const Meta& meta, Shard& shard) {
  Account account(meta, credit.account_id(), credit.currency_code(), shard);
  rows::Open& payments = *account.tail.mutable_open_payments();
  const OpenPlace place = FindOpen(PackId(credit.payment_id()), payments);
  if (place.index < 0) return;  // nothing unapplied: the write side applies nothing else
  AddMove(Kind::kCredit, account.time, payments.ordinal(place.index), account.tail);
  const int64_t applied = Allocate(credit.allocations(), account);
  TakeFrom(place, applied, payments);
  AddTo(applied, account.totals.mutable_applied());
  account.Finish(meta);
}

void Balances::On(const billing::v1::CreditReleased& fact, const Meta& meta, Shard& shard) {
  Account account(meta, fact.account_id(), fact.currency_code(), shard);
  const uint32_t source = PaymentReference(fact.payment_id(), account);
  AddMove(Kind::kRelease, account.time, source, account.tail);
  int64_t released = 0;
  for (const billing::v1::Allocation& one : fact.released()) {
    const uint32_t invoice = RaiseInvoice(one.invoice_id(), one.amount_minor(), account);
    AddAllocation(invoice, one.amount_minor(), account.tail);
    released = Plus(released, one.amount_minor());
  }
  RaisePayment(fact.payment_id(), source, released, account);
  AddAllocated(-released, account);
  AddTo(released, account.totals.mutable_released());
  account.Finish(meta);
}

void Balances::ClearRecorded(rows::CustomerRow& row) {
  row.clear_registered_recorded_us();
  for (rows::AccountHead& head : *row.mutable_accounts()) head.clear_opened_recorded_us();
}

void Balances::ClearRecorded(rows::AccountTail& row) {
  row.clear_opened_recorded_us();
  row.clear_last_recorded_us();
  if (row.has_chunk()) ClearRecorded(*row.mutable_chunk());
}

void Balances::ClearRecorded(rows::HistoryChunk& row) { row.clear_recorded_us(); }

}  // namespace daybook::balances
