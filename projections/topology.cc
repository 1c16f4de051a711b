#include "projections/topology.h"

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

}  // namespace daybook
