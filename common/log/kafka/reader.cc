#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/log/kafka/core.h"

namespace daybook::log {
namespace {

constexpr size_t kMostRecords = 100'000;
constexpr size_t kMostRememberedBytes = 16 << 20;  // of one batch
constexpr absl::Duration kProbeEvery = absl::Seconds(1);
constexpr absl::Duration kProbe = absl::Milliseconds(50);

// A reader leaves the broker for memory when records follow each other as closely as this, and
// comes back when none has come for as long as that: somebody else may write now.
constexpr absl::Duration kClose = absl::Milliseconds(50);
constexpr absl::Duration kQuiet = absl::Milliseconds(100);

// Messages lie in librdkafka's fetch buffers until they are destroyed, by the handle they came
// from.
struct Messages {
  std::shared_ptr<Fetcher> fetcher;
  std::vector<KafkaMessage> all;
};

// Operation. The reader fetches, or it remembers. While it remembers nothing is fetched, and its
// records are those that this process wrote (KafkaCore::recent). It begins to remember only at a
// place that the broker has called the end: a new owner reads up to the end to learn who wrote
// last, and its own memory must not be the answer. It stops at the first offset that memory does
// not have.
class KafkaReader : public LogReader {
 public:
  KafkaReader(KafkaCore& core, std::unique_ptr<FetcherPool::Lease> lease, int partition,
              int64_t from)
      : lease_(std::move(lease)),
        fetcher_(*lease_->fetcher()),
        partition_(partition),
        next_(from),
        recent_(core.recent[static_cast<size_t>(partition)]),
        reached_(core.reached),
        bell_(core.bell),
        batch_bytes_(core.batch_bytes),
        queue_bytes_(core.options.prefetch_bytes / static_cast<uint64_t>(core.partitions)) {}

  absl::Status Start() {
    if (next_ < 0) {
      error_ = Outside("before the beginning");
      return absl::OkStatus();
    }
    return BeginFetching();
  }

  ~KafkaReader() override { EndFetching(); }

  absl::StatusOr<Batch> Read(size_t max, absl::Duration wait) override {
    RETURN_IF_ERROR(error_);
    max = std::clamp<size_t>(max, 1, kMostRecords);
    if (queue_ == nullptr) {
      const absl::Time deadline = absl::Now() + wait;
      Batch batch;
      if (Remember(max, wait, &batch)) return batch;
      RETURN_IF_ERROR(BeginFetching());
      wait = std::min(wait, deadline - absl::Now());
    }
    const auto messages = std::make_shared<Messages>();
    messages->fetcher = lease_->fetcher();
    Fetch(max, wait, &messages->all);
    if (messages->all.empty()) rd_kafka_poll(fetcher_.handle(), 0);  // its callback sets `down`
    Batch batch;
    Sort(&messages->all, &batch);
    if (batch.records.empty() && !error_.ok()) return error_;
    batch.next_offset = next_;
    batch.end = AtEnd(batch.records.empty());
    batch.storage = messages;
    caught_up_ |= batch.end && heard_;
    if (!batch.records.empty() && HadNews() && caught_up_ &&
        recent_.PlaceOf(next_) != RecentRecords::Place::kElsewhere) {
      EndFetching();
    }
    return batch;
  }

 private:
  absl::Status BeginFetching() {
    heard_ = was_full_ = false;
    queue_.reset(rd_kafka_queue_new(fetcher_.handle()));
    rd_kafka_queue_cb_event_enable(
        queue_.get(), [](rd_kafka_t*, void* bell) { static_cast<Bell*>(bell)->Ring(); },
        bell_.get());
    if (rd_kafka_consume_start_queue(fetcher_.topic(), partition_, next_, queue_.get()) != 0) {
      queue_.reset();
      return absl::UnavailableError(absl::StrCat("kafka: reading ", Place(next_), ": ",
                                                 rd_kafka_err2str(rd_kafka_last_error())));
    }
    return absl::OkStatus();
  }

  // What was fetched and not read is dropped.
  void EndFetching() {
    if (!queue_) return;
    rd_kafka_consume_stop(fetcher_.topic(), partition_);
    rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    queue_.reset();
  }

  // Records have come; true if others came shortly before.
  bool HadNews() {
    const absl::Time now = absl::Now();
    const bool closely = now >= last_news_ && now - last_news_ < kClose;
    last_news_ = now;
    return closely;
  }

  // False: the broker has to be asked.
  bool Remember(size_t max, absl::Duration wait, Batch* batch) {
    using Place = RecentRecords::Place;
    if (recent_.PlaceOf(next_) == Place::kEnd) {
      const absl::Duration quiet = absl::Now() - last_news_;
      if (quiet < absl::ZeroDuration() || quiet >= kQuiet) {
        vouched_end_ = next_;
        return false;
      }
      bell_->Await([this] { return recent_.PlaceOf(next_) != Place::kEnd; },
                   std::min(wait, kQuiet - quiet));
    }
    const std::shared_ptr<std::string> bytes = batch_bytes_.Take();
    std::vector<RecentRecords::Extent> extents;
    if (recent_.Read(next_, next_ + static_cast<int64_t>(max), kMostRememberedBytes, bytes.get(),
                     &extents)) {
      HadNews();
      ToBatch(next_, bytes, extents, batch);
      next_ += static_cast<int64_t>(extents.size());
    }
    const Place now = recent_.PlaceOf(next_);
    if (batch->records.empty() && now == Place::kElsewhere) return false;
    batch->next_offset = next_;
    batch->end = now == Place::kEnd;
    return true;
  }

  // librdkafka waits for the last of the wanted messages, not for the first: so first what is
  // there, then one, then what came with it.
  void Fetch(size_t max, absl::Duration wait, std::vector<KafkaMessage>* to) {
    raw_.resize(max);
    ssize_t n = rd_kafka_consume_batch_queue(queue_.get(), 0, raw_.data(), max);
    if (n == 0 && wait > absl::ZeroDuration()) {
      const auto ms = std::max<int64_t>(1, absl::ToInt64Milliseconds(wait));
      n = rd_kafka_consume_batch_queue(queue_.get(), static_cast<int>(ms), raw_.data(), 1);
      if (n == 1 && max > 1) {
        n += std::max<ssize_t>(
            0, rd_kafka_consume_batch_queue(queue_.get(), 0, raw_.data() + 1, max - 1));
      }
    }
    to->reserve(static_cast<size_t>(std::max<ssize_t>(n, 0)));
    for (ssize_t i = 0; i < n; ++i) to->emplace_back(raw_[static_cast<size_t>(i)]);
  }

  // Records to the batch; events to what they mean.
  void Sort(std::vector<KafkaMessage>* messages, Batch* batch) {
    batch->records.reserve(messages->size());
    uint64_t bytes = 0;
    for (const KafkaMessage& m : *messages) {
      if (m->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        Hear(*m);
        continue;
      }
      heard_ = true;
      if (m->offset < next_) continue;
      next_ = m->offset + 1;
      bytes += m->len + m->key_len;
      batch->records.push_back({m->offset,
                                {static_cast<const char*>(m->key), m->key_len},
                                {static_cast<const char*>(m->payload), m->len}});
    }
    if (!batch->records.empty()) {
      fetcher_.down = false;
      reached_->Raise(partition_, next_);
    }
    KeepFetching(bytes, batch->records.size());
  }

  void Hear(const rd_kafka_message_t& event) {
    switch (event.err) {
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        // The end may stand behind the last record: control records are not given to readers.
        next_ = std::max(next_, event.offset);
        heard_ = true;
        fetcher_.down = false;
        return;
      case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        error_ = Outside("not there: the log was cut or replaced, or never was as long");
        return;
      case RD_KAFKA_RESP_ERR__BAD_MSG:
      case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        error_ = absl::DataLossError(
            absl::StrCat("kafka: ", Place(next_), ": ", rd_kafka_message_errstr(&event)));
        return;
      default:
        error_ = absl::UnavailableError(
            absl::StrCat("kafka: ", Place(next_), ": ", rd_kafka_message_errstr(&event)));
    }
  }

  // Fetching stops when the queue is full; wakes it when the queue has been emptied half.
  void KeepFetching(uint64_t bytes, size_t records) {
    if (records == 0) return;
    const uint64_t left = rd_kafka_queue_length(queue_.get()) * (bytes / records);
    if (bytes + left >= queue_bytes_ / 4 * 3) was_full_ = true;
    if (!was_full_ || left > queue_bytes_ / 2 || next_ >= High()) return;
    was_full_ = false;
    fetcher_.Nudge(partition_);
  }

  // The end as of the last answer of the broker; -1 before the first.
  int64_t High() const {
    int64_t low = -1, high = -1;
    rd_kafka_get_watermark_offsets(fetcher_.handle(), fetcher_.topic_name().c_str(), partition_,
                                   &low, &high);
    return high;
  }

  bool AtEnd(bool empty) {
    // An answer to an earlier reader of this partition says nothing.
    if (heard_ ? next_ < High() : next_ != vouched_end_) return false;
    return !empty || !fetcher_.down || Probe();
  }

  // While brokers are away nobody knows where the end is, and when they are back nobody says so
  // before there is something new: asks now and then.
  bool Probe() {
    const absl::Time now = absl::Now();
    if (now < next_probe_) return false;
    next_probe_ = now + kProbeEvery;
    const auto extent = fetcher_.AskExtent(partition_, kProbe);
    if (!extent.ok()) return false;
    fetcher_.down = false;
    return next_ >= extent->end;
  }

  std::string Place(int64_t offset) const {
    return absl::StrCat("topic ", fetcher_.topic_name(), ", partition ", partition_, ", offset ",
                        offset);
  }
  absl::Status Outside(std::string_view how) const {
    return absl::OutOfRangeError(absl::StrCat("kafka: ", Place(next_), " is ", std::string(how)));
  }

  const std::unique_ptr<FetcherPool::Lease> lease_;
  Fetcher& fetcher_;
  const int partition_;
  int64_t next_;
  const RecentRecords& recent_;
  const std::shared_ptr<ReachedEnds> reached_;
  const std::shared_ptr<Bell> bell_;
  BatchBytes& batch_bytes_;
  const uint64_t queue_bytes_;
  KafkaQueue queue_;  // null: remembers
  absl::Status error_;
  bool heard_ = false;        // the broker has answered since fetching began
  bool caught_up_ = false;    // the broker has called a place of this reader the end
  int64_t vouched_end_ = -1;  // by memory, until the broker has answered
  absl::Time last_news_ = absl::InfinitePast();
  bool was_full_ = false;
  absl::Time next_probe_ = absl::InfinitePast();
  std::vector<rd_kafka_message_t*> raw_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LogReader>> NewKafkaReader(KafkaCore& core, int partition,
                                                          int64_t from) {
  ASSIGN_OR_RETURN(auto lease, core.pool->Take(partition));
  auto reader = std::make_unique<KafkaReader>(core, std::move(lease), partition, from);
  RETURN_IF_ERROR(reader->Start());
  return reader;
}

}  // namespace daybook::log
