#include "common/log/kafka/first_records.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::log {

Hash DigestOf(std::string_view value) { return LinkHash({}, value); }

void KnownFirsts::Learn(int partition, const FirstRecord& first) {
  const std::lock_guard lock(mutex_);
  const auto p = static_cast<size_t>(partition);
  if (p >= firsts_.size()) firsts_.resize(p + 1);
  if (firsts_[p].offset < 0) firsts_[p] = first;
}

std::vector<FirstRecord> KnownFirsts::all() const {
  const std::lock_guard lock(mutex_);
  return firsts_;
}

absl::StatusOr<std::vector<FirstRecord>> PeekFirst(Fetcher& fetcher, int partitions,
                                                   absl::Time deadline) {
  const KafkaQueue queue(rd_kafka_queue_new(fetcher.handle()));
  std::vector<FirstRecord> first(static_cast<size_t>(partitions));
  int started = 0;
  absl::Status status;
  for (; started < partitions && status.ok(); ++started) {
    if (rd_kafka_consume_start_queue(fetcher.topic(), started, 0, queue.get()) == 0) continue;
    status = absl::UnavailableError(absl::StrCat("kafka: reading topic ", fetcher.topic_name(),
                                                 ": ", rd_kafka_err2str(rd_kafka_last_error())));
    break;
  }
  // Each answers with a record, or with the end where it holds none.
  std::vector<bool> answered(static_cast<size_t>(partitions));
  int missing = started;
  while (status.ok() && missing > 0 && absl::Now() < deadline) {
    const auto ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(deadline - absl::Now()));
    const KafkaMessage message(rd_kafka_consume_queue(queue.get(), static_cast<int>(ms)));
    if (message == nullptr) break;
    const auto partition = static_cast<size_t>(message->partition);
    if (partition >= answered.size() || answered[partition]) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      first[partition] = {message->offset,
                          DigestOf({static_cast<const char*>(message->payload), message->len})};
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      continue;
    }
    answered[partition] = true;
    --missing;
  }
  for (int p = 0; p < started; ++p) rd_kafka_consume_stop(fetcher.topic(), p);
  RETURN_IF_ERROR(status);
  return first;
}

}  // namespace daybook::log
