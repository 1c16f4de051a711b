#include "projections/topology.h"

#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/directory/directory.h"
#include "projections/directory/queries.h"
#include "projections/documents/documents.h"
#include "projections/documents/queries.h"
#include "projections/journal/journal.h"
#include "projections/journal/queries.h"

namespace daybook {

projection::Topology TheTopology() {
  projection::Topology topology;
  topology.Add<balances::Balances, balances::BalancesQueries>();
  topology.Add<directory::Directory, directory::DirectoryQueries>();
  topology.Add<documents::Documents, documents::DocumentsQueries>();
  topology.Add<journal::Journal, journal::JournalQueries>();
  return topology;
}

absl::Status CheckProjection(const projection::Topology& topology, std::string_view name) {
  if (topology.Find(name) != nullptr) return absl::OkStatus();
  const std::vector<std::string> names = topology.names();
  return absl::InvalidArgumentError(Cat("no projection is called '", name, "'",
                                        DidYouMean(name, names), "; there are ",
                                        absl::StrJoin(names, ", ")));
}

}  // namespace daybook
