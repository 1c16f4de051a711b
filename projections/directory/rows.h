// Tables of the read model `directory` and how their keys are spelled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/collation.h"
#include "common/base/text.h"
#include "common/projection/kit/rows.h"
#include "common/store/store.h"
#include "daybook/internal/directory/v1/rows.pb.h"

namespace daybook::directory {

namespace rows = daybook::internal::directory::v1;

// customer id
inline constexpr store::Table<rows::CustomerRow> kCustomers{1, "customers"};
// The same customers in each order that lists have; the row says which customer it is.
// customer id
inline constexpr store::Table<rows::ListRow> kById{2, "by_id"};
// display name (its SortKey), customer id
inline constexpr store::Table<rows::ListRow> kByName{3, "by_name"};
// day of registration, customer id
inline constexpr store::Table<rows::ListRow> kByDay{4, "by_day"};
// system, id, customer id
inline constexpr store::Table<rows::ExternalIdRow> kExternalIds{5, "external_ids"};
// "book"
inline constexpr store::Table<rows::BookTotals> kBook{6, "book"};
inline constexpr std::string_view kBookKey = "book";

inline std::string NameKey(std::string_view display_name, std::string_view customer_id) {
  std::string key;
  store::AppendText(&key, SortKey(display_name));
  store::AppendText(&key, customer_id);
  return key;
}

inline std::string DayKey(int32_t day, std::string_view customer_id) {
  std::string key;
  projection::AppendDay(&key, day);
  store::AppendText(&key, customer_id);
  return key;
}

// Without a customer: prefix of all who claim it. `id` as it is compared, which is tidied.
inline std::string ExternalIdKey(std::string_view system, std::string_view id) {
  std::string key;
  store::AppendText(&key, system);
  store::AppendText(&key, id);
  return key;
}
inline std::string ExternalIdKey(std::string_view system, std::string_view id,
                                 std::string_view customer_id) {
  std::string key = ExternalIdKey(system, id);
  store::AppendText(&key, customer_id);
  return key;
}

}  // namespace daybook::directory
