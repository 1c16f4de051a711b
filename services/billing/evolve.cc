// How the billing book's state follows from its events.
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "services/billing/billing.h"
#include "services/billing/invoice_number.h"

namespace daybook {
namespace {

using billing::v1::Account;
using billing::v1::AccountOpened;
using billing::v1::Allocation;
using billing::v1::CreditApplied;
using billing::v1::InvoiceIssued;
using billing::v1::OpenInvoice;
using billing::v1::OpenPayment;
using billing::v1::PaymentKey;
using billing::v1::PaymentRecorded;
using Allocations = google::protobuf::RepeatedPtrField<Allocation>;

Account& AccountOf(const std::string& account_id, billing::v1::State& state) {
  for (Account& account : *state.mutable_accounts()) {
    if (account.account_id() == account_id) return account;
  }
  DAYBOOK_CHECK(!"an event of an account that was not opened");
  __builtin_unreachable();
}

auto DateKey(const google::type::Date& date) {
  return std::tuple(date.year(), date.month(), date.day());
}

// The order in which money is put on invoices.
bool DueBefore(const OpenInvoice& a, const OpenInvoice& b) {
  const auto key_a = std::tuple(DateKey(a.due_date()), DateKey(a.invoice_date()));
  const auto key_b = std::tuple(DateKey(b.due_date()), DateKey(b.invoice_date()));
  return key_a != key_b ? key_a < key_b : billing::NumberLess(a.number(), b.number());
}

bool PaidBefore(const OpenPayment& a, const OpenPayment& b) {
  return DateKey(a.payment_date()) < DateKey(b.payment_date());
}

// Moves the last element to its place; equal ones keep the order of record. New ones are mostly the
// youngest, so mostly nothing moves.
template <class Item, class Less>
void SinkLast(google::protobuf::RepeatedPtrField<Item>& list, Less less) {
  for (int i = list.size() - 1; i > 0 && less(list[i], list[i - 1]); --i) {
    list.SwapElements(i, i - 1);
  }
}

// How much of a few or of many allocations goes on an invoice.
class AmountByInvoice {
 public:
  explicit AmountByInvoice(const Allocations& allocations) : allocations_(allocations) {
    if (allocations.size() <= kFew) return;
    for (const Allocation& allocation : allocations) {
      amounts_.emplace(allocation.invoice_id(), allocation.amount_minor());
    }
  }

  int64_t Find(const std::string& invoice_id) const {
    if (allocations_.size() > kFew) {
      const auto it = amounts_.find(invoice_id);
      return it == amounts_.end() ? 0 : it->second;
    }
    for (const Allocation& allocation : allocations_) {
      if (allocation.invoice_id() == invoice_id) return allocation.amount_minor();
    }
    return 0;
  }

 private:
  static constexpr int kFew = 4;
  const Allocations& allocations_;
  absl::flat_hash_map<absl::string_view, int64_t> amounts_;
};

// Takes allocated money off the open invoices, in one pass; those with nothing left become settled.
int64_t PutOn(const Allocations& allocations, Account& account) {
  if (allocations.empty()) return 0;
  const AmountByInvoice amounts(allocations);
  auto& open = *account.mutable_open_invoices();
  int64_t sum = 0;
  int found = 0;
  int kept = 0;
  for (int i = 0; i < open.size(); ++i) {
    OpenInvoice& invoice = open[i];
    if (found < allocations.size()) {
      const int64_t amount = amounts.Find(invoice.invoice_id());
      if (amount != 0) ++found;
      DAYBOOK_CHECK(amount >= 0 && amount <= invoice.open_minor());
      invoice.set_open_minor(invoice.open_minor() - amount);
      sum += amount;
    } else if (kept == i) {
      kept = open.size();
      break;  // nothing to close up, nothing more to find
    }
    if (invoice.open_minor() > 0) {
      if (kept != i) open.SwapElements(kept, i);
      ++kept;
    } else {
      auto& settled = *account.add_settled_invoices();
      settled.set_invoice_id(invoice.invoice_id());
      settled.set_total_minor(invoice.total_minor());
    }
  }
  DAYBOOK_CHECK(found == allocations.size());
  open.DeleteSubrange(kept, open.size() - kept);
  account.set_allocated_minor(account.allocated_minor() + sum);
  account.set_open_minor(account.open_minor() - sum);
  return sum;
}

void Opened(const AccountOpened& event, billing::v1::State& state) {
  Account& account = *state.add_accounts();
  account.set_account_id(event.account_id());
  account.set_currency_code(event.currency_code());
  account.set_time_zone(event.time_zone());
  *account.mutable_terms() = event.terms();
  account.set_manual_credit(event.manual_credit());
}

void Issued(const InvoiceIssued& event, absl::CivilDay invoice_day, Account& account) {
  if (event.total_minor() == 0) {
    account.add_settled_invoices()->set_invoice_id(event.invoice_id());
    return;
  }
  OpenInvoice& invoice = *account.add_open_invoices();
  invoice.set_invoice_id(event.invoice_id());
  *invoice.mutable_number() = event.number();
  *invoice.mutable_invoice_date() = DateOf(invoice_day);
  *invoice.mutable_due_date() = event.due_date();
  invoice.set_total_minor(event.total_minor());
  invoice.set_open_minor(event.total_minor());
  SinkLast(*account.mutable_open_invoices(), DueBefore);
  account.set_open_minor(account.open_minor() + event.total_minor());
}

void Recorded(const PaymentRecorded& event, absl::CivilDay payment_day, Account& account) {
  const int64_t allocated = PutOn(event.allocations(), account);
  DAYBOOK_CHECK(allocated + event.unapplied_minor() == event.amount_minor());
  account.set_received_minor(account.received_minor() + event.amount_minor());
  account.set_unapplied_minor(account.unapplied_minor() + event.unapplied_minor());
  account.set_payment_count(account.payment_count() + 1);
  if (!event.external_id().empty()) {
    PaymentKey& key = *account.add_payments();
    key.set_payment_id(event.payment_id());
    key.set_method(event.method());
    key.set_external_id(event.external_id());
    key.set_amount_minor(event.amount_minor());
    *key.mutable_payment_date() = DateOf(payment_day);
  }
  if (event.unapplied_minor() > 0) {
    OpenPayment& payment = *account.add_open_payments();
    payment.set_payment_id(event.payment_id());
    *payment.mutable_payment_date() = DateOf(payment_day);
    payment.set_unapplied_minor(event.unapplied_minor());
    SinkLast(*account.mutable_open_payments(), PaidBefore);
  }
}

void Applied(const CreditApplied& event, Account& account) {
  const int64_t amount = PutOn(event.allocations(), account);
  account.set_unapplied_minor(account.unapplied_minor() - amount);
  auto& payments = *account.mutable_open_payments();
  for (int i = 0; i < payments.size(); ++i) {
    OpenPayment& payment = payments[i];
    if (payment.payment_id() != event.payment_id()) continue;
    DAYBOOK_CHECK(amount <= payment.unapplied_minor());
    payment.set_unapplied_minor(payment.unapplied_minor() - amount);
    if (payment.unapplied_minor() == 0) payments.DeleteSubrange(i, 1);
    return;
  }
  DAYBOOK_CHECK(!"credit of a payment that has none");
}

}  // namespace

void Billing::Evolve(const command::EventMeta& meta, const Event& event, book::v1::State& state,
                     book::v1::PartitionState& partition_state) {
  billing::v1::State& own = *state.mutable_billing();
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kAccountOpened:
      return Opened(event.account_opened(), own);
    case Event::kInvoiceIssued:
      billing::UseNumber(event.invoice_issued().number(), *partition_state.mutable_series());
      return Issued(event.invoice_issued(), meta.effective_date,
                    AccountOf(event.invoice_issued().account_id(), own));
    case Event::kPaymentRecorded:
      return Recorded(event.payment_recorded(), meta.effective_date,
                      AccountOf(event.payment_recorded().account_id(), own));
    case Event::kCreditApplied:
      return Applied(event.credit_applied(), AccountOf(event.credit_applied().account_id(), own));
    case Event::kAccountTermsChanged:
    case Event::kAccountSuspended:
    case Event::kAccountClosed:
    case Event::kAccountReopened:
    case Event::kInvoiceDrafted:
    case Event::kInvoiceDraftEdited:
    case Event::kInvoiceDraftDeleted:
    case Event::kInvoiceVoided:
    case Event::kInvoiceMarkedUncollectible:
    case Event::kInvoiceWrittenOff:
    case Event::kWriteOffRecovered:
    case Event::kPaymentAnnounced:
    case Event::kPaymentConfirmed:
    case Event::kPaymentFailed:
    case Event::kPaymentReversed:
    case Event::kPaymentRefunded:
    case Event::kCreditReleased:
    case Event::kCreditNoteIssued:
    case Event::EVENT_NOT_SET:
      break;
  }
  DAYBOOK_CHECK(!"an event of the billing book that this binary does not know");
}

}  // namespace daybook
