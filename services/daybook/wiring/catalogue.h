// Why Daybook says no: all reasons that this binary gives, each once. The guide's table
// (proto/README.md) is made of it, and a test finds what is missing here.
#pragma once

#include <vector>

#include "common/base/reasons.h"
#include "common/command/reasons.h"
#include "common/log/reasons.h"
#include "common/projection/reasons.h"
#include "common/rpc/reasons.h"
#include "projections/directory/reasons.h"
#include "services/billing/reasons.h"
#include "services/customer/reasons.h"

namespace daybook {

// A new book or a new room with reasons of its own is one line here.
inline const std::vector<const Reason*>& Catalogue() {
  static const std::vector<const Reason*>* const all = [] {
    auto* reasons = new std::vector<const Reason*>;
    for (const ReasonList part : {
             ReasonList(reason::kBaseReasons),
             ReasonList(reason::kRpcReasons),
             ReasonList(reason::kCommandReasons),
             ReasonList(reason::kCustomerReasons),
             ReasonList(reason::kBillingReasons),
             ReasonList(reason::kLogReasons),
             ReasonList(reason::kReadReasons),
             ReasonList(reason::kDirectoryReasons),
         }) {
      reasons->insert(reasons->end(), part.begin(), part.end());
    }
    return reasons;
  }();
  return *all;
}

}  // namespace daybook
