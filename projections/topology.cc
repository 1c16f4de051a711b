#include "projections/topology.h"

#include "projections/balances/balances.h"
#include "projections/balances/queries.h"

namespace daybook {

projection::Topology TheTopology() {
  projection::Topology topology;
  topology.Add<balances::Balances, balances::BalancesQueries>();
  return topology;
}

}  // namespace daybook
