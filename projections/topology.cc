#include "projections/topology.h"

#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/directory/directory.h"
#include "projections/directory/queries.h"

namespace daybook {

projection::Topology TheTopology() {
  projection::Topology topology;
  topology.Add<balances::Balances, balances::BalancesQueries>();
  topology.Add<directory::Directory, directory::DirectoryQueries>();
  return topology;
}

}  // namespace daybook
