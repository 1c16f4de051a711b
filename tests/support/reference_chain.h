// The rule of which records count, written a second time and from its description alone, so that a
// mistake in common/log/chain.cc is not checked by itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daybook/book/v1/record.pb.h"
#include "tests/support/history.h"

namespace daybook {

struct CountingRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string key;
  book::v1::Record record;
};

struct ChainFigures {
  int64_t records = 0;  // all of them
  int64_t claims = 0;   // of these: counting claims, commits, barriers, and those that do not count
  int64_t commits = 0;
  int64_t barriers = 0;
  int64_t voids = 0;
};

// The records that count, by partition and offset. Violations: offsets that are twice, records that
// are missing, a record with another history, of a future epoch or without content, times that go
// back, claims that disagree about the log.
std::vector<CountingRecord> CountingRecords(std::vector<StoredRecord> records,
                                            ChainFigures* figures, Violations* violations);

}  // namespace daybook
