// Facts of the books in a line each, for tests of readers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/base/dates.h"
#include "daybook/book/v1/record.pb.h"

namespace daybook::facts {

using Allocations = std::vector<std::pair<std::string, int64_t>>;  // invoice id, amount

inline book::v1::Event On(absl::CivilDay day) {
  book::v1::Event event;
  *event.mutable_effective_date() = DateOf(day);
  return event;
}

inline book::v1::Event Registered(absl::CivilDay day) {
  book::v1::Event event = On(day);
  event.mutable_customer()->mutable_customer_registered()->set_kind(
      customer::v1::CUSTOMER_KIND_PERSON);
  return event;
}

inline book::v1::Event Opened(absl::CivilDay day, const std::string& account,
                              const std::string& currency, const std::string& time_zone = "UTC") {
  book::v1::Event event = On(day);
  auto* opened = event.mutable_billing()->mutable_account_opened();
  opened->set_account_id(account);
  opened->set_currency_code(currency);
  opened->set_time_zone(time_zone);
  return event;
}

struct InvoiceFact {
  std::string account, id, currency = "EUR";
  absl::CivilDay due = {};
  int64_t total_minor = 0, tax_minor = 0;
  int64_t sequence = 1;
  std::string series = "A";
};

inline book::v1::Event Issued(absl::CivilDay day, const InvoiceFact& fact) {
  book::v1::Event event = On(day);
  auto* invoice = event.mutable_billing()->mutable_invoice_issued();
  invoice->set_account_id(fact.account);
  invoice->set_invoice_id(fact.id);
  invoice->mutable_number()->set_series(fact.series);
  invoice->mutable_number()->set_year(static_cast<int32_t>(day.year()));
  invoice->mutable_number()->set_partition(3);
  invoice->mutable_number()->set_sequence(fact.sequence);
  *invoice->mutable_due_date() = DateOf(fact.due);
  invoice->set_currency_code(fact.currency);
  auto* line = invoice->add_lines();
  line->set_description("goods");
  line->set_net_minor(fact.total_minor - fact.tax_minor);
  line->set_tax_minor(fact.tax_minor);
  invoice->set_net_minor(fact.total_minor - fact.tax_minor);
  invoice->set_tax_minor(fact.tax_minor);
  invoice->set_total_minor(fact.total_minor);
  return event;
}

inline book::v1::Event Paid(absl::CivilDay day, const std::string& account, const std::string& id,
                            int64_t amount_minor, const Allocations& allocations,
                            const std::string& currency = "EUR") {
  book::v1::Event event = On(day);
  auto* payment = event.mutable_billing()->mutable_payment_recorded();
  payment->set_account_id(account);
  payment->set_payment_id(id);
  payment->set_amount_minor(amount_minor);
  payment->set_currency_code(currency);
  payment->set_method(billing::v1::PAYMENT_METHOD_CARD);
  int64_t left = amount_minor;
  for (const auto& [invoice, amount] : allocations) {
    auto* allocation = payment->add_allocations();
    allocation->set_invoice_id(invoice);
    allocation->set_amount_minor(amount);
    left -= amount;
  }
  payment->set_unapplied_minor(left);
  return event;
}

inline book::v1::Event Applied(absl::CivilDay day, const std::string& account,
                               const std::string& payment, const Allocations& allocations,
                               const std::string& currency = "EUR") {
  book::v1::Event event = On(day);
  auto* credit = event.mutable_billing()->mutable_credit_applied();
  credit->set_account_id(account);
  credit->set_payment_id(payment);
  credit->set_currency_code(currency);
  for (const auto& [invoice, amount] : allocations) {
    auto* allocation = credit->add_allocations();
    allocation->set_invoice_id(invoice);
    allocation->set_amount_minor(amount);
  }
  return event;
}

}  // namespace daybook::facts
