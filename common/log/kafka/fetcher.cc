#include "common/log/kafka/fetcher.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::log {

absl::StatusOr<std::shared_ptr<Fetcher>> Fetcher::New(const KafkaOptions& options,
                                                      const std::string& topic, Fetching fetching,
                                                      int partitions) {
  std::shared_ptr<Fetcher> fetcher(new Fetcher(options, topic));
  ASSIGN_OR_RETURN(KafkaConf conf, ReaderConf(options, fetching, partitions, fetcher.get()));
  ASSIGN_OR_RETURN(fetcher->handle_, NewReaderHandle(std::move(conf)));
  fetcher->topic_.reset(rd_kafka_topic_new(fetcher->handle(), topic.c_str(), nullptr));
  if (!fetcher->topic_) {
    return absl::InvalidArgumentError(
        absl::StrCat("kafka: topic ", topic, ": ", rd_kafka_err2str(rd_kafka_last_error())));
  }
  return fetcher;
}

Fetcher::~Fetcher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (nudger_.joinable()) nudger_.join();
  topic_.reset();
  handle_.reset();
}

absl::StatusOr<std::vector<int64_t>> Fetcher::AskOffsets(int first, int count, int64_t which,
                                                         absl::Time deadline) {
  // Not rd_kafka_query_watermark_offsets: while a broker is away 2.0.2 forgets its time limit.
  const std::unique_ptr<rd_kafka_topic_partition_list_t,
                        decltype(&rd_kafka_topic_partition_list_destroy)>
      list(rd_kafka_topic_partition_list_new(count), &rd_kafka_topic_partition_list_destroy);
  for (int p = first; p < first + count; ++p) {
    // The two special times: the beginning, the end.
    rd_kafka_topic_partition_list_add(list.get(), name_.c_str(), p)->offset = which;
  }
  const auto ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(deadline - absl::Now()));
  const rd_kafka_resp_err_t error =
      rd_kafka_offsets_for_times(handle(), list.get(), static_cast<int>(ms));
  std::vector<int64_t> offsets;
  for (int p = first; p < first + count; ++p) {
    const auto* answer = rd_kafka_topic_partition_list_find(list.get(), name_.c_str(), p);
    const rd_kafka_resp_err_t failed = error != RD_KAFKA_RESP_ERR_NO_ERROR ? error : answer->err;
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR || answer->offset < 0) {
      return absl::UnavailableError(absl::StrCat("kafka: asking for the extent of topic ", name_,
                                                 ", partition ", p, ": ",
                                                 rd_kafka_err2str(failed)));
    }
    offsets.push_back(answer->offset);
  }
  return offsets;
}

absl::StatusOr<std::vector<Extent>> Fetcher::AskExtents(int first, int count,
                                                        absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  ASSIGN_OR_RETURN(const auto ends, AskOffsets(first, count, RD_KAFKA_OFFSET_END, deadline));
  ASSIGN_OR_RETURN(const auto firsts,
                   AskOffsets(first, count, RD_KAFKA_OFFSET_BEGINNING, deadline));
  std::vector<Extent> extents;
  for (size_t i = 0; i < ends.size(); ++i) extents.push_back({firsts[i], ends[i]});
  return extents;
}

absl::StatusOr<std::vector<Extent>> Fetcher::AskExtents(int partitions, absl::Duration patience) {
  return AskExtents(0, partitions, patience);
}

absl::StatusOr<Extent> Fetcher::AskExtent(int partition, absl::Duration patience) {
  ASSIGN_OR_RETURN(const auto extents, AskExtents(partition, 1, patience));
  return extents[0];
}

void Fetcher::Nudge(int partition) {
  const std::lock_guard lock(mutex_);
  if (!nudger_.joinable()) nudger_ = std::thread([this] { NudgeLoop(); });
  nudged_ = partition;
  changed_.notify_one();
}

void Fetcher::NudgeLoop() {
  for (;;) {
    int partition = -1;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || nudged_ >= 0; });
      if (stop_) return;
      std::swap(partition, nudged_);
    }
    (void)AskOffsets(partition, 1, RD_KAFKA_OFFSET_END, absl::Now() + absl::Milliseconds(200));
  }
}

absl::StatusOr<std::unique_ptr<FetcherPool::Lease>> FetcherPool::Take(int partition) {
  const std::lock_guard lock(mutex_);
  auto member = std::find_if(members_.begin(), members_.end(),
                             [&](const Member& m) { return !m.taken.contains(partition); });
  if (member == members_.end()) {
    ASSIGN_OR_RETURN(auto fetcher, Fetcher::New(options_, topic_, Fetching::kAll, partitions_));
    members_.push_back({std::move(fetcher), {}});
    member = members_.end() - 1;
  }
  member->taken.insert(partition);
  return std::make_unique<Lease>(this, member->fetcher, partition);
}

void FetcherPool::Release(const std::shared_ptr<Fetcher>& fetcher, int partition) {
  const std::lock_guard lock(mutex_);
  for (Member& m : members_) {
    if (m.fetcher == fetcher) m.taken.erase(partition);
  }
}

}  // namespace daybook::log
