// Customers whose billing commands are decided by the book itself, told to the read models; and
// every event kept aside, for a second opinion.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/projection/runner.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/journal/journal.h"
#include "projections/journal/queries.h"
#include "services/billing/billing.h"
#include "tests/support/answers.h"
#include "tests/support/given_when_then.h"
#include "tests/support/scratch.h"

namespace daybook::journal {

// A read model over two partitions of a store of its own.
template <class Projection>
class Model {
 public:
  Model() {
    auto store =
        store::Store::Open({.directory = scratch_.path(), .kind = std::string(Projection::kName)});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
    for (int i = 0; i < 2; ++i) {
      auto shard = store_->OpenShard(i);
      DAYBOOK_CHECK(shard.ok());
      runners_.push_back(std::make_unique<projection::Runner>(info_, *std::move(shard),
                                                              projection::RunnerLimits{}));
    }
  }
  void Commit(int partition, const book::v1::Commit& commit, int64_t time_us) {
    projection::ParsedBatch batch;
    *batch.commits.Add() = commit;
    projection::Runner& runner = *runners_[static_cast<size_t>(partition)];
    batch.at = runner.applied();
    DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, time_us));
    batch.at.last_offset = batch.at.next_offset++;
    batch.at.recorded_time_us = time_us;
    runner.OnBatch(batch);
  }
  void Flush() {
    for (auto& runner : runners_) {
      if (runner->applied() == runner->shard().position()) continue;
      DAYBOOK_CHECK(runner->Flush(absl::InfinitePast()).ok());
    }
  }
  // Of one partition, or of both if it is -1.
  projection::Reading Read(int partition, absl::Time now) {
    reading_.clear();
    for (int i = 0; i < 2; ++i) {
      if (partition >= 0 && partition != i) continue;
      reading_.push_back({runners_[static_cast<size_t>(i)]->shard().view(), now});
    }
    return {now, absl::InfiniteFuture(), reading_};
  }

 private:
  ScratchDirectory scratch_{ScratchDirectory::Memory()};
  const projection::ProjectionInfo info_ = projection::InfoOf<Projection>();
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<projection::Runner>> runners_;
  std::vector<projection::PartitionReading> reading_;
};

// An event as it was told.
struct Told {
  std::string customer_id;
  absl::CivilDay day;
  billing::v1::Event event;
};

class World {
 public:
  static constexpr int kCustomers = 3;
  static constexpr int kDays = 40;
  static constexpr const char* kZones[] = {"UTC", "Pacific/Auckland", "America/Los_Angeles"};
  static inline const absl::CivilDay kFirstDay{2026, 1, 20};

  World();

  // One command of any kind, drawn by `random`; of `simple` ones only invoices, payments and
  // credit, which every read model hears of.
  void Draw(std::mt19937& random, bool simple = false);
  // One command: events of one customer, in text.
  void Tell(int customer, absl::CivilDay day, const std::vector<std::string>& events);
  void Flush();

  // Check and Answer of the journal. `customer`: whose partition; -1: all.
  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const Request& request, int customer = -1) {
    if (absl::Status status = JournalQueries::Check(request); !status.ok()) return status;
    Response response;
    const absl::Status status = test::AnswerOf<JournalQueries>(
        request, journal_.Read(customer < 0 ? -1 : customer % 2, now_), &response);
    if (!status.ok()) return status;
    return response;
  }
  absl::StatusOr<balances::v1::GetControlTotalsResponse> AskBalances(
      std::optional<absl::CivilDay> as_of);
  // All pages; `pages` counts them.
  absl::StatusOr<std::vector<v1::Entry>> AllEntries(v1::ListEntriesRequest request,
                                                    int customer = -1, int* pages = nullptr);

  // When it is asked; at first so late that everything counts.
  void Now(absl::Time now) { now_ = now; }

  const std::vector<Told>& told() const { return told_; }
  // How often each kind of event was told.
  const std::map<int, int>& kinds() const { return kinds_; }

 private:
  struct Customer {
    test::Story<billing::Billing> story;
    std::vector<std::string> invoices, sources;
    int64_t revision;
  };
  template <class Request>
  auto Send(int customer, Request request) -> decltype(Customer::story.When(request).response);
  void Commit(int customer, const std::vector<Told>& events);

  Model<Journal> journal_;
  Model<balances::Balances> balances_;
  std::vector<Customer> customers_;
  std::vector<Told> told_;
  std::map<int, int> kinds_;
  int64_t time_us_ = 1'770'000'000'000'000;
  absl::Time now_ = absl::FromCivil(kFirstDay + 20'000, absl::UTCTimeZone());
};

}  // namespace daybook::journal
