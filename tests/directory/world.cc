#include "tests/directory/world.h"

#include <utility>

#include "common/base/dates.h"
#include "common/base/status.h"

namespace daybook::directory {

World::World(store::Store& store, int first_partition) {
  for (int i = 0; i < kPartitions; ++i) {
    auto shard = store.OpenShard(first_partition + i);
    DAYBOOK_CHECK(shard.ok());
    runners_.push_back(
        std::make_unique<projection::Runner>(info_, *std::move(shard), projection::RunnerLimits{}));
  }
}

void World::Commit(const std::string& customer_id, std::vector<book::v1::Event> events) {
  projection::ParsedBatch batch;
  book::v1::Commit* commit = batch.commits.Add();
  commit->set_customer_id(customer_id);
  commit->set_revision(++customers_[customer_id].revision);
  for (auto& event : events) *commit->add_events() = std::move(event);
  projection::Runner& runner = *runners_[static_cast<size_t>(PartitionOf(customer_id))];
  batch.at = runner.applied();
  DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, time_));
  batch.at.last_offset = batch.at.next_offset++;
  batch.at.recorded_time_us = time_;
  runner.OnBatch(batch);
}

void World::Tell(const std::string& customer_id, absl::CivilDay day, const std::string& text) {
  Brute& brute = customers_[customer_id];
  brute.id = customer_id;
  book::v1::Event event;
  *event.mutable_effective_date() = DateOf(day);
  *event.mutable_customer() = test::Proto<customer::v1::Event>(text);
  Commit(customer_id, {event});
  Fold(brute, day, event.customer());
}

void World::TellOther(const std::string& customer_id) {
  book::v1::Event event;
  *event.mutable_effective_date() = DateOf(kFirstDay);
  event.mutable_billing()->mutable_account_opened()->set_account_id("a");
  Commit(customer_id, {event});
}

void World::Fold(Brute& brute, absl::CivilDay day, const customer::v1::Event& event) {
  v1::Customer& customer = brute.customer;
  customer.set_customer_id(brute.id);
  const auto profile = [&](const auto& fact) {
    customer::v1::Profile& told = *customer.mutable_profile();
    told.set_region_code(fact.region_code());
    told.set_language_code(fact.language_code());
    told.clear_industry();
    if (fact.has_industry()) *told.mutable_industry() = fact.industry();
    told.set_size_band(fact.size_band());
    if (fact.has_clear()) *told.mutable_personal() = fact.clear();
    if (fact.has_sealed()) told.mutable_personal()->Clear();
    if (fact.has_clear() || fact.has_sealed()) customer.set_personal_sealed(fact.has_sealed());
  };
  google::protobuf::Timestamp now;
  now.set_seconds(time_ / 1'000'000);
  now.set_nanos(static_cast<int32_t>(time_ % 1'000'000) * 1'000);
  if (event.has_customer_registered()) {
    customer.set_kind(event.customer_registered().kind());
    customer.set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
    *customer.mutable_registered_date() = DateOf(day);
    *customer.mutable_registered_time() = now;
    profile(event.customer_registered());
    *customer.mutable_external_ids() = event.customer_registered().external_ids();
  } else if (event.has_customer_updated()) {
    profile(event.customer_updated());
  } else if (event.has_customer_archived()) {
    customer.set_state(customer::v1::CUSTOMER_STATE_ARCHIVED);
    *customer.mutable_archived_date() = DateOf(day);
  } else if (event.has_customer_restored()) {
    customer.set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
    customer.clear_archived_date();
  } else if (event.has_external_id_added()) {
    *customer.add_external_ids() = event.external_id_added().external_id();
  } else if (event.has_external_id_removed()) {
    google::protobuf::RepeatedPtrField<customer::v1::ExternalId> left;
    bool gone = false;
    for (const auto& each : customer.external_ids()) {
      const auto& removed = event.external_id_removed().external_id();
      if (!gone && each.system() == removed.system() && each.id() == removed.id()) {
        gone = true;
      } else {
        *left.Add() = each;
      }
    }
    *customer.mutable_external_ids() = left;
  }
  *customer.mutable_changed_date() = DateOf(day);
  *customer.mutable_changed_time() = now;
  customer.set_etag(std::to_string(++brute.version));
  customer.set_revision(brute.revision);
}

void World::Flush() {
  for (auto& runner : runners_) {
    if (runner->applied() == runner->shard().position()) continue;
    DAYBOOK_CHECK(runner->Flush(absl::InfinitePast()).ok());
  }
}

projection::Reading World::ReadingOf(const std::string& customer_id, absl::Time deadline) {
  reading_.clear();
  for (int i = 0; i < kPartitions; ++i) {
    if (!customer_id.empty() && PartitionOf(customer_id) != i) continue;
    reading_.push_back({runner(i).shard().view(), absl::Now()});
  }
  return {absl::Now(), deadline, reading_};
}

std::vector<std::string> World::Claimants(const std::string& system, const std::string& id) const {
  std::vector<std::string> all;
  for (const auto& [customer_id, brute] : customers_) {
    for (const auto& each : brute.customer.external_ids()) {
      if (each.system() == system && each.id() == id) all.push_back(customer_id);
    }
  }
  return all;
}

std::vector<std::shared_ptr<const store::View>> World::Views() const {
  std::vector<std::shared_ptr<const store::View>> views;
  for (const auto& runner : runners_) views.push_back(runner->shard().view());
  return views;
}

absl::StatusOr<std::vector<v1::CustomerSummary>> AllPages(World& world,
                                                          v1::ListCustomersRequest request) {
  const v1::ListCustomersRequest first = request;
  std::vector<v1::CustomerSummary> all;
  do {
    const auto page = Ask<v1::ListCustomersResponse>(world, request);
    if (!page.ok()) return page.status();
    all.insert(all.end(), page->customers().begin(), page->customers().end());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  std::vector<std::string> texts;
  for (const auto& customer : all) texts.push_back(customer.ShortDebugString());
  const auto split = test::WalkSplitPages<DirectoryQueries, v1::ListCustomersResponse>(
      first, world.ReadingOf(), [](const auto& page) { return page.customers(); });
  EXPECT_EQ(split, texts) << first.ShortDebugString();
  return all;
}

}  // namespace daybook::directory
