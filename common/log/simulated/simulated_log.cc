#include "common/log/simulated/simulated_log.h"

#include <algorithm>
#include <utility>

namespace daybook::log {

// What is under way between one writer and the log, in both directions. Outlives the writer.
struct SimulatedLog::Link {
  int partition = 0;
  std::function<void()> wake;
  uint64_t appended = 0;
  struct Record {
    uint64_t append;
    Stored stored;
  };
  std::deque<Record> outbound;
  std::deque<Report> inbound;   // reports on their way back
  std::vector<Report> arrived;  // to be taken
  bool abandoned = false;       // the writer is gone
};

struct SimulatedLog::Writer : LogWriter {
  explicit Writer(std::shared_ptr<Link> l) : link(std::move(l)) {}
  ~Writer() override { link->abandoned = true; }
  void Append(std::string_view key, std::string_view value) override {
    if (value.size() > kMaxRecordBytes) {
      Report report;
      report.append = link->appended++;
      report.status = absl::InvalidArgumentError("the record is too large");
      link->inbound.push_back(std::move(report));
      return;
    }
    link->outbound.push_back({link->appended++, {std::string(key), std::string(value)}});
  }
  void TakeReports(std::vector<Report>* reports) override {
    reports->insert(reports->end(), link->arrived.begin(), link->arrived.end());
    link->arrived.clear();
  }
  std::shared_ptr<Link> link;
};

struct SimulatedLog::Producer : LogProducer {
  Producer(SimulatedLog* l, std::function<void()> w) : log(l), wake(std::move(w)) {}
  std::unique_ptr<LogWriter> NewWriter(int partition) override {
    auto link = std::make_shared<Link>();
    link->partition = partition;
    link->wake = wake;
    log->links_.push_back(link);
    return std::make_unique<Writer>(link);
  }
  void Send() override {
    if (log->honest_) log->DeliverAll();
  }
  SimulatedLog* log;
  std::function<void()> wake;
};

struct SimulatedLog::Reader : LogReader {
  Reader(SimulatedLog* l, int p, int64_t from) : log(l), partition(p), next(from) {}
  absl::StatusOr<Batch> Read(size_t max, absl::Duration) override {
    if (log->Chance(log->faults_.read_error)) return absl::UnavailableError("read error");
    const auto stored = log->stored_[partition];
    size_t end = stored->size();
    if (next > static_cast<int64_t>(end)) return absl::OutOfRangeError("behind the end");
    if (log->Chance(log->faults_.stale_read)) {
      end = next + (*log->random_)() % (end - next + 1);
    }
    Batch batch;
    auto copies = std::make_shared<std::deque<Stored>>();
    for (; next < static_cast<int64_t>(end) && batch.records.size() < max; ++next) {
      if ((*stored)[next].hole) continue;
      copies->push_back((*stored)[next]);
      batch.records.push_back({next, copies->back().key, copies->back().value});
    }
    batch.end = next == static_cast<int64_t>(end);
    batch.next_offset = next;
    batch.storage = copies;
    return batch;
  }
  SimulatedLog* log;
  int partition;
  int64_t next;
};

SimulatedLog::SimulatedLog(int partitions, Random* random, SimulatedFaults faults)
    : random_(random), faults_(faults), honest_(faults == SimulatedFaults()) {
  for (int i = 0; i < partitions; ++i) stored_.push_back(std::make_shared<std::vector<Stored>>());
}

std::unique_ptr<LogProducer> SimulatedLog::NewProducer(std::function<void()> wake) {
  return std::make_unique<Producer>(this, std::move(wake));
}

absl::StatusOr<std::unique_ptr<LogReader>> SimulatedLog::NewReader(int partition, int64_t from) {
  if (from < 0 || from > static_cast<int64_t>(stored_[partition]->size())) {
    return absl::OutOfRangeError("no such offset");
  }
  return std::make_unique<Reader>(this, partition, from);
}

absl::StatusOr<Extent> SimulatedLog::GetExtent(int partition) {
  return Extent{0, static_cast<int64_t>(stored_[partition]->size())};
}

std::shared_ptr<void> SimulatedLog::Watch(std::function<void()> wake) {
  auto handle = std::make_shared<std::function<void()>>(std::move(wake));
  watchers_.push_back(handle);
  return handle;
}

bool SimulatedLog::Chance(double probability) {
  return probability > 0 && std::uniform_real_distribution<double>(0, 1)(*random_) < probability;
}

bool SimulatedLog::Advance() {
  std::vector<Link*> busy;
  for (const auto& link : links_) {
    if (!link->outbound.empty() || !link->inbound.empty()) busy.push_back(link.get());
  }
  if (busy.empty()) {
    std::erase_if(links_, [](const auto& link) { return link->abandoned; });
    return false;
  }
  Link& link = *busy[(*random_)() % busy.size()];
  if (link.inbound.empty() || (!link.outbound.empty() && (*random_)() % 2 == 0)) {
    Deliver(link);
  } else {
    link.arrived.push_back(std::move(link.inbound.front()));
    link.inbound.pop_front();
    if (!link.abandoned && link.wake) link.wake();
  }
  return true;
}

void SimulatedLog::DeliverAll() {
  for (const auto& link : links_) {
    while (!link->outbound.empty()) Deliver(*link);
  }
}

void SimulatedLog::Settle() {
  while (Advance()) {
  }
}

void SimulatedLog::AppendForeign(int partition, std::string key, std::string value) {
  stored_[partition]->push_back({std::move(key), std::move(value)});
  WakeWatchers();
}

void SimulatedLog::AppendHole(int partition) {
  stored_[partition]->push_back({.key = {}, .value = {}, .hole = true});
  WakeWatchers();
}

void SimulatedLog::WakeWatchers() {
  for (auto& watcher : watchers_) {
    if (auto wake = watcher.lock()) (*wake)();
  }
}

void SimulatedLog::Deliver(Link& link) {
  Link::Record record = std::move(link.outbound.front());
  link.outbound.pop_front();
  Report report;
  report.append = record.append;
  std::vector<Stored>& stored = *stored_[link.partition];
  if (Chance(faults_.lose_record)) {
    if (Chance(0.5)) return;
    report.status = absl::UnavailableError("timed out");
  } else {
    report.offset = static_cast<int64_t>(stored.size());
    stored.push_back(record.stored);
    if (Chance(faults_.duplicate)) stored.push_back(record.stored);
    WakeWatchers();
    if (Chance(faults_.lose_report)) return;
    if (Chance(faults_.false_error)) {
      report.status = absl::UnavailableError("timed out");
    } else if (Chance(faults_.no_offset)) {
      report.offset.reset();
    } else if (Chance(faults_.wrong_offset)) {
      report.offset = static_cast<int64_t>((*random_)() % 2) - 1;
    }
  }
  auto at = link.inbound.end();
  if (Chance(faults_.shuffle_report) && !link.inbound.empty()) {
    at = link.inbound.begin() + static_cast<ptrdiff_t>((*random_)() % link.inbound.size());
  }
  link.inbound.insert(at, std::move(report));
}

}  // namespace daybook::log
