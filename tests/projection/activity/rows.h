// Tables of the read model `activity` and how their keys are spelled.
#pragma once

#include "common/projection/kit/rows.h"
#include "common/store/store.h"
#include "tests/projection/activity/activity.pb.h"

namespace daybook::activity {

// customer id
inline constexpr store::Table<v1::CustomerRow> kCustomers{1, "customers"};
// day
inline constexpr store::Table<v1::DayRow> kDays{2, "days"};

}  // namespace daybook::activity
