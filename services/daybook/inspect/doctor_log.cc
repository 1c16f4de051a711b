#include "services/daybook/inspect/doctor_log.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/fact_table.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/same_log.h"
#include "common/store/store.h"
#include "daybook/book/v1/record.pb.h"
#include "projections/topology.h"
#include "services/daybook/inspect/log_scan.h"
#include "services/daybook/storage/gone_log.h"
#include "services/daybook/storage/open_log.h"
#include "services/daybook/storage/store_copy.h"

namespace daybook {
namespace {

// How far a read model of a data directory has come; an error: it does not say.
absl::StatusOr<std::vector<log::Position>> PositionsOf(const Config& config,
                                                       const std::string& name, int partitions) {
  ASSIGN_OR_RETURN(const WorkDirectory scratch, WorkDirectory::Make(config.data_dir));
  const std::string copy = Cat(scratch.path(), "/", name);
  RETURN_IF_ERROR(CopyStore(Cat(config.models_dir(), "/", name), copy));
  ASSIGN_OR_RETURN(const auto store,
                   store::Store::Open({.directory = copy, .kind = name, .any_version = true}));
  std::vector<log::Position> positions;
  for (int p = 0; p < partitions; ++p) {
    ASSIGN_OR_RETURN(const auto shard, store->OpenShard(p));
    positions.push_back(shard->position());
  }
  return positions;
}

// The same of the first that says it: they come from one log. Beginnings if none does; what is
// wrong with it is not the log's, and doctor_stores.h finds it.
std::vector<log::Position> PositionsOfModels(const Config& config, int partitions) {
  const projection::Topology topology = TheTopology();
  for (const auto& entry : topology.entries()) {
    auto positions = PositionsOf(config, entry.projection.name, partitions);
    if (positions.ok()) return *std::move(positions);
  }
  return std::vector<log::Position>(static_cast<size_t>(partitions));
}

// What every reader asks of a record that counts.
absl::Status CheckRecord(const ScannedRecord& record, book::v1::Commit* commit) {
  if (!log::IsEffective(record.verdict) || !record.frame->has_commit()) return absl::OkStatus();
  if (!commit->ParseFromString(record.frame->commit())) {
    return absl::DataLossError("the record counts but its commit does not parse");
  }
  for (const book::v1::Event& event : commit->events()) {
    if (FactsOf<book::v1::Event>().In(event).message != nullptr) continue;
    return absl::UnimplementedError(
        "an event of a kind that this version does not know: written by a newer version");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LogFound> LookAtLog(const Config& config) {
  const auto log = OpenLog(config, LogUse::kRead);
  if (absl::IsNotFound(log.status())) {
    ASSIGN_OR_RETURN(const auto computed, WhatWasComputed(config));
    if (computed) {
      return absl::FailedPreconditionError(
          Cat(log.status().message(), ", but ", *computed,
              ": it is gone, or the configuration names another place"));
    }
    return LogFound{.text = "not there yet; `daybook serve` makes it"};
  }
  RETURN_IF_ERROR(log.status());
  const std::vector<log::Position> positions = PositionsOfModels(config, (*log)->partitions());
  for (size_t p = 0; p < positions.size(); ++p) {
    const absl::Status same = log::CheckAgainst(**log, static_cast<int>(p), positions[p]);
    if (same.ok()) continue;
    return absl::Status(same.code(),
                        Cat("the read models in ", config.models_dir(), ": ", same.message()));
  }
  // What has come since: a reader stops at what cannot be skipped, and only what counts tells the
  // time.
  int64_t records = 0, newest = 0;
  book::v1::Commit commit;
  for (int p = 0; p < (*log)->partitions(); ++p) {
    ASSIGN_OR_RETURN(
        const log::Position end,
        ScanPartition(
            **log, p, [&commit](const ScannedRecord& r) { return CheckRecord(r, &commit); },
            kToTheEnd, positions[static_cast<size_t>(p)]));
    records += end.next_offset;
    newest = std::max(newest, end.recorded_time_us);
  }
  return LogFound{.text = Cat((*log)->name(), ", ", (*log)->partitions(), " partitions, ",
                              Grouped(records), " records"),
                  .partitions = (*log)->partitions(),
                  .newest = absl::FromUnixMicros(newest)};
}

}  // namespace daybook
