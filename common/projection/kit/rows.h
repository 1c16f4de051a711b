// Rows and keys, as folds and queries of every read model have them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/dates.h"
#include "common/store/store.h"

namespace daybook::projection {

// DATA_LOSS: a row cannot be, so the read model is to be made anew. The engine does that.
absl::Status Malformed(std::string_view table);

// Malformed if `bytes` are no row.
template <class Row>
absl::Status ParseRow(store::Table<Row> table, std::string_view bytes, Row* row) {
  if (row->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
  return Malformed(table.name);
}

// A day of a row, counted from 1970-01-01, as answers have it.
inline void SetDate(int32_t day, google::type::Date* date) { *date = DateOf(DayOfEpoch(day)); }

// Days in keys, counted from 1970-01-01: their order is that of the days, also of those before.
inline void AppendDay(std::string* key, int32_t day) {
  store::AppendNumber(key, static_cast<uint32_t>(day) ^ 0x80000000u);
}
inline bool TakeDay(std::string_view* key, int32_t* day) {
  uint32_t number = 0;
  if (!store::TakeNumber(key, &number)) return false;
  *day = static_cast<int32_t>(number ^ 0x80000000u);
  return true;
}

// CUSTOMER_NOT_FOUND.
absl::Status UnknownCustomer(const std::string& customer_id);

}  // namespace daybook::projection
