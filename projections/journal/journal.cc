#include "projections/journal/journal.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/wrapping.h"
#include "projections/journal/breakdown.h"
#include "projections/journal/sums.h"

namespace daybook::journal {
namespace {

using projection::Meta;
using store::Shard;

template <class Fact>
uint32_t EventNumber() {
  static const uint32_t number = [] {
    const auto* oneof = postings::Event::descriptor()->FindOneofByName("event");
    for (int i = 0; i < oneof->field_count(); ++i) {
      if (oneof->field(i)->message_type() == Fact::descriptor()) {
        return static_cast<uint32_t>(oneof->field(i)->number());
      }
    }
    return 0u;
  }();
  return number;
}

using postings::Ledger;

// The entries of one fact: amounts by day, ledger account and detail; debit positive. Each day sums
// to zero, because lines come from the posting table and are moved between days only in pairs.
class Entries {
 public:
  template <class Fact>
  Entries(const Fact& fact, int32_t day, const Breakdown& breakdown) : day_(day) {
    for (Line& line : LinesOf(postings::PostingsOf(fact), breakdown)) {
      amounts_.push_back({day, std::move(line)});
    }
  }

  // A movement that the posting table has on the fact's day counts from `movement.day` only.
  // Returns what is to be remembered of it.
  rows::Movement Defer(rows::Movement movement) {
    movement.set_day(std::max(movement.day(), day_));
    if (movement.day() == day_) return movement;
    Add(day_, movement, Minus(movement.amount_minor()));
    Add(movement.day(), movement, movement.amount_minor());
    return movement;
  }

  template <class Fact>
  void Post(const Fact& fact, const std::string& document_id,
            const billing::v1::InvoiceNumber* number, const Meta& meta, Shard& shard) {
    Merge();
    thread_local rows::EntryRow entry;  // for its memory
    for (auto first = amounts_.begin(); first != amounts_.end();) {
      const int32_t day = first->day;
      entry.Clear();
      entry.set_currency_code(fact.currency_code());
      entry.set_account_id(fact.account_id());
      entry.set_event(EventNumber<Fact>());
      entry.set_document_id(document_id);
      if (number != nullptr) *entry.mutable_number() = *number;
      entry.set_recorded_us(meta.recorded_time_us);
      for (; first != amounts_.end() && first->day == day; ++first) {
        const auto& [ledger, detail, amount] = first->line;
        std::string key = SumKey(fact.currency_code(), ledger, detail);
        AddAmount(amount, &shard.Edit(kSums, key));
        AppendDay(&key, day);
        AddAmount(amount, &shard.Edit(kDays, key));
        rows::PostedLine& line = *entry.add_lines();
        line.set_ledger(static_cast<uint32_t>(ledger));
        line.set_detail(detail);
        line.set_amount_minor(amount);
      }
      const auto revision = static_cast<uint32_t>(meta.revision);
      const auto part = static_cast<uint32_t>(meta.part);
      shard.Append(kEntries, EntryKey(meta.customer_id, day, revision, part), entry);
      shard.Append(kByDay, ByDayKey(meta.customer_id, day, revision, part), rows::EntryPlace());
    }
  }

 private:
  struct Amount {
    int32_t day;
    Line line;
    auto place() const { return std::tie(day, line.ledger, line.detail); }
  };

  void Add(int32_t day, const rows::Movement& movement, int64_t amount) {
    amounts_.push_back({day, {static_cast<Ledger>(movement.ledger()), movement.detail(), amount}});
    amounts_.push_back({day, {Ledger::kReceivable, "", Minus(amount)}});
  }

  // One amount a place, in their order, no zeros.
  void Merge() {
    std::sort(amounts_.begin(), amounts_.end(),
              [](const Amount& a, const Amount& b) { return a.place() < b.place(); });
    std::vector<Amount> merged;
    merged.reserve(amounts_.size());
    for (Amount& amount : amounts_) {
      if (merged.empty() || merged.back().place() != amount.place()) {
        merged.push_back(std::move(amount));
      } else {
        int64_t& sum = merged.back().line.amount_minor;
        sum = Plus(sum, amount.line.amount_minor);
      }
    }
    amounts_ = std::move(merged);
    std::erase_if(amounts_, [](const Amount& amount) { return amount.line.amount_minor == 0; });
  }

  const int32_t day_;
  std::vector<Amount> amounts_;
};

rows::InvoiceRow& InvoiceOf(const std::string& id, const Meta& meta, Shard& shard) {
  return shard.Edit(kInvoices, DocumentKey(meta.customer_id, id));
}
rows::PaymentRow& PaymentOf(const std::string& id, const Meta& meta, Shard& shard) {
  return shard.Edit(kPayments, DocumentKey(meta.customer_id, id));
}

// From when a fact counts that is about a document.
template <class Row>
int32_t DayWith(const Row& document, const Meta& meta) {
  return std::max(EpochDay(meta.effective_date), document.day());
}

rows::Movement MovementOf(const std::string& other_id, Ledger ledger, int32_t day, int64_t amount) {
  rows::Movement movement;
  movement.set_other_id(other_id);
  movement.set_ledger(static_cast<uint32_t>(ledger));
  movement.set_day(day);
  movement.set_amount_minor(amount);
  return movement;
}

// Money of a payment on invoices (sign 1) or off them (-1).
void Move(const google::protobuf::RepeatedPtrField<billing::v1::Allocation>& allocations, int sign,
          const std::string& payment_id, Entries& entries, const Meta& meta, Shard& shard) {
  rows::PaymentRow& payment = PaymentOf(payment_id, meta, shard);
  for (const billing::v1::Allocation& allocation : allocations) {
    rows::InvoiceRow& invoice = InvoiceOf(allocation.invoice_id(), meta, shard);
    const int64_t amount = sign < 0 ? Minus(allocation.amount_minor()) : allocation.amount_minor();
    rows::Movement movement = entries.Defer(
        MovementOf(allocation.invoice_id(), Ledger::kCustomerDeposits, invoice.day(), amount));
    *payment.add_movements() = movement;
    movement.set_other_id(payment_id);
    *invoice.add_movements() = std::move(movement);
  }
}

// What a document did is undone: each movement from the day of its own, if that is later.
rows::Movement Undone(rows::Movement movement, Entries& entries) {
  movement.set_amount_minor(Minus(movement.amount_minor()));
  return entries.Defer(std::move(movement));
}

template <class Lines>
bool NamesAProduct(const Lines& lines) {
  for (const auto& line : lines) {
    if (!line.product().empty()) return true;
  }
  return false;
}

void KeepProducts(const billing::v1::InvoiceIssued& invoice, rows::InvoiceRow& row) {
  std::map<std::string, uint32_t> places;
  for (const billing::v1::InvoiceLine& line : invoice.lines()) {
    const auto [place, is_new] = places.emplace(line.product(), row.products_size());
    if (is_new) row.add_products(line.product());
    row.add_line_product(place->second);
    row.add_line_net_minor(line.net_minor());
  }
}

// The product of a line as the invoice was issued; empty if the row does not say.
std::string ProductOf(const rows::InvoiceRow& row, int index) {
  if (index < 0 || index >= row.line_product_size()) return "";
  const auto place = static_cast<int>(row.line_product(index));
  return place < row.products_size() ? row.products(place) : "";
}

Breakdown ByChannel(const rows::PaymentRow& row) {
  Breakdown breakdown;
  breakdown.channel = NameOf(row.channel());
  return breakdown;
}

template <class Fact>
Breakdown TakenBack(const Fact& fact) {
  Breakdown breakdown;
  breakdown.sign = 1;
  AddRates(fact.taxes(), &breakdown);
  return breakdown;
}

Ledger LossOf(billing::v1::WriteOffReason reason) {
  switch (reason) {
    case billing::v1::WRITE_OFF_REASON_NORMAL:
      return Ledger::kCreditLossesNormal;
    case billing::v1::WRITE_OFF_REASON_OVERDUE:
      return Ledger::kCreditLossesOverdue;
    case billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT:
      return Ledger::kSalesDiscounts;
    default:
      return Ledger::kCreditLossesBadDebt;
  }
}

// Money that came: recorded or confirmed.
template <class Fact>
void Receive(const Fact& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& payment = PaymentOf(fact.payment_id(), meta, shard);
  payment.set_day(EpochDay(meta.effective_date));
  Entries entries(fact, payment.day(), ByChannel(payment));
  Move(fact.allocations(), 1, fact.payment_id(), entries, meta, shard);
  entries.Post(fact, fact.payment_id(), nullptr, meta, shard);
}

// What was written off (sign 1) or is open again (-1), with the tax in it that is corrected.
template <class Fact>
void GiveUp(const Fact& fact, int sign, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& invoice = InvoiceOf(fact.invoice_id(), meta, shard);
  const int32_t day = DayWith(invoice, meta);
  const auto move = [&](Ledger ledger, const std::string& detail, int64_t amount) {
    if (amount == 0) return;
    rows::Movement& movement = *invoice.add_movements();
    movement = MovementOf("", ledger, day, sign < 0 ? Minus(amount) : amount);
    movement.set_detail(detail);
  };
  move(LossOf(fact.reason()), "", Minus(fact.amount_minor(), fact.tax_minor()));
  Breakdown breakdown;
  breakdown.sign = sign;
  AddRates(fact.taxes(), &breakdown);
  for (const auto& [rate, tax] : breakdown.rates) move(Ledger::kTaxPayable, rate, tax);
  Entries(fact, day, breakdown).Post(fact, fact.invoice_id(), nullptr, meta, shard);
}

// What only moves money between a source and a ledger account of the book.
template <class Fact>
void PostOfSource(const Fact& fact, const Meta& meta, Shard& shard) {
  const rows::PaymentRow& payment = PaymentOf(fact.payment_id(), meta, shard);
  Entries(fact, DayWith(payment, meta), ByChannel(payment))
      .Post(fact, fact.payment_id(), nullptr, meta, shard);
}

}  // namespace

void Journal::Expect(const book::v1::Event& event, const Meta& meta, Shard& shard) {
  const billing::v1::Event& fact = event.billing();
  if (fact.has_invoice_issued()) {
    const std::string& id = fact.invoice_issued().invoice_id();
    shard.Expect(kInvoices, DocumentKey(meta.customer_id, id));
  }
  if (fact.has_payment_recorded()) {
    const billing::v1::PaymentRecorded& payment = fact.payment_recorded();
    shard.Expect(kPayments, DocumentKey(meta.customer_id, payment.payment_id()));
    for (const billing::v1::Allocation& allocation : payment.allocations()) {
      shard.Expect(kInvoices, DocumentKey(meta.customer_id, allocation.invoice_id()));
    }
  }
}

void Journal::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  shard.Edit(kCustomers, meta.customer_id).set_registered(true);
}

void Journal::On(const billing::v1::AccountOpened& fact, const Meta& meta, Shard& shard) {
  // `UTC`, and no zone at all, are one.
  const std::string zone = fact.time_zone() == "UTC" ? "" : fact.time_zone();
  shard.Edit(kZones, zone);
  if (zone.empty()) return;
  shard.Edit(kAccounts, DocumentKey(meta.customer_id, fact.account_id())).set_time_zone(zone);
}

void Journal::On(const billing::v1::InvoiceIssued& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& invoice =
      shard.Renew(kInvoices, DocumentKey(meta.customer_id, fact.invoice_id()));
  invoice.set_day(EpochDay(meta.effective_date));
  Breakdown breakdown;
  AddRates(fact.taxes(), &breakdown);
  if (NamesAProduct(fact.lines())) {
    KeepProducts(fact, invoice);
    for (const auto& line : fact.lines())
      breakdown.products.emplace_back(line.product(), line.net_minor());
  }
  Entries(fact, invoice.day(), breakdown)
      .Post(fact, fact.invoice_id(), &fact.number(), meta, shard);
}

void Journal::On(const billing::v1::InvoiceVoided& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& invoice = InvoiceOf(fact.invoice_id(), meta, shard);
  Breakdown breakdown = TakenBack(fact);
  for (int i = 0; i < invoice.line_net_minor_size(); ++i) {
    breakdown.products.emplace_back(ProductOf(invoice, i), invoice.line_net_minor(i));
  }
  Entries entries(fact, DayWith(invoice, meta), breakdown);
  for (const rows::Movement& movement : invoice.movements()) {
    rows::Movement undone = Undone(movement, entries);
    if (movement.other_id().empty()) continue;
    undone.set_other_id(fact.invoice_id());
    *PaymentOf(movement.other_id(), meta, shard).add_movements() = std::move(undone);
  }
  invoice.clear_movements();  // a void invoice takes no more
  entries.Post(fact, fact.invoice_id(), &fact.number(), meta, shard);
}

void Journal::On(const billing::v1::CreditNoteIssued& fact, const Meta& meta, Shard& shard) {
  rows::InvoiceRow& invoice = InvoiceOf(fact.invoice_id(), meta, shard);
  Breakdown breakdown = TakenBack(fact);
  for (const auto& line : fact.lines()) {
    breakdown.products.emplace_back(ProductOf(invoice, line.line_index()), line.net_minor());
  }
  const int32_t day = DayWith(invoice, meta);
  if (fact.unapplied_minor() != 0) PaymentOf(fact.credit_note_id(), meta, shard).set_day(day);
  Entries(fact, day, breakdown).Post(fact, fact.credit_note_id(), &fact.number(), meta, shard);
}

void Journal::On(const billing::v1::InvoiceWrittenOff& fact, const Meta& meta, Shard& shard) {
  GiveUp(fact, 1, meta, shard);
}

void Journal::On(const billing::v1::WriteOffRecovered& fact, const Meta& meta, Shard& shard) {
  GiveUp(fact, -1, meta, shard);
}

void Journal::On(const billing::v1::WriteOffReversed& fact, const Meta& meta, Shard& shard) {
  GiveUp(fact, -1, meta, shard);
}

void Journal::On(const billing::v1::PaymentAnnounced& fact, const Meta& meta, Shard& shard) {
  PaymentOf(fact.payment_id(), meta, shard).set_channel(fact.channel());
}

void Journal::On(const billing::v1::PaymentRecorded& fact, const Meta& meta, Shard& shard) {
  shard.Renew(kPayments, DocumentKey(meta.customer_id, fact.payment_id()))
      .set_channel(fact.channel());
  Receive(fact, meta, shard);
}

void Journal::On(const billing::v1::PaymentConfirmed& fact, const Meta& meta, Shard& shard) {
  Receive(fact, meta, shard);
}

void Journal::On(const billing::v1::PaymentReversed& fact, const Meta& meta, Shard& shard) {
  // A part comes out of what is unapplied, and nothing was left where nothing is taken.
  if (fact.partial() || fact.amount_minor() == 0) return PostOfSource(fact, meta, shard);
  rows::PaymentRow& payment = PaymentOf(fact.payment_id(), meta, shard);
  Entries entries(fact, DayWith(payment, meta), ByChannel(payment));
  for (const rows::Movement& movement : payment.movements()) {
    rows::Movement undone = Undone(movement, entries);
    undone.set_other_id(fact.payment_id());
    *InvoiceOf(movement.other_id(), meta, shard).add_movements() = std::move(undone);
  }
  payment.clear_movements();  // a reversed payment goes nowhere any more
  entries.Post(fact, fact.payment_id(), nullptr, meta, shard);
}

void Journal::On(const billing::v1::DebitNoteIssued& fact, const Meta& meta, Shard& shard) {
  const rows::PaymentRow& payment = PaymentOf(fact.payment_id(), meta, shard);
  const int32_t day = EpochDay(meta.effective_date);
  shard.Renew(kInvoices, DocumentKey(meta.customer_id, fact.debit_note_id())).set_day(day);
  Entries(fact, day, ByChannel(payment))
      .Post(fact, fact.debit_note_id(), &fact.number(), meta, shard);
}

void Journal::On(const billing::v1::PaymentLossTaken& fact, const Meta& meta, Shard& shard) {
  PostOfSource(fact, meta, shard);
}

void Journal::On(const billing::v1::PaymentLossRecovered& fact, const Meta& meta, Shard& shard) {
  PostOfSource(fact, meta, shard);
}

void Journal::On(const billing::v1::PaymentRefunded& fact, const Meta& meta, Shard& shard) {
  PostOfSource(fact, meta, shard);
}

void Journal::On(const billing::v1::CreditWrittenOff& fact, const Meta& meta, Shard& shard) {
  PostOfSource(fact, meta, shard);
}

void Journal::On(const billing::v1::CreditWriteOffReversed& fact, const Meta& meta, Shard& shard) {
  PostOfSource(fact, meta, shard);
}

void Journal::On(const billing::v1::CreditApplied& fact, const Meta& meta, Shard& shard) {
  Entries entries(fact, DayWith(PaymentOf(fact.payment_id(), meta, shard), meta), {});
  Move(fact.allocations(), 1, fact.payment_id(), entries, meta, shard);
  entries.Post(fact, fact.payment_id(), nullptr, meta, shard);
}

void Journal::On(const billing::v1::CreditReleased& fact, const Meta& meta, Shard& shard) {
  Entries entries(fact, DayWith(PaymentOf(fact.payment_id(), meta, shard), meta), {});
  Move(fact.released(), -1, fact.payment_id(), entries, meta, shard);
  entries.Post(fact, fact.payment_id(), nullptr, meta, shard);
}

absl::Status Journal::ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals) {
  LedgerSums sums;
  for (const auto& view : views) RETURN_IF_ERROR(AddSums(*view, {}, &sums));
  for (const auto& [key, sum] : sums) {
    const auto name = std::string(postings::NameOf(static_cast<postings::Ledger>(key.ledger)));
    (*totals)[absl::StrCat(key.currency_code, " ", name)] = ToText(sum.balance());
  }
  return absl::OkStatus();
}

}  // namespace daybook::journal
