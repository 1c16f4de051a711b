#include "common/log/kafka/fetcher.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
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

absl::StatusOr<Extent> Fetcher::AskExtent(int partition, absl::Duration patience) {
  Extent extent;
  const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
      handle(), name_.c_str(), partition, &extent.first, &extent.end,
      static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return extent;
  return absl::UnavailableError(absl::StrCat("kafka: asking for the end of topic ", name_,
                                             ", partition ", partition, ": ",
                                             rd_kafka_err2str(error)));
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
    (void)AskExtent(partition, absl::Milliseconds(200));
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
