// A history of customers, told to the read model and to a plain second opinion alike.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/projection/runner.h"
#include "projections/directory/directory.h"
#include "projections/directory/queries.h"
#include "tests/support/answers.h"
#include "tests/support/given_when_then.h"

namespace daybook::directory {

// What a customer comes to, told by the words of the protos and folded by hand.
struct Brute {
  std::string id;
  v1::Customer customer;  // with dates and times
  int64_t version = 0;
  int64_t revision = 0;  // of all commands, also of other books
};

class World {
 public:
  static constexpr int kPartitions = 3;
  static inline const absl::CivilDay kFirstDay{1969, 12, 20};  // before and after 1970
  static constexpr int64_t kFirstTime = 1'770'000'000'000'000;

  // Partitions of `store` from `first_partition` on; they must be fresh.
  World(store::Store& store, int first_partition);

  // The customer's fact; `text` is a customer.v1.Event. One command.
  void Tell(const std::string& customer_id, absl::CivilDay day, const std::string& text);
  // A command that the read model does not hear of.
  void TellOther(const std::string& customer_id);
  // One of some twenty kinds of steps, drawn by `random`.
  template <class Random>
  void Draw(Random& random);
  void Flush();

  // What a query about the customer reads; empty: all partitions.
  projection::Reading ReadingOf(const std::string& customer_id = "",
                                absl::Time deadline = absl::InfiniteFuture());
  const std::map<std::string, Brute>& customers() const { return customers_; }
  // Customers who claim it, by id.
  std::vector<std::string> Claimants(const std::string& system, const std::string& id) const;
  projection::Runner& runner(int i) { return *runners_[static_cast<size_t>(i)]; }
  std::vector<std::shared_ptr<const store::View>> Views() const;

  static int PartitionOf(const std::string& customer_id) {
    return static_cast<int>(std::hash<std::string>{}(customer_id) % kPartitions);
  }

 private:
  void Commit(const std::string& customer_id, std::vector<book::v1::Event> events);
  void Fold(Brute& brute, absl::CivilDay day, const customer::v1::Event& event);

  const projection::ProjectionInfo info_ = projection::InfoOf<Directory>();
  std::vector<std::unique_ptr<projection::Runner>> runners_;
  std::map<std::string, Brute> customers_;
  std::vector<projection::PartitionReading> reading_;
  int64_t time_ = kFirstTime;
};

// Check and Answer; `customer_id` empty: over all partitions.
template <class Response, class Request>
absl::StatusOr<Response> Ask(World& world, const Request& request,
                             const std::string& customer_id = "") {
  if (absl::Status status = DirectoryQueries::Check(request); !status.ok()) return status;
  Response response;
  const absl::Status status =
      test::AnswerOf<DirectoryQueries>(request, world.ReadingOf(customer_id), &response);
  if (!status.ok()) return status;
  return response;
}

// All pages of a list; the requests' page tokens are filled in.
absl::StatusOr<std::vector<v1::CustomerSummary>> AllPages(World& world,
                                                          v1::ListCustomersRequest request);

template <class Random>
void World::Draw(Random& random) {
  const auto below = [&](uint32_t n) { return static_cast<int>(random() % n); };
  const auto one_of = [&](auto... word) {
    const char* const words[] = {word...};
    return std::string(words[random() % sizeof...(word)]);
  };
  const std::string id = absl::StrCat("c-", below(12));
  const absl::CivilDay day = kFirstDay + below(25);
  const std::string name =
      one_of("Ada", "ada", "ACME", "Zoë", "ZOË", "", "王小明", "Acme Ltd", "Ärzte", "Zebra");
  const std::string profile =
      absl::StrCat("region_code: '", one_of("DE", "DE-BY", "CN-GD", ""), "' size_band: ", below(5),
                   below(3) == 0 ? " industry { code: '62.01' label: 'Software' }" : "");
  const std::string system = one_of("erp", "shop");
  time_ += below(3);
  if (below(4) == 0) Flush();
  if (!customers_.contains(id)) {
    return Tell(id, day,
                absl::StrCat("customer_registered { kind: ", 1 + below(2), " ", profile,
                             " clear { display_name: '", name, "' } ",
                             below(2) == 0 ? "external_ids { system: 'erp' id: '1' }" : "", " }"));
  }
  const v1::Customer& customer = customers_.at(id).customer;
  const bool archived = customer.state() == customer::v1::CUSTOMER_STATE_ARCHIVED;
  switch (below(7)) {
    case 0:
      return TellOther(id);
    case 1:
      return Tell(id, day, archived ? "customer_restored {}" : "customer_archived {}");
    case 2:
      // One a system: the write side sees to it.
      for (const auto& each : customer.external_ids()) {
        if (each.system() == system) return;
      }
      return Tell(id, day,
                  absl::StrCat("external_id_added { external_id { system: '", system, "' id: '",
                               below(4), "' } }"));
    case 3:
      if (customer.external_ids().empty()) return;
      return Tell(id, day,
                  absl::StrCat("external_id_removed { external_id { ",
                               test::Text(customer.external_ids(
                                   below(static_cast<uint32_t>(customer.external_ids_size())))),
                               " } }"));
    case 4:
      return Tell(id, day, absl::StrCat("customer_updated { ", profile, " }"));
    case 5:
      return Tell(id, day,
                  absl::StrCat("customer_updated { ", profile, " sealed { key_version: 1 } }"));
    default:
      return Tell(id, day,
                  absl::StrCat("customer_updated { ", profile, " clear { display_name: '", name,
                               "' emails: 'a@example.com' } }"));
  }
}

}  // namespace daybook::directory
