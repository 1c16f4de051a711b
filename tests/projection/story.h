// A story of some size, the same every time: customers, invoices, payments in parts, credit applied
// later, and records that do not count.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/facts.h"
#include "tests/support/memory_log.h"

namespace daybook::projection {

class Story {
 public:
  explicit Story(MemoryLog& log, uint32_t seed = 1) : log_(log), pen_(log), random_(seed) {}

  LogPen& pen() { return pen_; }

  // Some 1.2 records a step.
  void Tell(int steps) {
    for (int i = 0; i < steps; ++i) Step();
  }

 private:
  static constexpr int kCustomers = 40;
  struct Open {
    std::string id;
    int64_t left;
  };
  struct Customer {
    bool known = false;
    std::vector<Open> invoices, payments;
  };

  int Draw(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }

  void Step() {
    ++step_;
    time_us_ += Draw(3) * 1000;
    pen_.SetTime(time_us_);
    const int index = Draw(kCustomers);
    const std::string id = absl::StrCat("customer-", index);
    const int partition = log::PartitionOf(id, log_.partitions());
    Customer& customer = customers_[static_cast<size_t>(index)];
    const absl::CivilDay day = absl::CivilDay(2026, 1, 1) + Draw(300);
    if (!customer.known) {
      customer.known = true;
      pen_.Commit(id, {facts::Registered(day), facts::Opened(day, "main", "EUR")});
      return;
    }
    if (Draw(20) == 0) pen_.Garbage(partition);
    if (Draw(20) == 0) pen_.Barrier(partition);
    if (Draw(50) == 0) {
      pen_.Claim(partition);
      pen_.Stale(partition, id, facts::Paid(day, "main", "ghost", 1'000'000, {}));
    }
    const int what = Draw(3);
    if (what == 0 || customer.invoices.empty()) {
      const Open invoice{absl::StrCat("i-", step_), 1 + Draw(100'000)};
      customer.invoices.push_back(invoice);
      pen_.Commit(id, {facts::Issued(day, {.account = "main",
                                           .id = invoice.id,
                                           .due = day + Draw(60),
                                           .total_minor = invoice.left,
                                           .tax_minor = invoice.left / 6,
                                           .sequence = step_})});
    } else if (what == 1 || customer.payments.empty()) {
      Open payment{absl::StrCat("p-", step_), 1 + Draw(100'000)};
      const int64_t amount = payment.left;
      const auto allocations = Take(customer, payment);
      if (payment.left > 0) customer.payments.push_back(payment);
      pen_.Commit(id, {facts::Paid(day, "main", payment.id, amount, allocations)});
    } else {
      Open& payment = customer.payments.back();
      const auto allocations = Take(customer, payment);
      pen_.Commit(id, {facts::Applied(day, "main", payment.id, allocations)});
      if (payment.left == 0) customer.payments.pop_back();
    }
  }

  facts::Allocations Take(Customer& customer, Open& payment) {
    facts::Allocations allocations;
    while (!customer.invoices.empty() && payment.left > 0 && Draw(3) != 0) {
      Open& invoice = customer.invoices.front();
      const int64_t amount = std::min(invoice.left, payment.left);
      allocations.emplace_back(invoice.id, amount);
      payment.left -= amount;
      invoice.left -= amount;
      if (invoice.left == 0) customer.invoices.erase(customer.invoices.begin());
    }
    return allocations;
  }

  MemoryLog& log_;
  LogPen pen_;
  std::mt19937 random_;
  std::vector<Customer> customers_ = std::vector<Customer>(kCustomers);
  int64_t step_ = 0;
  int64_t time_us_ = 1'750'000'000'000'000;
};

}  // namespace daybook::projection
