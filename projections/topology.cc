#include "projections/topology.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/directory/directory.h"
#include "projections/directory/queries.h"
#include "projections/journal/journal.h"
#include "projections/journal/queries.h"

namespace daybook {

projection::Topology TheTopology() {
  projection::Topology topology;
  topology.Add<balances::Balances, balances::BalancesQueries>();
  topology.Add<directory::Directory, directory::DirectoryQueries>();
  topology.Add<journal::Journal, journal::JournalQueries>();
  return topology;
}

absl::Status CheckProjection(const projection::Topology& topology, std::string_view name) {
  if (topology.Find(name) != nullptr) return absl::OkStatus();
  std::string names;
  for (const auto& entry : topology.entries()) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", entry.projection.name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no projection is called '", std::string(name), "'; there are ", names));
}

}  // namespace daybook
