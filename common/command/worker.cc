#include "common/command/worker.h"

#include <algorithm>
#include <condition_variable>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/this_thread.h"
#include "common/log/same_log.h"

namespace daybook::command {
namespace {

constexpr size_t kReadRecords = 2'048;
constexpr absl::Duration kPublishInterval = absl::Milliseconds(50);
// Making a producer asks the brokers and takes a while when they are away.
constexpr absl::Duration kReplaceInterval = absl::Seconds(1);

}  // namespace

// --- seats --------------------------------------------------------------------------------------

// One partition and what it needs of the world.
struct Worker::Seat : PartitionHost {
  void OpenWriter() override {
    writer.reset();
    writer = worker->producer_->NewWriter(number);
    appended = true;
  }
  void DropWriter() override { writer.reset(); }
  void Append(std::string_view key, std::string_view value) override {
    writer->Append(key, value);
    appended = true;
  }
  void ReadFrom(int64_t offset) override {
    reader.reset();
    read_from = offset;
  }
  absl::Status CheckHistory(const log::Position& position) override {
    return log::CheckAgainst(*worker->log_, number, position);
  }
  void WriteCache(std::function<absl::Status()> write) override {
    worker->options_.cache_writer->Post([this, write = std::move(write)]() mutable {
      const absl::Status status = write();
      write = nullptr;  // what it wrote is let go here, not on the worker
      // All of it under the lock: whoever waits for the status may be about to destroy the seat and
      // its worker.
      const std::lock_guard lock(mutex);
      cache_written = status;
      cache_is_written.store(true, std::memory_order_release);
      written.notify_one();
      worker->doorbell_.Ring();
    });
  }
  void AwaitCache() override {
    {
      std::unique_lock lock(mutex);
      written.wait(lock, [this] { return cache_written.has_value(); });
    }
    TakeWritten();
  }
  // Tells the partition of a write that is done.
  void TakeWritten() {
    if (!cache_is_written.load(std::memory_order_acquire)) return;
    std::optional<absl::Status> status;
    {
      const std::lock_guard lock(mutex);
      status.swap(cache_written);
      cache_is_written = false;
    }
    touched = true;
    partition->OnCacheWritten(*status);
  }
  void Confirmed(absl::Duration taken) override {
    worker->options_.append_seconds->Observe(absl::ToDoubleSeconds(taken));
  }
  void Say(std::string_view message) override { worker->options_.say(message); }
  void Count(const Method& method, const absl::Status& status, bool repeated) override {
    worker->waiting_.fetch_sub(1, std::memory_order_relaxed);
    worker->counters_->Count(method, status, repeated);
  }

  Worker* worker = nullptr;
  int number = 0;
  bool appended = false;  // something waits for the producer's Flush
  bool touched = true;    // inputs have come since the last Tick
  bool more = false;      // the last read was full: there is more
  absl::Duration wake = absl::ZeroDuration();
  std::unique_ptr<log::LogWriter> writer;
  std::unique_ptr<log::LogReader> reader;
  int64_t read_from = 0;
  Partition::Phase published_phase = Partition::Phase::kFollow;
  std::mutex mutex;  // of what follows
  std::condition_variable written;
  std::optional<absl::Status> cache_written;
  std::atomic<bool> cache_is_written{false};
  std::unique_ptr<Partition> partition;
};

Worker::Worker(log::EventLog* log, Options options, OutcomeCounters* counters)
    : log_(log), options_(std::move(options)), counters_(counters) {
  producer_ = log_->NewProducer([this] { doorbell_.Ring(); });
}

Worker::~Worker() {
  stop_ = true;
  doorbell_.Ring();
  if (thread_.joinable()) thread_.join();
  watch_.reset();
  for (auto& seat : seats_) seat->partition->AwaitFlush();
  seats_.clear();     // writers before their producer,
  producer_.reset();  // and that before the doorbell that it rings
}

void Worker::Add(PartitionOptions options, const Book* book, std::unique_ptr<StateCache> cache,
                 bool own) {
  auto seat = std::make_unique<Seat>();
  seat->worker = this;
  seat->number = options.partition;
  seat->partition =
      std::make_unique<Partition>(std::move(options), book, std::move(cache), seat.get());
  seat->partition->Want(own);
  seats_.push_back(std::move(seat));
  Publish();
}

void Worker::Start() {
  watch_ = log_->Watch([this] { doorbell_.Ring(); });
  thread_ = std::thread([this] { Run(); });
}

Worker::Seat& Worker::SeatOf(int partition) {
  for (auto& seat : seats_) {
    if (seat->number == partition) return *seat;
  }
  CheckFailed(__FILE__, __LINE__, "a partition is sent to its own worker");
}

// --- inputs -------------------------------------------------------------------------------------

void Worker::Submit(int partition, std::unique_ptr<Command> command) {
  std::vector<std::pair<int, std::unique_ptr<Command>>> one;
  one.emplace_back(partition, std::move(command));
  Submit(std::move(one));
}

void Worker::Submit(std::vector<std::pair<int, std::unique_ptr<Command>>> commands) {
  const size_t before = waiting_.fetch_add(commands.size(), std::memory_order_relaxed);
  size_t accepted = commands.size();
  if (before + accepted > options_.max_queue) {
    accepted = before >= options_.max_queue ? 0 : options_.max_queue - before;
  }
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < accepted; ++i) {
      inbox_.push_back({commands[i].first, std::move(commands[i].second)});
    }
  }
  if (accepted > 0) doorbell_.Ring();
  for (size_t i = accepted; i < commands.size(); ++i) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    const absl::Status status =
        Refuse(reason::kOverloaded, absl::StrCat(options_.max_queue,
                                                 " commands are waiting, as many as "
                                                 "the server takes"));
    counters_->Refuse(*commands[i].second, status);
  }
}

void Worker::Want(int partition, bool wanted) {
  {
    const std::lock_guard lock(mutex_);
    wants_.emplace_back(partition, wanted);
  }
  doorbell_.Ring();
}

void Worker::ConfirmClock() {
  {
    const std::lock_guard lock(mutex_);
    clock_confirmed_ = true;
  }
  doorbell_.Ring();
}

void Worker::TakeInputs() {
  std::vector<std::pair<int, bool>> wants;
  bool clock_confirmed = false;
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(inbox_);
    wants.swap(wants_);
    std::swap(clock_confirmed, clock_confirmed_);
  }
  if (clock_confirmed) {
    for (auto& seat : seats_) {
      seat->partition->ConfirmClock();
      seat->touched = true;
    }
  }
  for (const auto& [partition, wanted] : wants) {
    Seat& seat = SeatOf(partition);
    seat.partition->Want(wanted);
    seat.touched = true;
  }
  for (Input& input : taken_) {
    Seat& seat = SeatOf(input.partition);
    seat.partition->Submit(std::move(input.command));
    seat.touched = true;
  }
  taken_.clear();
}

// --- the loop -----------------------------------------------------------------------------------

void Worker::Run() {
  SetThreadName(options_.name);
  while (!stop_) {
    const absl::Duration wake = Step(ReadClocks());
    doorbell_.Wait(wake - ReadClocks().steady);
  }
}

absl::Duration Worker::Step(const Moment& moment) {
  const absl::Duration now = moment.steady;
  if (draining_) {
    for (auto& seat : seats_) seat->partition->Drain();
  }
  TakeInputs();
  ReplaceBrokenProducer(now);
  const absl::Status health = log_->health();
  absl::Duration wake = absl::InfiniteDuration();
  for (auto& seat : seats_) {
    Hear(*seat, health);
    Tick(*seat, moment);
    wake = std::min(wake, seat->more ? now : seat->wake);
  }
  producer_->Announce();
  // On an exclusive log the reports of what this thread has written are there by now.
  if (Send() && log_->exclusive()) wake = now;
  PublishIfDue(now);
  if (draining_) FinishDrain();
  return unpublished_ ? std::min(wake, next_publish_) : wake;
}

void Worker::Hear(Seat& seat, const absl::Status& health) {
  Partition& partition = *seat.partition;
  seat.TakeWritten();
  partition.Question(health);
  if (seat.writer != nullptr) {
    reports_.clear();
    seat.writer->TakeReports(&reports_);
    for (const log::Report& report : reports_) partition.OnReport(report);
    seat.touched |= !reports_.empty();
  }
  seat.more = false;
  if (partition.reading() && partition.has_room()) Feed(seat);
}

void Worker::Tick(Seat& seat, const Moment& moment) {
  Partition& partition = *seat.partition;
  if (seat.touched || moment.steady >= seat.wake || draining_) {
    seat.touched = false;
    partition.Tick(moment, random_());
    seat.wake = partition.next_wake();
    unpublished_ = true;
  }
  if (partition.phase() != seat.published_phase) {
    seat.published_phase = partition.phase();
    next_publish_ = moment.steady;
  }
}

// What was appended in this round goes out together: on the embedded log in one synced write. A
// command that is alone is written by this thread, which has nothing else to do; of several the
// next are decided meanwhile.
bool Worker::Send() {
  bool appended = false;
  for (auto& seat : seats_) appended |= std::exchange(seat->appended, false);
  if (!appended) return false;
  const bool alone = waiting_.load(std::memory_order_relaxed) <= 1;
  alone ? producer_->Flush() : producer_->Send();
  return alone;
}

void Worker::PublishIfDue(absl::Duration now) {
  if (!unpublished_ || now < next_publish_) return;
  next_publish_ = now + kPublishInterval;
  unpublished_ = false;
  Publish();
}

void Worker::FinishDrain() {
  if (abandoning_) {
    for (auto& seat : seats_) seat->partition->Abandon();
  }
  const bool idle = std::all_of(seats_.begin(), seats_.end(),
                                [](const auto& seat) { return seat->partition->idle(); });
  if (!idle || drained_) return;
  for (auto& seat : seats_) seat->partition->FlushCache();
  Publish();
  drained_ = true;
}

void Worker::Feed(Seat& seat) {
  if (seat.reader == nullptr) {
    auto reader = log_->NewReader(seat.number, seat.read_from);
    if (!reader.ok()) return seat.partition->OnReadError(reader.status());
    seat.reader = *std::move(reader);
  }
  const auto batch = seat.reader->Read(kReadRecords, absl::ZeroDuration());
  if (!batch.ok()) {
    seat.reader.reset();
    return seat.partition->OnReadError(batch.status());
  }
  seat.touched |= !batch->records.empty() || batch->end;
  seat.more = !batch->records.empty() && !batch->end;
  seat.partition->OnRead(*batch);
  // An owner never reads itself.
  if (!seat.partition->reading()) {
    seat.reader.reset();
    seat.more = false;
  }
}

void Worker::ReplaceBrokenProducer(absl::Duration now) {
  if (producer_->health().ok() || now < replace_not_before_) return;
  replace_not_before_ = now + kReplaceInterval;
  const std::string why(producer_->health().message());
  options_.say(absl::StrCat("the log's producer is broken and is replaced: ", why));
  for (auto& seat : seats_) {
    seat->partition->LoseWriter(why);
    seat->touched = true;
  }
  producer_ = log_->NewProducer([this] { doorbell_.Ring(); });
}

void Worker::Publish() {
  std::vector<PartitionStatus> all;
  all.reserve(seats_.size());
  for (const auto& seat : seats_) {
    const Partition& partition = *seat->partition;
    all.push_back({.partition = seat->number,
                   .phase = partition.phase(),
                   .position = partition.position(),
                   .log_id = partition.log_id(),
                   .queued = partition.queued(),
                   .in_flight = partition.in_flight(),
                   .clock_skew = partition.clock().skew(),
                   .clock_wrong = partition.clock().why(),
                   .halted = partition.halted(),
                   .waits_for = partition.waits_for(),
                   .stats = partition.stats()});
  }
  const std::lock_guard lock(mutex_);
  published_.swap(all);
}

void Worker::Status(std::vector<PartitionStatus>* out) const {
  const std::lock_guard lock(mutex_);
  out->insert(out->end(), published_.begin(), published_.end());
}

void Worker::Drain() {
  draining_ = true;
  doorbell_.Ring();
}

void Worker::Abandon() {
  abandoning_ = true;
  doorbell_.Ring();
}

}  // namespace daybook::command
