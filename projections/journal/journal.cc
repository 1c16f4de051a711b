#include "projections/journal/journal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "projections/journal/breakdown.h"
#include "projections/journal/sums.h"

namespace daybook::journal {
namespace {

using projection::Meta;
using store::Shard;

int32_t DayNumber(absl::CivilDay day) {
  return static_cast<int32_t>(DaysBetween(absl::CivilDay(1970, 1, 1), day));
}

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

// Makes the entry of a fact; none if it posts nothing. `number`: of the document, if it has one.
template <class Fact>
void Post(const Fact& fact, const std::string& document_id,
          const billing::v1::InvoiceNumber* number, const Breakdown& breakdown, const Meta& meta,
          Shard& shard) {
  std::vector<v1::PostedLine> lines = LinesOf(postings::PostingsOf(fact), breakdown);
  if (lines.empty()) return;
  v1::EntryRow entry;
  entry.set_currency_code(fact.currency_code());
  entry.set_account_id(fact.account_id());
  entry.set_event(EventNumber<Fact>());
  entry.set_document_id(document_id);
  if (number != nullptr) *entry.mutable_number() = *number;
  entry.set_recorded_us(meta.recorded_time_us);
  const int32_t day = DayNumber(meta.effective_date);
  for (v1::PostedLine& line : lines) {
    std::string key =
        SumKey(fact.currency_code(), static_cast<postings::Ledger>(line.ledger()), line.detail());
    AddAmount(line.amount_minor(), &shard.Edit(kSums, key));
    AppendDay(&key, day);
    AddAmount(line.amount_minor(), &shard.Edit(kDays, key));
    *entry.add_lines() = std::move(line);
  }
  v1::CustomerRow& customer = shard.Edit(kCustomers, meta.customer_id);
  const uint32_t place = customer.entries();
  customer.set_entries(place + 1);
  shard.Append(kEntries, EntryKey(meta.customer_id, day, place), entry);
  shard.Append(kByDay, ByDayKey(meta.customer_id, day, place), v1::EntryPlace());
}

template <class Lines>
bool NamesAProduct(const Lines& lines) {
  for (const auto& line : lines) {
    if (!line.product().empty()) return true;
  }
  return false;
}

void Keep(const billing::v1::InvoiceIssued& invoice, const Meta& meta, Shard& shard) {
  v1::InvoiceRow& row = shard.Edit(kInvoices, DocumentKey(meta.customer_id, invoice.invoice_id()));
  row.Clear();
  std::map<std::string, uint32_t> places;
  for (const billing::v1::InvoiceLine& line : invoice.lines()) {
    const auto [place, is_new] = places.emplace(line.product(), row.products_size());
    if (is_new) row.add_products(line.product());
    row.add_line_product(place->second);
    row.add_line_net_minor(line.net_minor());
  }
}

void AddProduct(const std::string& product, int64_t net_minor, Breakdown* breakdown) {
  int64_t& sum = breakdown->products[product];
  sum = static_cast<int64_t>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(net_minor));
}

// The product of a line as the invoice was issued; empty if the row does not say.
std::string ProductOf(const v1::InvoiceRow* row, int index) {
  if (row == nullptr || index < 0 || index >= row->line_product_size()) return "";
  const auto place = static_cast<int>(row->line_product(index));
  return place < row->products_size() ? row->products(place) : "";
}

template <class Payment>
void KeepChannel(const Payment& payment, const Meta& meta, Shard& shard) {
  if (payment.channel() == billing::v1::PAYMENT_CHANNEL_UNSPECIFIED) return;
  shard.Edit(kPayments, DocumentKey(meta.customer_id, payment.payment_id()))
      .set_channel(payment.channel());
}

Breakdown ByChannel(const std::string& payment_id, const Meta& meta, Shard& shard) {
  const v1::PaymentRow* row = shard.Find(kPayments, DocumentKey(meta.customer_id, payment_id));
  return {.products = {}, .rates = {}, .channel = row == nullptr ? "" : NameOf(row->channel())};
}

}  // namespace

void Journal::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  shard.Edit(kCustomers, meta.customer_id).set_registered(true);
}

void Journal::On(const billing::v1::InvoiceIssued& fact, const Meta& meta, Shard& shard) {
  Breakdown breakdown;
  AddRates(fact.taxes(), &breakdown);
  if (NamesAProduct(fact.lines())) {
    Keep(fact, meta, shard);
    for (const auto& line : fact.lines()) AddProduct(line.product(), line.net_minor(), &breakdown);
  }
  Post(fact, fact.invoice_id(), &fact.number(), breakdown, meta, shard);
}

void Journal::On(const billing::v1::InvoiceVoided& fact, const Meta& meta, Shard& shard) {
  Breakdown breakdown;
  breakdown.sign = 1;
  AddRates(fact.taxes(), &breakdown);
  const v1::InvoiceRow* invoice =
      shard.Find(kInvoices, DocumentKey(meta.customer_id, fact.invoice_id()));
  for (int i = 0; invoice != nullptr && i < invoice->line_net_minor_size(); ++i) {
    AddProduct(ProductOf(invoice, i), invoice->line_net_minor(i), &breakdown);
  }
  Post(fact, fact.invoice_id(), &fact.number(), breakdown, meta, shard);
}

void Journal::On(const billing::v1::CreditNoteIssued& fact, const Meta& meta, Shard& shard) {
  Breakdown breakdown;
  breakdown.sign = 1;
  AddRates(fact.taxes(), &breakdown);
  const v1::InvoiceRow* invoice =
      shard.Find(kInvoices, DocumentKey(meta.customer_id, fact.invoice_id()));
  for (const auto& line : fact.lines()) {
    AddProduct(ProductOf(invoice, line.line_index()), line.net_minor(), &breakdown);
  }
  Post(fact, fact.credit_note_id(), &fact.number(), breakdown, meta, shard);
}

void Journal::On(const billing::v1::InvoiceWrittenOff& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.invoice_id(), nullptr, {}, meta, shard);
}

void Journal::On(const billing::v1::WriteOffRecovered& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.invoice_id(), nullptr, {}, meta, shard);
}

void Journal::On(const billing::v1::PaymentAnnounced& fact, const Meta& meta, Shard& shard) {
  KeepChannel(fact, meta, shard);
}

void Journal::On(const billing::v1::PaymentRecorded& fact, const Meta& meta, Shard& shard) {
  KeepChannel(fact, meta, shard);
  Post(fact, fact.payment_id(), nullptr, ByChannel(fact.payment_id(), meta, shard), meta, shard);
}

void Journal::On(const billing::v1::PaymentConfirmed& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.payment_id(), nullptr, ByChannel(fact.payment_id(), meta, shard), meta, shard);
}

void Journal::On(const billing::v1::PaymentReversed& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.payment_id(), nullptr, ByChannel(fact.payment_id(), meta, shard), meta, shard);
}

void Journal::On(const billing::v1::PaymentRefunded& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.payment_id(), nullptr, ByChannel(fact.payment_id(), meta, shard), meta, shard);
}

void Journal::On(const billing::v1::CreditApplied& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.payment_id(), nullptr, {}, meta, shard);
}

void Journal::On(const billing::v1::CreditReleased& fact, const Meta& meta, Shard& shard) {
  Post(fact, fact.payment_id(), nullptr, {}, meta, shard);
}

absl::Status Journal::ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals) {
  LedgerSums sums;
  for (const auto& view : views) RETURN_IF_ERROR(AddSums(*view, {}, &sums));
  for (const auto& [key, sum] : sums) {
    const auto name = std::string(postings::NameOf(static_cast<postings::Ledger>(key.ledger)));
    const absl::StatusOr<int64_t> balance = ToInt64(sum.balance());
    (*totals)[absl::StrCat(key.currency_code, " ", name)] =
        balance.ok() ? absl::StrCat(*balance) : "more than 64 bits";
  }
  return absl::OkStatus();
}

}  // namespace daybook::journal
