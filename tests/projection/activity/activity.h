// How busy are the customers? The fold.
#pragma once

#include <string_view>
#include <tuple>

#include "common/projection/projection.h"
#include "tests/projection/activity/rows.h"

namespace daybook::activity {

struct Activity {
  static constexpr std::string_view kName = "activity";
  static constexpr int kVersion = 1;
  static constexpr auto kTables = std::make_tuple(kCustomers, kDays);
  using Listens = projection::Facts<customer::v1::CustomerRegistered, billing::v1::InvoiceIssued>;

  using Meta = projection::Meta;
  using Shard = store::Shard;
  static void On(const customer::v1::CustomerRegistered&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceIssued&, const Meta&, Shard&);

  static void ClearRecorded(v1::CustomerRow&) {}
  static void ClearRecorded(v1::DayRow&) {}
};

}  // namespace daybook::activity
