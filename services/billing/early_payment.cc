#include "services/billing/early_payment.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/decimal.h"
#include "services/billing/day_number.h"
#include "services/billing/limits.h"
#include "services/billing/state_lines.h"

namespace daybook::billing {
namespace {

// Bytes of an event in its record beside the event itself: the day and the wrappers.
constexpr size_t kEventFrameBytes = 40;

int64_t LeftOf(const state::Invoice& invoice) {
  return std::max<int64_t>(0, invoice.total_minor() - CreditedTotal(invoice));
}

bool CanEarn(const state::Invoice& invoice) {
  return invoice.discount_minor() > 0 &&
         (invoice.state() == v1::INVOICE_STATE_ISSUED || invoice.state() == v1::INVOICE_STATE_PAID);
}

// The day of the source as an invoice counts it; 0 is before every day.
int32_t DayOfMoney(const state::Payment& source, const state::Invoice& invoice) {
  if (source.credit_note() && source.credit_note_of() == invoice.ordinal()) return 0;
  return FirstDayOf(source);
}

template <class Money>
int32_t LastDayOf(const std::vector<Money>& money) {
  int32_t last = 0;
  for (const Money& one : money) last = std::max(last, one.day);
  return last;
}

// There is money, and none of it is too late.
template <class Money>
bool InTime(const std::vector<Money>& money, const state::Invoice& invoice) {
  return !money.empty() && LastDayOf(money) <= invoice.discount_date();
}

int64_t AllocatedTo(const state::Invoice& invoice) {
  return invoice.total_minor() - invoice.open_minor() - invoice.credited_minor() -
         invoice.written_off_minor() - invoice.residue_minor() - invoice.discounted_minor();
}

v1::InvoiceWrittenOff DiscountOf(const state::Account& account, const state::Invoice& invoice,
                                 int64_t amount_minor, Taxes taxes) {
  v1::InvoiceWrittenOff discount;
  discount.set_account_id(account.account_id());
  discount.set_invoice_id(invoice.invoice_id());
  discount.set_currency_code(account.currency_code());
  discount.set_reason(v1::WRITE_OFF_REASON_EARLY_PAYMENT);
  discount.set_amount_minor(amount_minor);
  SetTaxes(std::move(taxes), discount);
  return discount;
}

// The event that takes a discount and the one that undoes it have the same size.
size_t BytesOf(const v1::InvoiceWrittenOff& discount) {
  return discount.ByteSizeLong() + kEventFrameBytes;
}

}  // namespace

int32_t FirstDayOf(const state::Payment& source) {
  return source.first_date() != 0 ? source.first_date() : source.payment_date();
}

int64_t AllowedDiscount(const state::Invoice& invoice) {
  if (invoice.discount_minor() == 0) return 0;
  return static_cast<int64_t>(
      DivideHalfUp(Int128{invoice.discount_minor()} * LeftOf(invoice), invoice.total_minor()));
}

int64_t DiscountLeft(const state::Invoice& invoice, const state::Invoice& left) {
  if (invoice.discounted_minor() == 0) return 0;
  const int64_t before = LeftOf(invoice);
  if (before == 0) return 0;
  const auto part =
      static_cast<int64_t>(DivideHalfUp(Int128{invoice.discounted_minor()} * LeftOf(left), before));
  return std::min(part, AllowedDiscount(left));
}

void EarlyPayments::MakeIndex() {
  if (std::exchange(index_.made, true)) return;
  absl::flat_hash_map<uint32_t, const state::Invoice*> offering;
  for (const auto* list : {&account_.open_invoices(), &account_.settled_invoices()}) {
    for (const state::Invoice& invoice : *list) {
      if (invoice.discount_minor() > 0) offering.emplace(invoice.ordinal(), &invoice);
    }
  }
  const state::Allocations& rows = account_.allocations();
  absl::flat_hash_set<std::pair<uint32_t, uint32_t>> counted;
  for (int i = 0; i < rows.payment_size(); ++i) {
    const auto it = offering.find(rows.invoice(i));
    if (it == offering.end()) continue;
    const state::Invoice& invoice = *it->second;
    const uint32_t source = rows.payment(i);
    index_.money[invoice.ordinal()].push_back(
        {source, DayOfMoney(account_.payments(static_cast<int>(source)), invoice),
         rows.amount_minor(i)});
    if (invoice.discounted_minor() > 0 && counted.emplace(invoice.ordinal(), source).second) {
      index_.undo_bytes[source] += BytesOf(
          DiscountOf(account_, invoice, invoice.discounted_minor(), invoice.discounted_taxes()));
    }
  }
}

const std::vector<EarlyPayments::Money>& EarlyPayments::MoneyOn(const state::Invoice& invoice) {
  static const auto& none = *new std::vector<Money>();
  if (AllocatedTo(invoice) == 0) return none;
  MakeIndex();
  return index_.money[invoice.ordinal()];
}

size_t& EarlyPayments::UndoBytesOf(uint32_t source) {
  if (source == kNewSource) return new_source_bytes_;
  MakeIndex();
  return index_.undo_bytes[source];
}

int64_t EarlyPayments::DeductibleOf(const state::Invoice& invoice, int32_t day) {
  if (!CanEarn(invoice) || day > invoice.discount_date()) return 0;
  if (LastDayOf(MoneyOn(invoice)) > invoice.discount_date()) return 0;
  const int64_t most = std::min(AllowedDiscount(invoice), invoice.open_minor());
  const size_t bytes =
      BytesOf(DiscountOf(account_, invoice, most, ReliefOf(account_, invoice, most)));
  if (promised_bytes_ + bytes > kMaxDiscountBytes) return 0;
  promised_bytes_ += bytes;
  return most;
}

void EarlyPayments::StartFrom(uint32_t source) {
  promised_bytes_ = std::max(promised_bytes_, UndoBytesOf(source));
}

EarlyPayments::Touched* EarlyPayments::Touch(const state::Invoice& invoice) {
  if (!CanEarn(invoice)) return nullptr;
  const auto [it, is_new] = places_.try_emplace(invoice.ordinal(), touched_.size());
  if (is_new) touched_.push_back({&invoice, invoice.open_minor(), MoneyOn(invoice)});
  return &touched_[it->second];
}

void EarlyPayments::Allocate(const state::Invoice& invoice, uint32_t source, int32_t day,
                             int64_t amount_minor) {
  Touched* touched = Touch(invoice);
  if (touched == nullptr) return;
  if (source != kNewSource) {
    day = DayOfMoney(account_.payments(static_cast<int>(source)), invoice);
  }
  touched->open_minor -= amount_minor;
  touched->money.push_back({source, day, amount_minor});
}

void EarlyPayments::Deallocate(const state::Invoice& invoice, uint32_t source,
                               int64_t amount_minor) {
  Touched* touched = Touch(invoice);
  if (touched == nullptr) return;
  touched->open_minor += amount_minor;
  const int32_t day = DayOfMoney(account_.payments(static_cast<int>(source)), invoice);
  touched->money.push_back({source, day, -amount_minor});
}

void EarlyPayments::Change(const state::Invoice& invoice, const state::Invoice& after) {
  Touched* touched = Touch(invoice);
  if (touched == nullptr) return;
  touched->open_minor = after.open_minor();
  touched->invoice = &after;
}

std::vector<EarlyPayments::Money> EarlyPayments::SumsOf(const std::vector<Money>& money) {
  std::vector<Money> sums;
  absl::flat_hash_map<uint32_t, size_t> places;
  for (const Money& one : money) {
    const auto [it, is_new] = places.try_emplace(one.source, sums.size());
    if (is_new) {
      sums.push_back(one);
    } else {
      sums[it->second].amount_minor += one.amount_minor;
    }
  }
  std::erase_if(sums, [](const Money& one) { return one.amount_minor == 0; });
  return sums;
}

// Keeps the reversal of each source within one record, with all discounts that it helped to earn.
bool EarlyPayments::Reserve(const std::vector<Money>& money,
                            const v1::InvoiceWrittenOff& discount) {
  const size_t bytes = BytesOf(discount);
  if (command_bytes_ + bytes > kMaxDiscountBytes) return false;
  for (const Money& one : money) {
    if (UndoBytesOf(one.source) + bytes > kMaxDiscountBytes) return false;
  }
  for (const Money& one : money) UndoBytesOf(one.source) += bytes;
  command_bytes_ += bytes;
  return true;
}

bool EarlyPayments::Take(const Touched& touched, int64_t amount_minor, absl::CivilDay day,
                         command::Events<v1::Event>& events) {
  const state::Invoice& invoice = *touched.invoice;
  const int64_t taken = invoice.discounted_minor();
  v1::InvoiceWrittenOff discount =
      DiscountOf(account_, invoice, amount_minor,
                 MoreRelief(invoice.discounted_taxes(), account_, invoice, taken + amount_minor));
  // A discount that is taken already has its room.
  if (taken == 0 && !Reserve(touched.money, discount)) return false;
  auto& dated = events.emplace_back();
  dated.effective_date =
      std::max(day, DayOfNumber(std::max(invoice.invoice_date(), LastDayOf(touched.money))));
  *dated.event.mutable_invoice_written_off() = std::move(discount);
  return true;
}

void EarlyPayments::Undo(const state::Invoice& invoice, absl::CivilDay day,
                         command::Events<v1::Event>& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(day, DayOfNumber(invoice.write_off_date()));
  v1::WriteOffReversed& undone = *dated.event.mutable_write_off_reversed();
  undone.set_account_id(account_.account_id());
  undone.set_invoice_id(invoice.invoice_id());
  undone.set_currency_code(account_.currency_code());
  undone.set_reason(v1::WRITE_OFF_REASON_EARLY_PAYMENT);
  undone.set_amount_minor(invoice.discounted_minor());
  SetTaxes(invoice.discounted_taxes(), undone);
  command_bytes_ += undone.ByteSizeLong() + kEventFrameBytes;
}

EarlyPayments::Sum EarlyPayments::AddEvents(absl::CivilDay day,
                                            command::Events<v1::Event>& events) {
  Sum sum;
  std::vector<const Touched*> earning;
  for (Touched& touched : touched_) {
    const state::Invoice& invoice = *touched.invoice;
    const int64_t taken = invoice.discounted_minor();
    touched.money = SumsOf(touched.money);
    if (InTime(touched.money, invoice) && touched.open_minor + taken <= AllowedDiscount(invoice)) {
      if (touched.open_minor > 0) earning.push_back(&touched);
    } else if (taken > 0) {
      Undo(invoice, day, events);
      sum.undone_minor += taken;
    }
  }
  for (const Touched* touched : earning) {
    if (Take(*touched, touched->open_minor, day, events)) sum.taken_minor += touched->open_minor;
  }
  return sum;
}

int64_t EarlyPayments::TakeOf(const state::Invoice& invoice, absl::CivilDay day,
                              command::Events<v1::Event>& events) {
  if (!CanEarn(invoice)) return 0;
  const Touched now{&invoice, invoice.open_minor(), SumsOf(MoneyOn(invoice))};
  const int64_t most =
      std::min(AllowedDiscount(invoice) - invoice.discounted_minor(), invoice.open_minor());
  if (most <= 0 || !InTime(now.money, invoice)) return 0;
  return Take(now, most, day, events) ? most : 0;
}

int64_t EarlyPayments::TakeAtIssue(const v1::InvoiceIssued& invoice, absl::CivilDay invoice_day,
                                   const std::vector<uint32_t>& sources, int64_t open_minor,
                                   command::Events<v1::Event>& events) {
  const v1::DiscountOffer& offer = invoice.discount();
  if (sources.empty() || open_minor == 0 || open_minor > offer.amount_minor()) return 0;
  std::vector<Money> money;
  for (const uint32_t source : sources) {
    const int32_t day = FirstDayOf(account_.payments(static_cast<int>(source)));
    if (day > DayNumber(offer.last_date())) return 0;
    money.push_back({source, day, 0});
  }
  state::Invoice named;
  named.set_invoice_id(invoice.invoice_id());
  v1::InvoiceWrittenOff discount =
      DiscountOf(account_, named, open_minor, ReliefOf(invoice, open_minor));
  if (!Reserve(money, discount)) return 0;
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(invoice_day, DayOfNumber(LastDayOf(money)));
  *dated.event.mutable_invoice_written_off() = std::move(discount);
  return open_minor;
}

}  // namespace daybook::billing
