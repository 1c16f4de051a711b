#include "common/projection/read_position.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/token.h"
#include "common/projection/reasons.h"

namespace daybook::projection {
namespace {

// What was recorded longer ago than this, before the partition was last seen whole, is all there
// is.
constexpr absl::Duration kSettled = absl::Seconds(5);

// A record that comes later may bear the very time of the newest one, so "at" is not yet settled.
bool Settled(const PartitionReading& partition, int64_t read_us) {
  return read_us < partition.recorded_us() ||
         read_us < absl::ToUnixMicros(partition.complete_at - kSettled);
}

void SetToken(absl::Span<const PartitionReading> partitions, std::string* token) {
  if (partitions.size() == 1 && !partitions[0].view->log_id().empty()) {  // a customer's answer
    const store::View& view = *partitions[0].view;
    return log::EncodeToken(view.log_id(), view.partition(), view.position().next_offset, token);
  }
  std::vector<log::Token> places;
  places.reserve(partitions.size());
  for (const PartitionReading& partition : partitions) {
    const store::View& view = *partition.view;
    places.push_back({view.log_id(), view.partition(), view.position().next_offset});
  }
  *token = log::EncodeTokens(std::move(places));
}

}  // namespace

absl::Status CheckNotInFuture(int64_t read_us, absl::Time now, int64_t recorded_us) {
  if (read_us == kEverything || read_us <= std::max(absl::ToUnixMicros(now), recorded_us)) {
    return absl::OkStatus();
  }
  return Refuse(reason::kReadTimeInFuture,
                absl::StrCat("read_time is later than now, ", absl::FormatTime(now)));
}

int64_t RecordedUs(absl::Span<const PartitionReading> partitions) {
  int64_t newest = 0;
  for (const PartitionReading& partition : partitions) {
    newest = std::max(newest, partition.recorded_us());
  }
  return newest;
}

void SetPosition(absl::Span<const PartitionReading> partitions, int64_t read_us,
                 read::v1::ReadPosition* position) {
  bool provisional = false;
  for (const PartitionReading& partition : partitions) {
    const store::View& view = *partition.view;
    read::v1::PartitionPosition* place = position->add_partitions();
    place->set_partition(view.partition());
    place->set_next_offset(view.position().next_offset);
    provisional = provisional || !Settled(partition, read_us);
  }
  SetMicros(RecordedUs(partitions), position->mutable_recorded_time());
  position->set_provisional(provisional);
  SetToken(partitions, position->mutable_read_token());
}

void MergePosition(read::v1::ReadPosition other, read::v1::ReadPosition* position) {
  if (position->partitions().empty()) {
    *position = std::move(other);
    return;
  }
  position->mutable_partitions()->MergeFrom(other.partitions());
  std::sort(position->mutable_partitions()->begin(), position->mutable_partitions()->end(),
            [](const auto& a, const auto& b) { return a.partition() < b.partition(); });
  if (MicrosOf(other.recorded_time()) > MicrosOf(position->recorded_time())) {
    *position->mutable_recorded_time() = other.recorded_time();
  }
  position->set_provisional(position->provisional() || other.provisional());
  std::vector<log::Token> places;
  for (const std::string* token : {&position->read_token(), &other.read_token()}) {
    if (token->empty()) continue;  // nothing was read there
    const absl::StatusOr<std::vector<log::Token>> some = log::DecodeTokens(*token);
    DAYBOOK_CHECK(some.ok());  // SetPosition made it
    places.insert(places.end(), some->begin(), some->end());
  }
  position->set_read_token(log::EncodeTokens(std::move(places)));
}

}  // namespace daybook::projection
