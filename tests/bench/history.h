// A long history, written straight into a log: well-formed records as the engine writes them,
// without the engine. Deterministic in all but the log's own offsets.
//
// Each partition begins with its owner's claim; then every customer is registered and opens one
// account in euros; then customers drawn from a distribution get an invoice, pay it in full, get
// the next, and so on. All that within 2025.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/event_log.h"

namespace daybook::bench {

struct HistoryOptions {
  uint64_t customers = 1'000'000;
  uint64_t records = 5'000'000;  // in all, owners' claims not counted; at least 2 a customer
  bool zipf = false;             // who gets an invoice; else all as likely
  uint64_t seed = 1;
};

// What the balances must come to.
struct HistoryTotals {
  uint64_t records = 0;
  uint64_t bytes = 0;  // of all values
  uint64_t invoices = 0;
  uint64_t payments = 0;
  int64_t invoiced_minor = 0;
  int64_t received_minor = 0;
};

// `log` must be empty. Waits for every record to be stored.
absl::StatusOr<HistoryTotals> WriteHistory(log::EventLog& log, const HistoryOptions& options);

}  // namespace daybook::bench
