#include "tests/balances/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace daybook::balances {

World::World(store::Store& store, int first_partition) {
  for (int i = 0; i < 2; ++i) {
    auto shard = store.OpenShard(first_partition + i);
    DAYBOOK_CHECK(shard.ok());
    runners_.push_back(
        std::make_unique<projection::Runner>(info_, *std::move(shard), projection::RunnerLimits{}));
  }
  for (int i = 0; i < kCustomers; ++i) customers_.push_back({absl::StrCat("c-", i), {}, 0, {}});
}

void World::Commit(int customer, std::vector<book::v1::Event> events) {
  projection::ParsedBatch batch;
  book::v1::Commit* commit = batch.commits.Add();
  commit->set_customer_id(customers_[Index(customer)].id);
  for (auto& event : events) *commit->add_events() = std::move(event);
  projection::Runner& runner = *runners_[Index(PartitionOf(customer))];
  batch.at = runner.applied();
  DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, time_));
  batch.at.last_offset = batch.at.next_offset++;
  batch.at.recorded_time_us = time_;
  runner.OnBatch(batch);
}

void World::Flush() {
  for (auto& runner : runners_) {
    if (runner->applied() == runner->shard().position()) continue;
    DAYBOOK_CHECK(runner->Flush(absl::InfinitePast()).ok());
  }
}

projection::Reading World::ReadingOf(int customer, absl::Time now) {
  reading_.clear();
  for (int i = 0; i < 2; ++i) {
    if (customer >= 0 && PartitionOf(customer) != i) continue;
    reading_.push_back({runners_[Index(i)]->shard().view(), now});
  }
  return {now, absl::InfiniteFuture(), reading_};
}

std::string World::NewId(const std::string& prefix) {
  ++documents_;
  // Most ids are UUIDs; some are not.
  if (documents_ % 5 == 0) return absl::StrCat(prefix, documents_);
  return absl::StrFormat("%08x-0000-8000-a000-%012x", documents_ * 7919, documents_);
}

void World::Do(const Op& op) {
  time_ += int64_t{op.pause} * 1000;
  BruteCustomer& customer = customers_[Index(op.customer % kCustomers)];
  const int index = op.customer % kCustomers;
  const absl::CivilDay day = kFirstDay + op.day;
  if (customer.accounts.empty() || (op.kind == 0 && customer.accounts.size() < 3)) {
    std::vector<book::v1::Event> events;
    if (customer.registered_recorded == 0) {
      customer.registered = day;
      customer.registered_recorded = time_;
      events.push_back(facts::Registered(day));
    }
    const std::string currency = op.account % 2 == 0 ? "EUR" : "JPY";
    const char* const zones[] = {"UTC", "America/Los_Angeles", "Pacific/Auckland"};
    BruteAccount account;
    account.id = absl::StrCat("a-", customer.accounts.size());
    account.currency = currency;
    account.time_zone = zones[customer.accounts.size() % 3];
    account.opened = day;
    account.opened_recorded = time_;
    events.push_back(facts::Opened(day, account.id, currency, account.time_zone));
    customer.accounts.push_back(std::move(account));
    Commit(index, std::move(events));
  } else {
    BruteAccount& account = customer.accounts[Index(op.account) % customer.accounts.size()];
    switch (op.kind % 4) {
      case 0:
      case 1:
        Issue(op, customer, account);
        break;
      case 2:
        Pay(op, customer, account);
        break;
      case 3:
        Apply(op, customer, account);
        break;
    }
  }
  if (op.flush) Flush();
}

void World::Register(int customer) {
  BruteCustomer& registered = customers_[Index(customer)];
  registered.registered = kFirstDay;
  registered.registered_recorded = time_;
  Commit(customer, {facts::Registered(kFirstDay)});
}

void World::Issue(const Op& op, BruteCustomer& customer, BruteAccount& account) {
  const absl::CivilDay day = kFirstDay + op.day;
  BruteInvoice invoice{NewId("inv-"), documents_,    day,  day + op.due,
                       op.amount,     op.amount / 6, time_};
  account.order.emplace_back(true, account.invoices.size());
  account.invoices.push_back(invoice);
  Commit(op.customer % kCustomers, {facts::Issued(day, {.account = account.id,
                                                        .id = invoice.id,
                                                        .currency = account.currency,
                                                        .due = invoice.due,
                                                        .total_minor = invoice.total,
                                                        .tax_minor = invoice.tax,
                                                        .sequence = invoice.sequence})});
}

std::vector<std::pair<std::string, int64_t>> World::OpenInvoices(
    const BruteAccount& account) const {
  std::vector<std::pair<std::string, int64_t>> open;
  for (const auto& invoice : account.invoices) {
    const int64_t left = account.Open(invoice, {});
    if (left != 0) open.emplace_back(invoice.id, left);
  }
  return open;
}

std::vector<std::pair<std::string, int64_t>> World::OpenPayments(
    const BruteAccount& account) const {
  std::vector<std::pair<std::string, int64_t>> open;
  for (const auto& payment : account.payments) {
    int64_t left = payment.amount;
    for (const auto& a : account.allocations) left -= a.payment == payment.id ? a.amount : 0;
    if (left != 0) open.emplace_back(payment.id, left);
  }
  return open;
}

// Puts some of `money` on some of the open invoices: all of it, parts, or nothing.
facts::Allocations World::Allocate(int pick, int64_t money, const BruteAccount& account) const {
  facts::Allocations allocations;
  const auto open = OpenInvoices(account);
  for (size_t i = 0; i < open.size() && money > 0; ++i) {
    const auto& [id, left] = open[(i + Index(pick)) % open.size()];
    if ((pick >> (i % 8) & 1) != 0) continue;
    const int64_t most = std::min(left, money);
    const int64_t amount = pick % 3 == 0 ? std::max<int64_t>(1, most / 2) : most;
    allocations.emplace_back(id, amount);
    money -= amount;
  }
  return allocations;
}

void World::Pay(const Op& op, BruteCustomer& customer, BruteAccount& account) {
  const absl::CivilDay day = kFirstDay + op.day;
  const BrutePayment payment{NewId("pay-"), day, std::max(1, op.amount), time_};
  const auto allocations = Allocate(op.pick, payment.amount, account);
  account.order.emplace_back(false, account.payments.size());
  account.payments.push_back(payment);
  for (const auto& [invoice, amount] : allocations) {
    account.allocations.push_back({payment.id, invoice, amount, day, time_, false});
  }
  Commit(op.customer % kCustomers,
         {facts::Paid(day, account.id, payment.id, payment.amount, allocations, account.currency)});
}

void World::Apply(const Op& op, BruteCustomer& customer, BruteAccount& account) {
  const absl::CivilDay day = kFirstDay + op.day;
  const auto payments = OpenPayments(account);
  if (payments.empty()) return Issue(op, customer, account);
  const auto& [payment, left] = payments[Index(op.amount) % payments.size()];
  const auto allocations = Allocate(op.pick, left, account);
  if (allocations.empty()) return;
  for (const auto& [invoice, amount] : allocations) {
    account.allocations.push_back({payment, invoice, amount, day, time_, true});
  }
  Commit(op.customer % kCustomers,
         {facts::Applied(day, account.id, payment, allocations, account.currency)});
}

}  // namespace daybook::balances
