#include "common/log/kafka/fetcher.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook::log {

absl::StatusOr<std::shared_ptr<Fetcher>> Fetcher::New(const KafkaOptions& options,
                                                      const std::string& topic, int partitions) {
  std::shared_ptr<Fetcher> fetcher(new Fetcher(options, topic));
  ASSIGN_OR_RETURN(KafkaConf conf, ReaderConf(options, partitions, fetcher.get()));
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

absl::StatusOr<int64_t> Fetcher::AskOffset(int partition, int64_t which, absl::Time deadline) {
  // Not rd_kafka_query_watermark_offsets: while a broker is away 2.0.2 forgets its time limit.
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_t* const asked =
      rd_kafka_topic_partition_list_add(list, name_.c_str(), partition);
  asked->offset = which;  // the two special times: the beginning, the end
  const auto ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(deadline - absl::Now()));
  rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(handle(), list, static_cast<int>(ms));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = asked->err;
  const int64_t offset = asked->offset;
  rd_kafka_topic_partition_list_destroy(list);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && offset >= 0) return offset;
  return absl::UnavailableError(absl::StrCat("kafka: asking for the extent of topic ", name_,
                                             ", partition ", partition, ": ",
                                             rd_kafka_err2str(error)));
}

absl::StatusOr<Extent> Fetcher::AskExtent(int partition, absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  ASSIGN_OR_RETURN(const int64_t end, AskOffset(partition, RD_KAFKA_OFFSET_END, deadline));
  ASSIGN_OR_RETURN(const int64_t first, AskOffset(partition, RD_KAFKA_OFFSET_BEGINNING, deadline));
  return Extent{first, end};
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
    (void)AskOffset(partition, RD_KAFKA_OFFSET_END, absl::Now() + absl::Milliseconds(200));
  }
}

absl::StatusOr<std::unique_ptr<FetcherPool::Lease>> FetcherPool::Take(int partition) {
  const std::lock_guard lock(mutex_);
  auto member = std::find_if(members_.begin(), members_.end(),
                             [&](const Member& m) { return !m.taken.contains(partition); });
  if (member == members_.end()) {
    ASSIGN_OR_RETURN(auto fetcher, Fetcher::New(options_, topic_, partitions_));
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
