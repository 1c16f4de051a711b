// Who are the customers? The fold.
//
// Rows (tables in rows.h): a customer with all that is known, for the point query; a line of each
// customer in every order that lists have, so that a page costs what it shows; a row an external id
// and customer who claims it. What counts is the order of the log: a change dated back replaces
// what was there as any other does.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "common/projection/projection.h"
#include "projections/directory/rows.h"

namespace daybook::directory {

struct Directory {
  static constexpr std::string_view kName = "directory";
  static constexpr int kVersion = 2;
  // Names are in an order that comes with a library.
  static int LibraryVersion() { return daybook::LibraryVersion(); }
  static constexpr auto kTables =
      std::make_tuple(kCustomers, kById, kByName, kByDay, kExternalIds, kBook);
  using Listens = projection::Facts<customer::v1::CustomerRegistered, customer::v1::CustomerUpdated,
                                    customer::v1::CustomerArchived, customer::v1::CustomerRestored,
                                    customer::v1::ExternalIdAdded, customer::v1::ExternalIdRemoved>;

  using Meta = projection::Meta;
  using Shard = store::Shard;
  static void On(const customer::v1::CustomerRegistered&, const Meta&, Shard&);
  static void On(const customer::v1::CustomerUpdated&, const Meta&, Shard&);
  static void On(const customer::v1::CustomerArchived&, const Meta&, Shard&);
  static void On(const customer::v1::CustomerRestored&, const Meta&, Shard&);
  static void On(const customer::v1::ExternalIdAdded&, const Meta&, Shard&);
  static void On(const customer::v1::ExternalIdRemoved&, const Meta&, Shard&);

  static void ClearRecorded(rows::CustomerRow& row);
  static void ClearRecorded(rows::ListRow&) {}
  static void ClearRecorded(rows::ExternalIdRow&) {}
  static void ClearRecorded(rows::BookTotals&) {}

  static absl::Status ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals);
};

}  // namespace daybook::directory
