#include "common/log/kafka/kafka_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/chain.h"
#include "common/log/kafka/core.h"
#include "common/log/kafka/topic.h"

namespace daybook::log {
namespace {

constexpr std::string_view kTopic = "daybook.log.v1";
constexpr absl::Duration kPatience = absl::Seconds(15);

class KafkaLog : public EventLog {
 public:
  explicit KafkaLog(KafkaCore core) : core_(std::move(core)) {}

  int partitions() const override { return core_.partitions; }
  bool exclusive() const override { return false; }
  bool has_clock() const override { return true; }
  std::string name() const override {
    return absl::StrCat("kafka:", core_.options.brokers, "/", core_.topic);
  }
  std::unique_ptr<LogProducer> NewProducer(std::function<void()> wake) override {
    return NewKafkaProducer(core_, std::move(wake));
  }
  absl::StatusOr<std::unique_ptr<LogReader>> NewReader(int partition, int64_t from) override {
    DAYBOOK_CHECK(partition >= 0 && partition < core_.partitions);
    return NewKafkaReader(core_, partition, from);
  }
  absl::StatusOr<Extent> GetExtent(int partition) override {
    DAYBOOK_CHECK(partition >= 0 && partition < core_.partitions);
    return core_.asker->AskExtent(partition, absl::Seconds(3));
  }
  std::shared_ptr<void> Watch(std::function<void()> wake) override {
    return Bell::Watch(core_.bell, std::move(wake));
  }

 private:
  KafkaCore core_;
};

// A broker that has just started has no leaders yet.
template <class Ask>
auto Persist(const Ask& ask) -> decltype(ask()) {
  for (const absl::Time deadline = absl::Now() + kPatience;;) {
    auto answer = ask();
    if (!absl::IsUnavailable(answer.status()) || absl::Now() > deadline) return answer;
    absl::SleepFor(absl::Milliseconds(100));
  }
}

absl::StatusOr<TopicFacts> FindTopic(const KafkaCore& core) {
  rd_kafka_s* const handle = core.asker->handle();
  const auto describe = [&] { return DescribeTopic(handle, core.topic); };
  auto topic = Persist(describe);
  if (!absl::IsNotFound(topic.status())) return topic;
  if (!core.options.create_topic) {
    return absl::NotFoundError(
        absl::StrCat("there is no topic ", core.topic, " at ", core.options.brokers));
  }
  RETURN_IF_ERROR(CreateTopic(handle, core.topic, core.options));
  return Persist(describe);
}

std::string Place(const KafkaCore& core, int partition) {
  return absl::StrCat("topic ", core.topic, ", partition ", partition);
}

// The first record of a partition must be the first claim of an owner.
absl::Status CheckFirst(const KafkaCore& core, int partition, LogReader& reader) {
  for (const absl::Time deadline = absl::Now() + kPatience; absl::Now() < deadline;) {
    ASSIGN_OR_RETURN(const Batch batch, reader.Read(1, absl::Seconds(1)));
    if (batch.records.empty()) continue;
    const LogRecord& first = batch.records[0];
    v1::Frame frame;
    if (first.offset == 0 && ParseFrame(first.value, &frame) && frame.has_owner_started() &&
        frame.epoch() == 1) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(absl::StrCat(
        Place(core, partition), ", offset ", first.offset,
        ": the first record is not the claim of an owner: this is not a log of Daybook, or "
        "something else writes to it; choose another topic prefix"));
  }
  return absl::UnavailableError(absl::StrCat(Place(core, partition), ": offset 0 cannot be read"));
}

// What does not begin as history does is not our topic, or no longer whole.
absl::Status CheckBeginnings(KafkaCore& core) {
  std::vector<std::pair<int, std::unique_ptr<LogReader>>> readers;
  for (int p = 0; p < core.partitions; ++p) {
    const auto extent = Persist([&] { return core.asker->AskExtent(p, absl::Seconds(3)); });
    RETURN_IF_ERROR(extent.status());
    if (extent->first != 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(Place(core, p), " begins at offset ", extent->first,
                       ": its history has been deleted; restore the topic from a copy"));
    }
    if (extent->end == 0 || !core.options.check_beginnings) continue;
    // All are fetched at the same time, then looked at one by one.
    ASSIGN_OR_RETURN(auto reader, NewKafkaReader(core, p, 0));
    readers.emplace_back(p, std::move(reader));
  }
  for (const auto& [p, reader] : readers) RETURN_IF_ERROR(CheckFirst(core, p, *reader));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenKafka(KafkaOptions options) {
  if (options.brokers.empty()) return absl::InvalidArgumentError("kafka: brokers are not given");
  if (options.partitions && (*options.partitions < 1 || *options.partitions > 4096)) {
    return absl::InvalidArgumentError("kafka: a log has 1 to 4096 partitions");
  }
  RETURN_IF_ERROR(CheckProperties(options.properties));
  KafkaCore core{.options = options,
                 .topic = absl::StrCat(options.topic_prefix, std::string(kTopic))};
  ASSIGN_OR_RETURN(core.asker, Fetcher::New(options, core.topic, 1));
  ASSIGN_OR_RETURN(const TopicFacts topic, FindTopic(core));
  std::vector<std::string> warnings;
  RETURN_IF_ERROR(CheckTopic(topic, &warnings));
  for (const std::string& warning : warnings) core.asker->Warn(warning);
  if (options.partitions && *options.partitions != topic.partitions) {
    return absl::FailedPreconditionError(absl::StrCat(
        "topic ", core.topic, " has ", topic.partitions, " partitions, not ", *options.partitions,
        ": the number is fixed for its life; leave it out of the configuration"));
  }
  core.partitions = topic.partitions;
  core.recent = std::vector<RecentRecords>(static_cast<size_t>(core.partitions));
  for (RecentRecords& recent : core.recent) {
    recent.set_capacity(options.recent_bytes / core.recent.size());
  }
  core.pool = std::make_unique<FetcherPool>(options, core.topic, core.partitions);
  RETURN_IF_ERROR(CheckBeginnings(core));
  return std::make_unique<KafkaLog>(std::move(core));
}

}  // namespace daybook::log
