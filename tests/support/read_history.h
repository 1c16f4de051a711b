// The whole log, read without any code of Daybook.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/support/history.h"

namespace daybook {

// By RocksDB itself, from the log's directory (`<data-dir>/log`) of a server that does not run.
absl::StatusOr<std::vector<StoredRecord>> ReadEmbeddedHistory(const std::string& directory);

// By `kcat`, up to the end as it is now. NOT_FOUND when there is no kcat.
absl::StatusOr<std::vector<StoredRecord>> ReadKafkaHistory(const std::string& brokers,
                                                           const std::string& topic);

}  // namespace daybook
