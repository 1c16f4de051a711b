// The first records of the partitions of a topic, by which it is known again.
#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/log/chain.h"
#include "common/log/kafka/fetcher.h"

namespace daybook::log {

// Offset -1: the partition holds none.
struct FirstRecord {
  int64_t offset = -1;
  Hash digest = {};  // of its value

  friend bool operator==(const FirstRecord&, const FirstRecord&) = default;
};

Hash DigestOf(std::string_view value);

// Those that this process has met, in reading and in writing. Any thread.
class KnownFirsts {
 public:
  // Of one that is known already nothing changes.
  void Learn(int partition, const FirstRecord& first);
  // By partition, as far as any was learned.
  std::vector<FirstRecord> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<FirstRecord> firsts_;
};

// Reads the first record of each partition; `fetcher` is used by nobody else. Of those that do not
// answer by the deadline, and of those that hold none, there is none.
absl::StatusOr<std::vector<FirstRecord>> PeekFirst(Fetcher& fetcher, int partitions,
                                                   absl::Time deadline);

}  // namespace daybook::log
