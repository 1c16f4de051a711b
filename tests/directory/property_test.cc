// Every answer equals what a plain fold says, for random histories over several partitions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/collation.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/projection/dump.h"
#include "tests/directory/world.h"
#include "tests/support/scratch.h"

namespace daybook::directory {
namespace {

using test::EqualsProto;

std::unique_ptr<store::Store> OpenStore(const std::string& directory) {
  auto store = store::Store::Open({.directory = directory, .kind = "directory"});
  DAYBOOK_CHECK(store.ok());
  return *std::move(store);
}

v1::CustomerSummary SummaryOf(const v1::Customer& customer) {
  v1::CustomerSummary summary;
  summary.set_customer_id(customer.customer_id());
  summary.set_display_name(customer.profile().personal().display_name());
  summary.set_kind(customer.kind());
  summary.set_state(customer.state());
  summary.set_region_code(customer.profile().region_code());
  summary.set_language_code(customer.profile().language_code());
  if (customer.profile().has_industry()) {
    *summary.mutable_industry() = customer.profile().industry();
  }
  summary.set_size_band(customer.profile().size_band());
  *summary.mutable_registered_date() = customer.registered_date();
  return summary;
}

using Less = std::function<bool(const v1::CustomerSummary&, const v1::CustomerSummary&)>;
using Holds = std::function<bool(const v1::CustomerSummary&)>;

const std::pair<const char*, Less>* Orders(size_t* count) {
  static const std::pair<const char*, Less> kOrders[] = {
      {"customer_id",
       [](const auto& a, const auto& b) { return a.customer_id() < b.customer_id(); }},
      {"display_name",
       [](const auto& a, const auto& b) {
         return std::pair(SortKey(a.display_name()), a.customer_id()) <
                std::pair(SortKey(b.display_name()), b.customer_id());
       }},
      {"registered_date", [](const auto& a, const auto& b) {
         return std::pair(*DayOf(a.registered_date()), a.customer_id()) <
                std::pair(*DayOf(b.registered_date()), b.customer_id());
       }}};
  *count = std::size(kOrders);
  return kOrders;
}

const std::vector<std::pair<const char*, Holds>>& Filters() {
  static const std::vector<std::pair<const char*, Holds>> kFilters = {
      {"", [](const auto&) { return true; }},
      {"state = ARCHIVED",
       [](const auto& c) { return c.state() == customer::v1::CUSTOMER_STATE_ARCHIVED; }},
      {"kind != PERSON AND region_code : \"de*\"",
       [](const auto& c) {
         return c.kind() != customer::v1::CUSTOMER_KIND_PERSON &&
                absl::StartsWith(c.region_code(), "DE");
       }},
      {"display_name : acme OR NOT size_band >= MEDIUM",
       [](const auto& c) {
         return absl::StrContains(SearchForm(c.display_name()), "acme") ||
                c.size_band() < customer::v1::SIZE_BAND_MEDIUM;
       }},
      {"registered_date < 1970-01-01 AND industry.code = 62.01",
       [](const auto& c) {
         return c.registered_date().year() < 1970 && c.industry().code() == "62.01";
       }},
      {"display_name = ''", [](const auto& c) { return c.display_name().empty(); }},
      {"customer_id = nobody", [](const auto&) { return false; }},
  };
  return kFilters;
}

// What the list must hold.
std::vector<v1::CustomerSummary> Expected(const World& world, const Less& less, bool descending,
                                          const Holds& holds) {
  std::vector<v1::CustomerSummary> all;
  for (const auto& [id, brute] : world.customers()) {
    const v1::CustomerSummary summary = SummaryOf(brute.customer);
    if (holds(summary)) all.push_back(summary);
  }
  std::sort(all.begin(), all.end(), less);
  if (descending) std::reverse(all.begin(), all.end());
  return all;
}

void ExpectEveryAnswer(World& world, std::mt19937& random) {
  for (const auto& [id, brute] : world.customers()) {
    v1::GetCustomerRequest request;
    request.set_customer_id(id);
    const auto answer = Ask<v1::GetCustomerResponse>(world, request, id);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_THAT(answer->customer(), EqualsProto(brute.customer));
  }
  for (const char* system : {"erp", "shop"}) {
    for (const char* external : {"0", "1", "2", "3"}) {
      v1::GetCustomerByExternalIdRequest request;
      request.set_system(system);
      request.set_id(external);
      const auto answer = Ask<v1::GetCustomerByExternalIdResponse>(world, request);
      const auto claimants = world.Claimants(system, external);
      if (claimants.size() == 1) {
        ASSERT_TRUE(answer.ok()) << answer.status();
        ASSERT_EQ(answer->customer().customer_id(), claimants[0]);
      } else {
        ASSERT_EQ(ReasonOf(answer.status()),
                  claimants.empty() ? "EXTERNAL_ID_NOT_FOUND" : "EXTERNAL_ID_AMBIGUOUS");
      }
    }
  }
  size_t orders = 0;
  const auto* order = Orders(&orders);
  for (size_t i = 0; i < orders; ++i) {
    for (const bool descending : {false, true}) {
      for (const auto& [filter, holds] : Filters()) {
        v1::ListCustomersRequest request;
        request.set_order_by(absl::StrCat(order[i].first, descending ? " desc" : ""));
        request.set_filter(filter);
        request.set_page_size(1 + static_cast<int>(random() % 14));
        const auto listed = AllPages(world, request);
        ASSERT_TRUE(listed.ok()) << listed.status();
        const auto expected = Expected(world, order[i].second, descending, holds);
        ASSERT_EQ(listed->size(), expected.size()) << test::Text(request);
        for (size_t n = 0; n < expected.size(); ++n) {
          ASSERT_THAT((*listed)[n], EqualsProto(expected[n])) << test::Text(request);
        }
      }
    }
  }
}

TEST(DirectoryProperty, EveryAnswerEqualsThePlainFold) {
  ScratchDirectory scratch;
  const auto store = OpenStore(scratch.path());
  for (int history = 0; history < 150; ++history) {
    std::mt19937 random(static_cast<uint32_t>(history));
    World world(*store, history * World::kPartitions);
    const int steps = 1 + static_cast<int>(random() % 80);
    for (int i = 0; i < steps; ++i) world.Draw(random);
    world.Flush();
    ExpectEveryAnswer(world, random);
    if (testing::Test::HasFatalFailure()) FAIL() << "history " << history;
  }
}

TEST(DirectoryProperty, RowsAndTotalsAreAFunctionOfTheFactsAlone) {
  ScratchDirectory scratch, other_scratch;
  const auto store = OpenStore(scratch.path());
  const auto other_store = OpenStore(other_scratch.path());
  for (int history = 0; history < 30; ++history) {
    // The same facts; flushed after every one here, and once there.
    World world(*store, history * World::kPartitions);
    World other(*other_store, history * World::kPartitions);
    std::mt19937 random(static_cast<uint32_t>(history)), same(static_cast<uint32_t>(history));
    for (int i = 0; i < 100; ++i) {
      world.Draw(random);
      world.Flush();
      other.Draw(same);
    }
    other.Flush();
    const auto views = world.Views(), others = other.Views();
    EXPECT_EQ(projection::ExactDump(views)->sha256, projection::ExactDump(others)->sha256);
    std::map<std::string, std::string> totals;
    ASSERT_TRUE(Directory::ControlTotals(views, &totals).ok());
    int archived = 0, external_ids = 0;
    for (const auto& [id, brute] : world.customers()) {
      archived += brute.customer.state() == customer::v1::CUSTOMER_STATE_ARCHIVED;
      external_ids += brute.customer.external_ids_size();
    }
    EXPECT_EQ(totals["customers"], absl::StrCat(world.customers().size()));
    EXPECT_EQ(totals["archived"], absl::StrCat(archived));
    EXPECT_EQ(totals["external ids"], absl::StrCat(external_ids));
  }
}

}  // namespace
}  // namespace daybook::directory
