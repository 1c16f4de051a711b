// Random histories against a reference fold of 128-bit integers that knows only the events.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "common/base/money.h"
#include "projections/journal/postings.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;

// What the events say, by the simplest possible means.
struct Reference {
  struct Invoice {
    Int128 total = 0;
    Int128 allocated = 0;
  };
  std::map<std::string, Invoice> invoices;
  std::map<std::string, Int128> unapplied;
  std::map<std::string, std::set<int64_t>> numbers;
  std::map<postings::Ledger, Int128> ledger;
  Int128 received = 0;

  void Allocate(const google::protobuf::RepeatedPtrField<billing::v1::Allocation>& allocations,
                Int128& from) {
    for (const auto& allocation : allocations) {
      RC_ASSERT(allocation.amount_minor() > 0);
      invoices.at(allocation.invoice_id()).allocated += allocation.amount_minor();
      from -= allocation.amount_minor();
    }
    RC_ASSERT(from >= 0);
  }

  void On(const billing::v1::InvoiceIssued& event) {
    Int128 net = 0, line_tax = 0, rate_tax = 0;
    std::map<std::string, Int128> tax_by_rate;
    for (const auto& line : event.lines()) {
      net += line.net_minor();
      line_tax += line.tax_minor();
      tax_by_rate[line.tax_rate_percent()] += line.tax_minor();
    }
    for (const auto& tax : event.taxes()) {
      rate_tax += tax.tax_minor();
      RC_ASSERT(tax_by_rate[tax.rate_percent()] == tax.tax_minor());
    }
    RC_ASSERT(net == event.net_minor());
    RC_ASSERT(line_tax == event.tax_minor());
    RC_ASSERT(rate_tax == event.tax_minor());
    RC_ASSERT(net + line_tax == event.total_minor());
    RC_ASSERT(event.total_minor() >= 0);
    RC_ASSERT(invoices.emplace(event.invoice_id(), Invoice{event.total_minor(), 0}).second);
    const auto& number = event.number();
    RC_ASSERT(numbers[absl::StrCat(number.series(), "-", number.year())]
                  .insert(number.sequence())
                  .second);
  }

  void On(const billing::v1::PaymentRecorded& event) {
    received += event.amount_minor();
    Int128 left = event.amount_minor();
    Allocate(event.allocations(), left);
    RC_ASSERT(left == event.unapplied_minor());
    RC_ASSERT(unapplied.emplace(event.payment_id(), left).second);
  }

  void On(const billing::Billing::Event& event) {
    if (event.has_invoice_issued()) On(event.invoice_issued());
    if (event.has_payment_recorded()) On(event.payment_recorded());
    if (event.has_credit_applied()) {
      Allocate(event.credit_applied().allocations(),
               unapplied.at(event.credit_applied().payment_id()));
    }
    for (const auto& posting : postings::PostingsOf(event)) {
      ledger[posting.ledger] +=
          posting.side == postings::Side::kDebit ? posting.amount_minor : -posting.amount_minor;
    }
  }

  void ExpectSame(const internal::billing::v1::Account& account) const {
    Int128 open = 0, allocated = 0, credit = 0;
    size_t open_count = 0, credit_count = 0;
    for (const auto& [id, invoice] : invoices) {
      RC_ASSERT(invoice.allocated <= invoice.total);
      open += invoice.total - invoice.allocated;
      allocated += invoice.allocated;
      open_count += invoice.allocated < invoice.total;
    }
    for (const auto& [id, left] : unapplied) {
      credit += left;
      credit_count += left > 0;
    }
    RC_ASSERT(received == allocated + credit);
    RC_ASSERT(account.received_minor() == received);
    RC_ASSERT(account.allocated_minor() == allocated);
    RC_ASSERT(account.unapplied_minor() == credit);
    RC_ASSERT(account.open_minor() == open);
    RC_ASSERT(size_t(account.open_invoices_size()) == open_count);
    RC_ASSERT(size_t(account.open_payments_size()) == credit_count);
    RC_ASSERT(size_t(account.open_invoices_size() + account.settled_invoices_size()) ==
              invoices.size());
    RC_ASSERT(size_t(account.payments_size()) == unapplied.size());
    for (const auto& invoice : account.open_invoices()) {
      const Invoice& known = invoices.at(invoice.invoice_id());
      RC_ASSERT(invoice.open_minor() == known.total - known.allocated);
    }
    for (const uint32_t ordinal : account.open_payments()) {
      const auto& payment = account.payments(int(ordinal));
      RC_ASSERT(payment.unapplied_minor() == unapplied.at(payment.payment_id()));
    }
    for (const auto& [series, used] : numbers) {
      RC_ASSERT(*used.begin() == 1 && *used.rbegin() == int64_t(used.size()));
    }
    Int128 balance = 0;
    for (const auto& [account_of_ledger, sum] : ledger) balance += sum;
    RC_ASSERT(balance == 0);
    const auto sum_of = [&](postings::Ledger l) { return ledger.contains(l) ? ledger.at(l) : 0; };
    RC_ASSERT(sum_of(postings::Ledger::kReceivable) == open);
    RC_ASSERT(sum_of(postings::Ledger::kCustomerDeposits) == -credit);
    RC_ASSERT(sum_of(postings::Ledger::kCash) == received);
  }
};

google::type::Date AnyDate() {
  google::type::Date date;
  date.set_year(*rc::gen::inRange(2024, 2027));
  date.set_month(*rc::gen::inRange(1, 13));
  date.set_day(*rc::gen::inRange(1, 29));
  return date;
}

std::string AnyDecimal(int64_t low, int64_t high, Int128 scale) {
  return Decimal::FromScaled(*rc::gen::inRange(low, high) * scale)->ToString();
}

IssueInvoiceRequest AnyInvoice(const Currency& currency) {
  IssueInvoiceRequest request;
  if (*rc::gen::arbitrary<bool>()) *request.mutable_invoice_date() = AnyDate();
  if (*rc::gen::inRange(0, 3) == 0) request.set_series("B");
  request.set_validate_only(*rc::gen::inRange(0, 10) == 0);
  const int lines = *rc::gen::inRange(1, 6);
  for (int i = 0; i < lines; ++i) {
    auto& line = *request.add_lines();
    if (*rc::gen::arbitrary<bool>()) {
      line.mutable_quantity()->set_value(AnyDecimal(-50, 1000, 7'654'321));
      line.mutable_unit_price()->set_value(AnyDecimal(-10, 5000, 12'345'679));
    } else {
      *line.mutable_amount() = MoneyOf(*rc::gen::inRange<int64_t>(-100, 1000), currency);
    }
    if (*rc::gen::inRange(0, 4) != 0) {
      line.mutable_tax_rate_percent()->set_value(
          *rc::gen::element<std::string>("0", "5.5", "7", "8.875", "19", "19.0", "33.333333333"));
    }
  }
  return request;
}

RecordPaymentRequest AnyPayment(const internal::billing::v1::Account& account,
                                const Currency& currency) {
  RecordPaymentRequest request;
  *request.mutable_amount() = MoneyOf(*rc::gen::inRange<int64_t>(1, 4000), currency);
  request.set_method(billing::v1::PAYMENT_METHOD_CASH);
  if (*rc::gen::arbitrary<bool>()) *request.mutable_payment_date() = AnyDate();
  if (*rc::gen::inRange(0, 4) == 0) {
    request.set_external_id(absl::StrCat("x", *rc::gen::inRange(0, 5)));
    request.set_attempt(*rc::gen::inRange(0, 3));
  }
  for (const auto& invoice : account.open_invoices()) {
    if (*rc::gen::inRange(0, 4) != 0) continue;
    auto& said = *request.add_allocations();
    said.set_invoice_id(invoice.invoice_id());
    if (*rc::gen::arbitrary<bool>()) {
      *said.mutable_amount() = MoneyOf(*rc::gen::inRange<int64_t>(1, 2000), currency);
    }
  }
  return request;
}

RC_GTEST_PROP(History, AgreesWithAReferenceFoldAtEveryCommand, ()) {
  const std::string code = *rc::gen::element<std::string>("EUR", "JPY", "KWD", "CLF");
  const Currency& currency = *Currency::Find(code);
  const bool manual = *rc::gen::inRange(0, 4) == 0;
  Story<billing::Billing> story = CustomerWithAccount(
      absl::StrCat("currency_code: '", code, "' credit_application: CREDIT_APPLICATION_",
                   manual ? "MANUAL" : "AUTOMATIC", " terms { net_days: 14 }"));
  const auto& account = story.state().billing().accounts(0);
  Reference reference;
  const auto fold = [&](const auto& outcome, bool validate_only) {
    if (!outcome.status.ok()) {
      RC_ASSERT(ReasonOf(outcome.status) == "INVALID_FIELDS" ||
                ReasonOf(outcome.status) == "PAYMENT_EXISTS");
      return;
    }
    if (validate_only) return;
    for (const auto& dated : outcome.events) reference.On(dated.event);
  };
  const int commands = *rc::gen::inRange(1, 25);
  for (int i = 0; i < commands; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      const auto request = AnyInvoice(currency);
      fold(story.When(request), request.validate_only());
    } else {
      fold(story.When(AnyPayment(account, currency)), false);
    }
    reference.ExpectSame(account);
  }
}

RC_GTEST_PROP(History, OpenInvoicesStandInTheOrderOfAllocation, ()) {
  Story<billing::Billing> story = CustomerWithAccount();
  const int count = *rc::gen::inRange(2, 20);
  for (int i = 0; i < count; ++i) {
    IssueInvoiceRequest request = InvoiceOf(1);
    *request.mutable_invoice_date() = AnyDate();
    if (*rc::gen::arbitrary<bool>()) {
      *request.mutable_due_date() = Proto<google::type::Date>("year: 2027 month: 5 day: 1");
    }
    if (*rc::gen::arbitrary<bool>()) request.set_series("B");
    RC_ASSERT(story.When(request).status.ok());
  }
  const auto key = [](const internal::billing::v1::Invoice& invoice) {
    return std::tuple(invoice.due_date(), invoice.invoice_date(),
                      invoice.series().empty() ? std::string("A") : invoice.series(),
                      invoice.sequence());
  };
  const auto& open = story.state().billing().accounts(0).open_invoices();
  for (int i = 1; i < open.size(); ++i) RC_ASSERT(key(open[i - 1]) < key(open[i]));
}

}  // namespace
}  // namespace daybook
