#include "services/daybook/doctor_log.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "common/base/status.h"
#include "common/projection/facts.h"
#include "common/projection/rebuild.h"
#include "common/store/check.h"
#include "common/store/store.h"
#include "daybook/book/v1/record.pb.h"
#include "projections/topology.h"
#include "services/daybook/log_scan.h"
#include "services/daybook/models_copy.h"
#include "services/daybook/open_log.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

// Partitions that are looked at where no log says how many there are: all begin with a claim, so
// that a few say whether there was one.
constexpr int kSomePartitions = 16;

// How far the read models of a data directory have come in the first `partitions` partitions;
// empty: there are none. One of them says it for all: they come from one log.
absl::StatusOr<std::vector<log::Position>> PositionsOfModels(const Config& config,
                                                             int partitions) {
  std::vector<log::Position> positions;
  const projection::Topology topology = TheTopology();
  for (const auto& entry : topology.entries()) {
    const std::string& name = entry.projection.name;
    const std::string live = Cat(config.models_dir(), "/", name);
    if (std::error_code error; !std::filesystem::exists(live, error)) continue;
    ASSIGN_OR_RETURN(const WorkDirectory scratch, WorkDirectory::Make(config.data_dir));
    RETURN_IF_ERROR(CopyStore(live, Cat(scratch.path(), "/", name)));
    store::Options options = projection::LiveOptions(scratch.path(), entry.projection);
    options.any_version = true;
    ASSIGN_OR_RETURN(const auto store, store::Store::Open(options));
    for (int p = 0; p < partitions; ++p) {
      ASSIGN_OR_RETURN(const auto shard, store->OpenShard(p));
      positions.push_back(shard->position());
    }
    break;
  }
  return positions;
}

// What every reader asks of a record that counts.
absl::Status CheckRecord(const ScannedRecord& record, book::v1::Commit* commit) {
  if (!log::IsEffective(record.verdict) || !record.frame->has_commit()) return absl::OkStatus();
  if (!commit->ParseFromString(record.frame->commit())) {
    return absl::DataLossError("the record counts but its commit does not parse");
  }
  for (const book::v1::Event& event : commit->events()) {
    if (projection::FactIndex(event) != 0) continue;
    return absl::UnimplementedError(
        "an event of a kind that this version does not know: written by a newer version");
  }
  return absl::OkStatus();
}

// There is no log: an error if something was computed from one.
absl::StatusOr<LogFound> Missing(const Config& config, const absl::Status& why) {
  ASSIGN_OR_RETURN(const auto positions, PositionsOfModels(config, kSomePartitions));
  for (const log::Position& position : positions) {
    if (position == log::Position{}) continue;
    return absl::FailedPreconditionError(
        Cat(why.message(), ", but the read models in ", config.models_dir(),
            " were computed from one: it is gone, or the configuration names another place"));
  }
  return LogFound{.text = "not there yet; `daybook serve` makes it"};
}

}  // namespace

absl::StatusOr<LogFound> LookAtLog(const Config& config) {
  const auto log = OpenLog(config, LogUse::kRead);
  if (absl::IsNotFound(log.status())) return Missing(config, log.status());
  RETURN_IF_ERROR(log.status());
  ASSIGN_OR_RETURN(auto positions, PositionsOfModels(config, (*log)->partitions()));
  for (size_t p = 0; p < positions.size(); ++p) {
    const absl::Status same = store::CheckAgainst(**log, static_cast<int>(p), positions[p]);
    if (same.ok()) continue;
    return absl::Status(same.code(), Cat("the read models in ", config.models_dir(), ": ",
                                         same.message()));
  }
  // What has come since: a reader stops at what cannot be skipped, and only what counts tells the
  // time.
  positions.resize(static_cast<size_t>((*log)->partitions()));
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
