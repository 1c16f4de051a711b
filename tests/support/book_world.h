// Histories of the real billing book: commands go through Check, Decide and Evolve, what they make
// is told to read models and kept in a list. Days are dated back, and times pass or stand still.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/queries.h"
#include "common/projection/runner.h"
#include "services/billing/billing.h"
#include "tests/support/given_when_then.h"

namespace daybook {

// One command, in numbers that a generator draws and shrinks; every value means something, though
// perhaps a refusal.
struct Act {
  int kind = 0;  // see BookWorld::Do
  int account = 0;
  int pick = 0;    // which document
  int other = 0;   // which other one
  int amount = 0;  // minor units; 0 = all
  int back = 0;    // days before today; below 0: not given
  int pause = 0;   // hours since the command before; 0 = the same recorded time
  int turn = 0;    // what else there is to choose
};

struct BookFact {
  absl::CivilDay day;
  int64_t recorded = 0;
  billing::v1::Event event;
};

struct BookAccount {
  std::string customer, id, currency, time_zone;
  size_t story = 0;
  std::vector<BookFact> facts;
  std::vector<std::string> invoices, payments, notes;
};

// A read model that is told of it, and where its rows are.
struct BookModel {
  projection::ProjectionInfo info;
  store::Store* store = nullptr;
};

class BookWorld {
 public:
  // A partition of each store that is fresh.
  BookWorld(std::vector<BookModel> models, int partition);

  void Do(const Act& act);
  void Flush();

  const std::vector<BookAccount>& accounts() const { return accounts_; }
  const internal::billing::v1::Account& StateOf(const BookAccount& account);
  projection::Reading Read(absl::Time now, size_t model = 0);
  absl::Time now() const { return now_; }
  // Recorded times that occur, first to last.
  const std::vector<int64_t>& times() const { return times_; }
  // Number of events, by name.
  const std::map<std::string, int>& happened() const { return happened_; }

 private:
  template <class Request>
  auto Send(BookAccount& account, Request request);
  template <class Request>
  void Day(const Act& act, Request& request) const;
  google::type::Money Money(const BookAccount& account, int64_t minor) const;
  template <class Request>
  void Say(const BookAccount& account, const Act& act, Request& request) const;
  void Issue(BookAccount& account, const Act& act);
  void Pay(BookAccount& account, const Act& act, billing::v1::PaymentState state);
  void PayEarly(BookAccount& account, const Act& act);
  void Note(BookAccount& account, const Act& act);
  template <class Request>
  void TakeBack(BookAccount& account, const Act& act, Request request);
  void TakeRest(BookAccount& account, const Act& act);
  void Commit(size_t story, std::vector<book::v1::Event> events);
  void Open(const std::string& currency, const std::string& time_zone, size_t story, bool manual);

  const std::vector<BookModel> models_;
  std::vector<std::unique_ptr<projection::Runner>> runners_;  // one a model
  std::vector<test::Story<billing::Billing>> stories_;
  std::vector<std::string> customers_;
  std::vector<BookAccount> accounts_;
  std::vector<projection::PartitionReading> reading_;
  std::vector<int64_t> times_;
  std::map<std::string, int> happened_;
  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 6, 1, 9, 0, 0), absl::UTCTimeZone());
};

}  // namespace daybook
