// The table of contents: which read models there are, and which service asks each of them.
//
//   Topology TheTopology() {
//     return std::move(Topology().Add<Balances, BalancesQueries>());
//   }
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/projection/projection.h"
#include "common/projection/queries.h"

namespace daybook::projection {

class Topology {
 public:
  template <class P, class Q>
  Topology& Add() {
    entries_.push_back({InfoOf<P>(), QueriesOf<Q>()});
    return *this;
  }

  struct Entry {
    ProjectionInfo projection;
    ServiceInfo service;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  // With nothing but those of these names, in the order that they have here.
  Topology Only(const std::vector<std::string>& names) const {
    Topology some;
    for (const Entry& entry : entries_) {
      if (std::find(names.begin(), names.end(), entry.projection.name) != names.end()) {
        some.entries_.push_back(entry);
      }
    }
    return some;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.projection.name);
    return names;
  }
  // Null if there is none of this name.
  const Entry* Find(std::string_view name) const {
    for (const Entry& entry : entries_) {
      if (entry.projection.name == name) return &entry;
    }
    return nullptr;
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace daybook::projection
