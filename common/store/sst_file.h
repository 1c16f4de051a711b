// Rows of a shard as a sorted file that becomes part of the database. Private to common/store.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/log/chain.h"
#include "common/store/internal.h"

namespace daybook::store {

// Takes a row's key (table and key) and value, null: the row is deleted.
using PutRow = std::function<void(std::string_view key, const std::string_view* value)>;
using FillFile = std::function<void(const PutRow& put)>;

// One file with what `fill` puts, in ascending order of keys, and the position, ingested: all of it
// is in the database, durable, or nothing is. Any thread, one at a time for a partition. Errors:
// RESOURCE_EXHAUSTED, only the reserve of the disk is left; what the disk says; the store has
// failed before.
absl::Status IngestFile(Store::Db& db, int partition, const log::Position& at,
                        const std::string& log_id, const FillFile& fill);

}  // namespace daybook::store
