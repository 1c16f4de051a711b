// A history of commands over some customers, told to the read model and to the second opinion
// alike.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/runner.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "tests/balances/brute_force.h"
#include "tests/support/facts.h"

namespace daybook::balances {

// One command, in numbers that a generator draws and shrinks; every value means something.
struct Op {
  int kind = 0;  // what: see World::Do
  int customer = 0;
  int account = 0;
  int day = 0;  // effective day, from the first day of the story
  int due = 0;  // days from the invoice date
  int amount = 0;
  int pick = 0;   // which of the open documents, and how much of them
  int pause = 0;  // milliseconds since the command before; 0 = the same recorded time
  bool flush = false;
};

class World {
 public:
  static constexpr int kCustomers = 3;
  static inline const absl::CivilDay kFirstDay{2026, 1, 31};
  static constexpr int64_t kFirstTime = 1'770'000'000'000'000;

  // Two partitions of `store`, from `first_partition` on; those must be fresh.
  World(store::Store& store, int first_partition);

  void Do(const Op& op);
  // A customer without an account.
  void Register(int customer);
  void Flush();

  // What a query of customer number `customer` reads; of -1: both partitions. Nobody recorded
  // anything for a minute, unless `now` says otherwise.
  projection::Reading ReadingOf(int customer, absl::Time now);

  const std::vector<BruteCustomer>& customers() const { return customers_; }
  int64_t last_recorded(int partition) const {
    return runners_[Index(partition)]->applied().recorded_time_us;
  }
  static int PartitionOf(int customer) { return customer % 2; }
  int64_t time() const { return time_; }
  projection::Runner& runner(int partition) { return *runners_[Index(partition)]; }

 private:
  static size_t Index(int i) { return static_cast<size_t>(i); }
  void Commit(int customer, std::vector<book::v1::Event> events);
  void Issue(const Op& op, BruteCustomer& customer, BruteAccount& account);
  void Pay(const Op& op, BruteCustomer& customer, BruteAccount& account);
  void Apply(const Op& op, BruteCustomer& customer, BruteAccount& account);
  // Open documents as the write side knows them: everything counts.
  std::vector<std::pair<std::string, int64_t>> OpenInvoices(const BruteAccount& account) const;
  std::vector<std::pair<std::string, int64_t>> OpenPayments(const BruteAccount& account) const;
  facts::Allocations Allocate(int pick, int64_t money, const BruteAccount& account) const;
  std::string NewId(const std::string& prefix);

  const projection::ProjectionInfo info_ = projection::InfoOf<Balances>();
  std::vector<std::unique_ptr<projection::Runner>> runners_;
  std::vector<BruteCustomer> customers_;
  std::vector<projection::PartitionReading> reading_;
  int64_t time_ = kFirstTime;
  int64_t documents_ = 0;
};

}  // namespace daybook::balances
