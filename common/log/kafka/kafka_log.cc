#include "common/log/kafka/kafka_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/kafka/beginning.h"
#include "common/log/kafka/core.h"
#include "common/log/kafka/topic.h"
#include "common/log/kafka/topic_guard.h"

namespace daybook::log {
namespace {

constexpr std::string_view kTopic = "daybook.log.v1";
constexpr absl::Duration kPatience = absl::Seconds(15);
// Of one question, so that whoever is told to stop meanwhile does.
constexpr absl::Duration kAnswer = absl::Seconds(5);
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(500);

class KafkaLog : public EventLog {
 public:
  KafkaLog(KafkaCore core, std::unique_ptr<TopicGuard> guard)
      : core_(std::move(core)), guard_(std::move(guard)) {}

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
  absl::Status health() const override {
    return guard_ == nullptr ? absl::OkStatus() : guard_->health();
  }
  absl::StatusOr<Extent> GetExtent(int partition) override {
    DAYBOOK_CHECK(partition >= 0 && partition < core_.partitions);
    return core_.asker->AskExtent(partition, absl::Seconds(3));
  }
  absl::StatusOr<std::vector<Extent>> GetExtents() override {
    return core_.asker->AskExtents(core_.partitions, absl::Seconds(3));
  }
  std::shared_ptr<void> Watch(std::function<void()> wake) override {
    return Bell::Watch(core_.bell, std::move(wake));
  }

 private:
  KafkaCore core_;
  const std::unique_ptr<TopicGuard> guard_;  // null: nobody looks
};

// Asks until there is an answer: a broker that has just started has no leaders yet.
template <class Ask>
auto Persist(const KafkaOptions& options, const Ask& ask) -> decltype(ask()) {
  for (const absl::Time deadline = absl::Now() + kPatience;;) {
    auto answer = ask();
    if (!absl::IsUnavailable(answer.status()) || absl::Now() > deadline) return answer;
    if (options.cancelled()) return absl::CancelledError("told to stop");
    absl::SleepFor(absl::Milliseconds(100));
  }
}

absl::StatusOr<TopicFacts> FindTopic(const KafkaCore& core) {
  rd_kafka_s* const handle = core.asker->handle();
  const auto describe = [&] { return DescribeTopic(handle, core.topic, kAnswer); };
  auto topic = Persist(core.options, describe);
  if (!absl::IsNotFound(topic.status())) return topic;
  if (!core.options.create_topic) {
    return absl::NotFoundError(
        absl::StrCat("there is no topic ", core.topic, " at ", core.options.brokers));
  }
  RETURN_IF_ERROR(CreateTopic(handle, core.topic, core.options));
  return Persist(core.options, describe);
}

// As many partitions as the log has, which must be `wanted` if that is given.
absl::StatusOr<int> PartitionsOf(const TopicFacts& topic, const KafkaOptions& options) {
  const int wanted = options.partitions.value_or(topic.partitions);
  if (wanted == topic.partitions) return wanted;
  if (options.leave_out_added_partitions && wanted < topic.partitions) return wanted;
  return absl::FailedPreconditionError(
      absl::StrCat("topic ", topic.name, " has ", topic.partitions, " partitions, not ", wanted,
                   ": the number is fixed for its life; leave it out of the configuration"));
}

// What somebody has put where the log is not.
absl::Status WarnOfLeftOut(const KafkaCore& core, const TopicFacts& topic) {
  if (topic.partitions == core.partitions) return absl::OkStatus();
  const auto extents = Persist(
      core.options, [&] { return core.asker->AskExtents(topic.partitions, absl::Seconds(3)); });
  RETURN_IF_ERROR(extents.status());
  int64_t records = 0;
  for (size_t p = static_cast<size_t>(core.partitions); p < extents->size(); ++p) {
    records += (*extents)[p].end - (*extents)[p].first;
  }
  core.asker->Warn(absl::StrCat("topic ", topic.name, " has ", topic.partitions, " partitions; ",
                                records, " records in partition ", core.partitions,
                                " and after are left out"));
  return absl::OkStatus();
}

// What does not begin as history does is not our topic, or no longer whole.
absl::Status CheckBeginnings(KafkaCore& core) {
  const auto extents = Persist(
      core.options, [&] { return core.asker->AskExtents(core.partitions, absl::Seconds(3)); });
  RETURN_IF_ERROR(extents.status());
  std::vector<std::unique_ptr<LogReader>> readers(extents->size());
  for (size_t p = 0; p < readers.size(); ++p) {
    if ((*extents)[p].first != 0) {
      return absl::FailedPreconditionError(absl::StrCat(
          "topic ", core.topic, ", partition ", p, " begins at offset ", (*extents)[p].first,
          ": its history has been deleted; restore the topic from a copy"));
    }
    if ((*extents)[p].end == 0 || !core.options.check_beginnings) continue;
    // All are fetched at the same time, then looked at one by one.
    ASSIGN_OR_RETURN(readers[p], NewKafkaReader(core, static_cast<int>(p), 0));
  }
  std::vector<Beginning> beginnings(readers.size());
  const absl::Time deadline = absl::Now() + kPatience;
  for (size_t p = 0; p < readers.size(); ++p) {
    for (bool known = readers[p] == nullptr; !known;) {
      ASSIGN_OR_RETURN(const Batch batch, readers[p]->Read(100, kBetweenLooks));
      if (!batch.records.empty()) {
        const LogRecord& first = batch.records.front();
        core.firsts->Learn(static_cast<int>(p), {first.offset, DigestOf(first.value)});
      }
      for (const LogRecord& record : batch.records) known = beginnings[p].Take(record);
      known = known || batch.next_offset >= (*extents)[p].end;
      if (known) break;
      if (core.options.cancelled()) return absl::CancelledError("told to stop");
      if (absl::Now() > deadline) {
        return absl::UnavailableError(absl::StrCat("topic ", core.topic, ", partition ", p,
                                                   ": its first records cannot be read"));
      }
    }
  }
  return CheckBeginnings(core.topic, beginnings, core.partitions);
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
  ASSIGN_OR_RETURN(core.asker, Fetcher::New(options, core.topic, Fetching::kAll, 1));
  ASSIGN_OR_RETURN(const TopicFacts topic, FindTopic(core));
  std::vector<std::string> warnings;
  RETURN_IF_ERROR(CheckTopic(topic, &warnings));
  for (const std::string& warning : warnings) core.asker->Warn(warning);
  ASSIGN_OR_RETURN(core.partitions, PartitionsOf(topic, options));
  core.reached = std::make_shared<ReachedEnds>(core.partitions);
  core.recent = std::vector<RecentRecords>(static_cast<size_t>(core.partitions));
  for (RecentRecords& recent : core.recent) {
    recent.set_capacity(options.recent_bytes / core.recent.size());
  }
  core.pool = std::make_unique<FetcherPool>(options, core.topic, core.partitions);
  RETURN_IF_ERROR(WarnOfLeftOut(core, topic));
  RETURN_IF_ERROR(CheckBeginnings(core));
  std::unique_ptr<TopicGuard> guard;
  if (options.guard_interval > absl::ZeroDuration()) {
    ASSIGN_OR_RETURN(
        guard, TopicGuard::Start(options, core.topic, core.partitions, core.firsts, core.reached));
  }
  return std::make_unique<KafkaLog>(std::move(core), std::move(guard));
}

}  // namespace daybook::log
