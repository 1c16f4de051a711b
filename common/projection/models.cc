#include "common/projection/models.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/this_thread.h"
#include "common/log/token.h"
#include "common/projection/feed.h"
#include "common/projection/model.h"
#include "common/projection/query_router.h"
#include "common/projection/reasons.h"
#include "common/projection/runner.h"
#include "common/projection/scan_queue.h"
#include "common/projection/worker.h"

namespace daybook::projection {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr uint64_t kBatchRecords = 4'096;
// How often stores are asked how they are.
constexpr absl::Duration kTend = absl::Milliseconds(50);

}  // namespace

class Models::Impl : public ModelHolder {
 public:
  Impl(log::EventLog& log, const Topology& topology, const ModelsOptions& options)
      : log_(log), topology_(topology), options_(options) {}

  absl::Status Open();
  void Start();
  void Stop();

  QueryRouter& router() { return *router_; }
  int partitions() const override { return log_.partitions(); }
  std::optional<log::Token> Newest(size_t projection, int partition) const override;
  absl::Status Read(size_t projection, int partition, PartitionReading* reading) const override;
  void WaitFor(size_t projection, int partition, int64_t next_offset, absl::Time deadline,
               absl::AnyInvocable<void(absl::Status)> callback) override;
  void Condemn(size_t projection, const absl::Status& why) override {
    models_[projection]->Condemn(why);
  }
  void WaitForAll(size_t projection, int partition, int64_t next_offset, absl::Time deadline,
                  absl::AnyInvocable<void(absl::Status)> callback);

  absl::Status Ready() const;
  absl::Status Serves(std::string_view projection) const;
  std::vector<ShardStatus> Statuses() const;
  ModelFigures FiguresOf(std::string_view projection) const;
  std::vector<std::shared_ptr<const store::View>> Views(std::string_view projection) const;
  const Topology& topology() const { return topology_; }

 private:
  std::shared_ptr<const Runner> RunnerOf(size_t projection, int partition) const {
    return feeds_[static_cast<size_t>(partition)]->runner(projection);
  }
  // Number of models: there is none of this name.
  size_t Place(std::string_view projection) const;
  absl::Status OpenModels();
  void Tend();

  // `runner`: of these two.
  absl::Status Servable(size_t projection, int partition, const Runner* runner) const;

  log::EventLog& log_;
  const Topology topology_;
  const ModelsOptions options_;
  std::vector<std::unique_ptr<Model>> models_;  // one a projection
  std::vector<std::unique_ptr<Feed>> feeds_;    // one a partition
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<ScanQueue> scans_;
  std::unique_ptr<QueryRouter> router_;
  std::thread tender_;
  std::mutex tender_mutex_;
  std::condition_variable tender_bell_;
  bool stop_tending_ = false;
};

// -------------------------------------------------------------------------------------- opening

absl::Status Models::Impl::Open() {
  const int threads = std::clamp(options_.threads, 1, std::max(1, log_.partitions()));
  for (int t = 0; t < threads; ++t) {
    const size_t batch = std::min(kBatchRecords, options_.flush_events);
    workers_.push_back(std::make_unique<Worker>(log_, batch, options_.clock));
  }
  for (int partition = 0; partition < log_.partitions(); ++partition) {
    Worker* worker = workers_[static_cast<size_t>(partition % threads)].get();
    feeds_.push_back(std::make_unique<Feed>(log_, partition, topology_.entries().size(),
                                            [worker] { worker->WakeForWaiter(); }));
    worker->Add(feeds_.back().get());
  }
  RETURN_IF_ERROR(OpenModels());
  scans_ = std::make_unique<ScanQueue>(options_.max_scans, options_.scan_threads);
  router_ = std::make_unique<QueryRouter>(topology_, *this, options_.clock, *scans_);
  return absl::OkStatus();
}

absl::Status Models::Impl::OpenModels() {
  ModelOptions options;
  options.directory = options_.directory;
  options.memory = options_.memory != nullptr ? options_.memory : std::make_shared<store::Memory>();
  options.limits = {.flush_events = options_.flush_events,
                    .flush_bytes = options_.flush_bytes,
                    .flush_delay = options_.flush_delay,
                    .max_waiters = options_.max_waiters};
  options.mend = options_.mend;
  options.say = options_.say;
  for (size_t i = 0; i < topology_.entries().size(); ++i) {
    const ProjectionInfo& projection = topology_.entries()[i].projection;
    if (options_.fault) options.fault = options_.fault(projection.name);
    models_.push_back(std::make_unique<Model>(log_, projection, i, options));
    RETURN_IF_ERROR(models_.back()->Open(feeds_, options_.clock()));
  }
  return absl::OkStatus();
}

void Models::Impl::Start() {
  for (const auto& worker : workers_) worker->Start();
  if (options_.mend) tender_ = std::thread([this] { Tend(); });
}

void Models::Impl::Tend() {
  SetThreadName("models-tender");
  std::unique_lock lock(tender_mutex_);
  while (!stop_tending_) {
    lock.unlock();
    for (const auto& model : models_) model->Tend(options_.clock());
    lock.lock();
    tender_bell_.wait_for(lock, absl::ToChronoMilliseconds(kTend),
                          [this] { return stop_tending_; });
  }
}

void Models::Impl::Stop() {
  {
    const std::lock_guard lock(tender_mutex_);
    stop_tending_ = true;
  }
  tender_bell_.notify_all();
  if (tender_.joinable()) tender_.join();
  const absl::Status stopping = Refuse(reason::kShuttingDown, "the server is stopping");
  for (const auto& worker : workers_) worker->Stop(stopping);
  if (scans_ != nullptr) scans_->Stop();
}

// -------------------------------------------------------------------------------------- queries

std::optional<log::Token> Models::Impl::Newest(size_t projection, int partition) const {
  const auto runner = RunnerOf(projection, partition);
  if (runner == nullptr) return std::nullopt;
  const auto view = runner->shard().view();
  return log::Token{view->log_id(), partition, view->position().next_offset};
}

absl::Status Models::Impl::Servable(size_t projection, int partition, const Runner* runner) const {
  const Feed& feed = *feeds_[static_cast<size_t>(partition)];
  if (feed.has_error()) {
    const absl::Status error = feed.error();
    // What has been read so far is good where the log does not answer, or is another one by now.
    const bool good = error.ok() || absl::IsUnavailable(error) ||
                      absl::IsResourceExhausted(error) || absl::IsOutOfRange(error);
    if (!good) return StoppedStatus(error);
  }
  const Model& model = *models_[projection];
  if (runner == nullptr) {
    RETURN_IF_ERROR(model.condition());
    // Between two looks of the tender.
    const absl::Status broken = feed.broken(projection);
    return StoppedStatus(broken.ok() ? absl::UnavailableError("its store is closed") : broken);
  }
  if (!runner->ready()) {
    const std::string cause = model.cause();
    return WithRetryDelay(Refuse(reason::kRebuilding,
                                 absl::StrCat("the read model '", model.projection().name,
                                              "' is still reading partition ", partition,
                                              cause.empty() ? "" : "; it is made anew: ", cause)),
                          absl::Seconds(1));
  }
  return absl::OkStatus();
}

absl::Status Models::Impl::Read(size_t projection, int partition, PartitionReading* reading) const {
  auto runner = RunnerOf(projection, partition);
  RETURN_IF_ERROR(Servable(projection, partition, runner.get()));
  reading->complete_at = runner->complete_at();  // before the view
  reading->view = runner->shard().view();
  reading->keeps = std::move(runner);
  return absl::OkStatus();
}

void Models::Impl::WaitFor(size_t projection, int partition, int64_t next_offset,
                           absl::Time deadline, absl::AnyInvocable<void(absl::Status)> callback) {
  feeds_[static_cast<size_t>(partition)]->Wait(projection,
                                               {next_offset, deadline, std::move(callback)});
}

void Models::Impl::WaitForAll(size_t projection, int partition, int64_t next_offset,
                              absl::Time deadline,
                              absl::AnyInvocable<void(absl::Status)> callback) {
  if (projection == models_.size()) return callback(absl::OkStatus());
  WaitFor(projection, partition, next_offset, deadline,
          [=, this, callback = std::move(callback)](absl::Status status) mutable {
            if (!status.ok()) return callback(status);
            WaitForAll(projection + 1, partition, next_offset, deadline, std::move(callback));
          });
}

// --------------------------------------------------------------------------------------- status

size_t Models::Impl::Place(std::string_view projection) const {
  const auto found = std::find_if(models_.begin(), models_.end(), [&](const auto& model) {
    return model->projection().name == projection;
  });
  return static_cast<size_t>(found - models_.begin());
}

absl::Status Models::Impl::Ready() const {
  for (const auto& feed : feeds_) RETURN_IF_ERROR(feed->error());
  for (const auto& model : models_) RETURN_IF_ERROR(Serves(model->projection().name));
  return absl::OkStatus();
}

absl::Status Models::Impl::Serves(std::string_view projection) const {
  const size_t i = Place(projection);
  if (i == models_.size()) return absl::NotFoundError("there is no such projection");
  for (const auto& feed : feeds_) {
    RETURN_IF_ERROR(Servable(i, feed->partition(), feed->runner(i).get()));
  }
  return absl::OkStatus();
}

std::vector<ShardStatus> Models::Impl::Statuses() const {
  std::vector<ShardStatus> all;
  for (size_t i = 0; i < models_.size(); ++i) {
    for (const auto& feed : feeds_) {
      ShardStatus status;
      status.projection = models_[i]->projection().name;
      status.partition = feed->partition();
      status.error = feed->error();
      status.complete_at = absl::InfinitePast();
      if (const auto runner = feed->runner(i); runner != nullptr) {
        status.complete_at = runner->complete_at();
        status.position = runner->shard().view()->position();
        status.ready = runner->ready();
        status.events = runner->figures().events.load(std::memory_order_relaxed);
        status.flushes = runner->figures().flushes.load(std::memory_order_relaxed);
        status.waiters = runner->figures().waiters.load(std::memory_order_relaxed);
      } else if (status.error.ok()) {
        status.error = models_[i]->condition();
      }
      status.records = feed->figures().counted.load(std::memory_order_relaxed);
      for (int v = 0; v < log::kVerdicts; ++v) {
        status.void_records[v] = feed->figures().void_records[v].load(std::memory_order_relaxed);
      }
      all.push_back(std::move(status));
    }
  }
  return all;
}

ModelFigures Models::Impl::FiguresOf(std::string_view projection) const {
  const size_t i = Place(projection);
  if (i == models_.size()) return {};
  const Model::Figures figures = models_[i]->figures();
  return {.failures = figures.failures, .set_aside = figures.set_aside};
}

std::vector<std::shared_ptr<const store::View>> Models::Impl::Views(
    std::string_view projection) const {
  struct Kept {
    std::shared_ptr<const Runner> runner;
    std::shared_ptr<const store::View> view;  // gone first
  };
  std::vector<std::shared_ptr<const store::View>> views;
  const size_t i = Place(projection);
  if (i == models_.size()) return views;
  for (const auto& feed : feeds_) {
    auto kept = std::make_shared<Kept>();
    kept->runner = feed->runner(i);
    if (kept->runner == nullptr) return {};
    kept->view = kept->runner->shard().view();
    views.emplace_back(kept, kept->view.get());
  }
  return views;
}

// --------------------------------------------------------------------------------------- outside

Models::Models(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Models::~Models() { Stop(); }

absl::StatusOr<std::unique_ptr<Models>> Models::Open(log::EventLog& log, const Topology& topology,
                                                     const ModelsOptions& options) {
  auto impl = std::make_unique<Impl>(log, topology, options);
  RETURN_IF_ERROR(impl->Open());
  return std::unique_ptr<Models>(new Models(std::move(impl)));
}

void Models::Start() { impl_->Start(); }
void Models::Stop() { impl_->Stop(); }

std::vector<const ServiceDescriptor*> Models::services() const {
  std::vector<const ServiceDescriptor*> all;
  for (const auto& entry : impl_->topology().entries()) all.push_back(DescriptorOf(entry.service));
  return all;
}

void Models::Query(const MethodDescriptor& method, const Message& request, absl::Time deadline,
                   Answer answer) {
  impl_->router().Query(method, request, deadline, std::move(answer));
}

void Models::WaitFor(int partition, int64_t next_offset, absl::Time deadline,
                     absl::AnyInvocable<void(absl::Status)> callback) {
  impl_->WaitForAll(0, partition, next_offset, deadline, std::move(callback));
}

absl::Status Models::Ready() const { return impl_->Ready(); }
absl::Status Models::Serves(std::string_view projection) const { return impl_->Serves(projection); }
std::vector<ShardStatus> Models::Statuses() const { return impl_->Statuses(); }
ModelFigures Models::FiguresOf(std::string_view projection) const {
  return impl_->FiguresOf(projection);
}
std::vector<std::shared_ptr<const store::View>> Models::Views(std::string_view projection) const {
  return impl_->Views(projection);
}

}  // namespace daybook::projection
