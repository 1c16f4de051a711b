#include "common/projection/models.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/token.h"
#include "common/projection/feed.h"
#include "common/projection/rebuild.h"
#include "common/projection/runner.h"
#include "common/projection/scan_queue.h"
#include "common/projection/worker.h"
#include "common/store/check.h"
#include "google/protobuf/arena.h"

namespace daybook::projection {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr uint64_t kBatchRecords = 4'096;

// A method that can be asked, by its descriptor.
struct Route {
  size_t projection = 0;  // place in the topology
  const MethodInfo* method = nullptr;
  const FieldDescriptor* customer_id = nullptr;        // null: all partitions
  const FieldDescriptor* consistency_token = nullptr;  // null: never waits
};

const std::string& TextOf(const Message& message, const FieldDescriptor* field,
                          std::string* scratch) {
  return message.GetReflection()->GetStringReference(message, field, scratch);
}

const ServiceDescriptor* ServiceOf(const ServiceInfo& info) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(info.service);
  DAYBOOK_CHECK(service != nullptr);  // its proto is not linked in
  return service;
}

// Memory for a response, used again by the next query of the thread.
class ResponseArena {
 public:
  ResponseArena() : mine_(!busy_) {
    if (mine_) busy_ = true;
  }
  ~ResponseArena() {
    if (!mine_) return;
    Shared().Reset();
    busy_ = false;
  }
  // A query within the answer of a query gets an arena of its own.
  google::protobuf::Arena* get() { return mine_ ? &Shared() : &own_; }

 private:
  static google::protobuf::Arena& Shared() {
    alignas(8) thread_local char first[16 * 1024];
    thread_local google::protobuf::Arena arena(first, sizeof(first));
    return arena;
  }
  static thread_local bool busy_;
  bool mine_;
  google::protobuf::Arena own_;
};
thread_local bool ResponseArena::busy_ = false;

}  // namespace

class Models::Impl {
 public:
  Impl(log::EventLog& log, const Topology& topology, const ModelsOptions& options)
      : log_(log), topology_(topology), options_(options) {}

  absl::Status Open();
  void Start();
  void Stop();

  void Query(const MethodDescriptor& method, const Message& request, absl::Time deadline,
             Answer answer);
  void WaitFor(size_t projection, int partition, int64_t next_offset, absl::Time deadline,
               absl::AnyInvocable<void(absl::Status)> callback);
  void WaitForAll(size_t projection, int partition, int64_t next_offset, absl::Time deadline,
                  absl::AnyInvocable<void(absl::Status)> callback);

  absl::Status Ready() const;
  absl::Status Serves(std::string_view projection) const;
  std::vector<ShardStatus> Statuses() const;
  std::vector<std::shared_ptr<const store::View>> Views(std::string_view projection) const;
  const Topology& topology() const { return topology_; }

 private:
  const store::Shard& ShardOf(size_t projection, int partition) const {
    return feeds_[static_cast<size_t>(partition)]->runner(projection).shard();
  }
  absl::Status OpenStores();
  void AddRoutes();

  absl::Status CheckToken(size_t projection, const log::Token& token) const;
  // The token is seen to: read.
  void Go(const Route& route, const Message& request, absl::Time deadline, Answer answer);
  void Run(const Route& route, const Message& request, absl::Time deadline, Answer& answer);
  absl::Status Collect(const Route& route, const Message& request,
                       std::vector<PartitionReading>* partitions) const;
  absl::Status Servable(size_t projection, int partition) const;

  log::EventLog& log_;
  const Topology topology_;
  const ModelsOptions options_;
  std::vector<std::unique_ptr<store::Store>> stores_;  // one a projection
  std::vector<std::unique_ptr<Feed>> feeds_;           // one a partition
  std::vector<std::unique_ptr<Worker>> workers_;
  absl::flat_hash_map<const MethodDescriptor*, Route> routes_;
  std::unique_ptr<ScanQueue> scans_;
};

// -------------------------------------------------------------------------------------- opening

absl::Status Models::Impl::Open() {
  RETURN_IF_ERROR(OpenStores());
  const int threads = std::clamp(options_.threads, 1, std::max(1, log_.partitions()));
  for (int t = 0; t < threads; ++t) {
    const size_t batch = std::min(kBatchRecords, options_.flush_events);
    workers_.push_back(std::make_unique<Worker>(log_, batch, options_.clock));
  }
  const RunnerLimits limits{.flush_events = options_.flush_events,
                            .flush_bytes = options_.flush_bytes,
                            .flush_delay = options_.flush_delay,
                            .max_waiters = options_.max_waiters};
  for (int partition = 0; partition < log_.partitions(); ++partition) {
    std::vector<std::unique_ptr<Runner>> runners;
    for (size_t i = 0; i < stores_.size(); ++i) {
      ASSIGN_OR_RETURN(auto shard, stores_[i]->OpenShard(partition));
      const absl::Status found = store::CheckAgainst(log_, partition, shard->position());
      if (!found.ok()) {
        return absl::Status(found.code(),
                            absl::StrCat(stores_[i]->options().directory, ": ", found.message()));
      }
      runners.push_back(
          std::make_unique<Runner>(topology_.entries()[i].projection, std::move(shard), limits));
    }
    ASSIGN_OR_RETURN(const log::Extent extent, log_.GetExtent(partition));
    Worker* worker = workers_[static_cast<size_t>(partition % threads)].get();
    feeds_.push_back(std::make_unique<Feed>(log_, partition, std::move(runners), extent.end,
                                            [worker] { worker->WakeForWaiter(); }));
    worker->Add(feeds_.back().get());
  }
  AddRoutes();
  scans_ = std::make_unique<ScanQueue>(options_.max_scans);
  return absl::OkStatus();
}

absl::Status Models::Impl::OpenStores() {
  const auto cache = store::NewBlockCache(options_.block_cache_bytes);
  for (const Topology::Entry& entry : topology_.entries()) {
    store::Options options = LiveOptions(options_.directory, entry.projection);
    options.block_cache = cache;
    RETURN_IF_ERROR(FinishSwitch(options_.directory, entry.projection));
    auto store = store::Store::Open(options);
    if (!store.ok()) {
      return absl::Status(store.status().code(),
                          absl::StrCat("read model '", entry.projection.name, "': ",
                                       store.status().message(), "; `daybook rebuild --projection ",
                                       entry.projection.name, "` makes it anew from the log"));
    }
    stores_.push_back(*std::move(store));
  }
  return absl::OkStatus();
}

// A method is found by the name of its request; every rpc must have one.
void Models::Impl::AddRoutes() {
  const auto field = [](const MethodInfo& method, const char* name) -> const FieldDescriptor* {
    const FieldDescriptor* found = method.request->FindFieldByName(name);
    DAYBOOK_CHECK(found == nullptr || found->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
    return found;
  };
  for (size_t i = 0; i < topology_.entries().size(); ++i) {
    const ServiceInfo& info = topology_.entries()[i].service;
    const ServiceDescriptor* service = ServiceOf(info);
    for (const MethodInfo& method : info.methods) {
      const MethodDescriptor* rpc = nullptr;
      for (int m = 0; m < service->method_count(); ++m) {
        if (service->method(m)->input_type() == method.request) rpc = service->method(m);
      }
      DAYBOOK_CHECK(rpc != nullptr && rpc->output_type() == method.response->GetDescriptor());
      routes_[rpc] = {i, &method, field(method, "customer_id"), field(method, "consistency_token")};
    }
    for (int m = 0; m < service->method_count(); ++m) {
      DAYBOOK_CHECK(routes_.contains(service->method(m)));  // an rpc without an answer
    }
  }
}

void Models::Impl::Start() {
  for (const auto& worker : workers_) worker->Start();
}

void Models::Impl::Stop() {
  const absl::Status stopping = Refuse(Reason::kShuttingDown, "the server is stopping");
  for (const auto& worker : workers_) worker->Stop(stopping);
  if (scans_ != nullptr) scans_->Stop();
}

// -------------------------------------------------------------------------------------- queries

absl::Status Models::Impl::CheckToken(size_t projection, const log::Token& token) const {
  const auto other = [&] {
    return Refuse(Reason::kTokenOtherLog, "the consistency token belongs to another log",
                  {{"log_id", token.log_id}});
  };
  if (token.partition >= log_.partitions()) return other();
  const auto view = ShardOf(projection, token.partition).view();
  if (!view->log_id().empty() && view->log_id() != token.log_id) return other();
  return absl::OkStatus();
}

void Models::Impl::Query(const MethodDescriptor& method, const Message& request,
                         absl::Time deadline, Answer answer) {
  const auto found = routes_.find(&method);
  if (found == routes_.end()) {
    return answer(Refuse(Reason::kUnsupported, "no such query"), nullptr);
  }
  const Route& route = found->second;
  if (const absl::Status valid = route.method->check(request); !valid.ok()) {
    return answer(valid, nullptr);
  }
  if (route.consistency_token != nullptr) {
    std::string scratch;
    const std::string& text = TextOf(request, route.consistency_token, &scratch);
    if (!text.empty()) {
      const absl::StatusOr<log::Token> token = log::DecodeToken(text);
      if (!token.ok()) return answer(token.status(), nullptr);
      const absl::Status ours = CheckToken(route.projection, *token);
      if (!ours.ok()) return answer(ours, nullptr);
      const auto view = ShardOf(route.projection, token->partition).view();
      if (view->position().next_offset < token->next_offset) {
        return WaitFor(route.projection, token->partition, token->next_offset, deadline,
                       [this, &route, &request, deadline, token = *token,
                        answer = std::move(answer)](absl::Status status) mutable {
                         // The log's identity may have been read only now.
                         if (status.ok()) status = CheckToken(route.projection, token);
                         if (!status.ok()) return answer(status, nullptr);
                         Go(route, request, deadline, std::move(answer));
                       });
      }
    }
  }
  Go(route, request, deadline, std::move(answer));
}

void Models::Impl::Go(const Route& route, const Message& request, absl::Time deadline,
                      Answer answer) {
  if (!route.method->scans(request)) return Run(route, request, deadline, answer);
  auto task = [this, &route, &request, deadline,
               answer = std::move(answer)](const absl::Status& status) mutable {
    if (!status.ok()) return answer(status, nullptr);
    Run(route, request, deadline, answer);
  };
  scans_->Add(std::move(task));
}

void Models::Impl::Run(const Route& route, const Message& request, absl::Time deadline,
                       Answer& answer) {
  static thread_local std::vector<PartitionReading> reused;
  std::vector<PartitionReading> partitions = std::move(reused);
  partitions.clear();
  absl::Status status = Collect(route, request, &partitions);
  if (status.ok()) {
    ResponseArena arena;
    Message* response = route.method->response->New(arena.get());
    status = route.method->answer(request, {options_.clock(), deadline, partitions}, response);
    if (status.ok()) answer(status, response);
  }
  partitions.clear();
  reused = std::move(partitions);
  if (!status.ok()) answer(status, nullptr);
}

absl::Status Models::Impl::Servable(size_t projection, int partition) const {
  const Feed& feed = *feeds_[static_cast<size_t>(partition)];
  if (feed.has_error()) {
    const absl::Status error = feed.error();
    if (!error.ok() && !absl::IsUnavailable(error) && !absl::IsResourceExhausted(error)) {
      return StoppedStatus(error);
    }
  }
  if (!feed.ready(projection)) {
    return WithRetryDelay(
        Refuse(Reason::kRebuilding,
               absl::StrCat("the read model '", topology_.entries()[projection].projection.name,
                            "' is still reading partition ", partition)),
        absl::Seconds(1));
  }
  return absl::OkStatus();
}

absl::Status Models::Impl::Collect(const Route& route, const Message& request,
                                   std::vector<PartitionReading>* partitions) const {
  const auto add = [&](int partition) {
    RETURN_IF_ERROR(Servable(route.projection, partition));
    const Runner& runner = feeds_[static_cast<size_t>(partition)]->runner(route.projection);
    PartitionReading reading;
    reading.complete_at = runner.complete_at();  // before the view
    reading.view = runner.shard().view();
    partitions->push_back(std::move(reading));
    return absl::OkStatus();
  };
  if (route.customer_id != nullptr) {
    std::string scratch;
    const std::string& customer = TextOf(request, route.customer_id, &scratch);
    if (!customer.empty()) return add(log::PartitionOf(customer, log_.partitions()));
  }
  for (int partition = 0; partition < log_.partitions(); ++partition) {
    RETURN_IF_ERROR(add(partition));
  }
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
  if (projection == stores_.size()) return callback(absl::OkStatus());
  WaitFor(projection, partition, next_offset, deadline,
          [=, this, callback = std::move(callback)](absl::Status status) mutable {
            if (!status.ok()) return callback(status);
            WaitForAll(projection + 1, partition, next_offset, deadline, std::move(callback));
          });
}

// --------------------------------------------------------------------------------------- status

absl::Status Models::Impl::Ready() const {
  for (const auto& feed : feeds_) {
    const absl::Status error = feed->error();
    if (!error.ok()) return error;
    for (size_t i = 0; i < stores_.size(); ++i) RETURN_IF_ERROR(Servable(i, feed->partition()));
  }
  return absl::OkStatus();
}

absl::Status Models::Impl::Serves(std::string_view projection) const {
  for (size_t i = 0; i < stores_.size(); ++i) {
    if (topology_.entries()[i].projection.name != projection) continue;
    for (const auto& feed : feeds_) RETURN_IF_ERROR(Servable(i, feed->partition()));
    return absl::OkStatus();
  }
  return absl::NotFoundError("there is no such projection");
}

std::vector<ShardStatus> Models::Impl::Statuses() const {
  std::vector<ShardStatus> all;
  for (size_t i = 0; i < stores_.size(); ++i) {
    for (const auto& feed : feeds_) {
      const Runner& runner = feed->runner(i);
      ShardStatus status;
      status.projection = topology_.entries()[i].projection.name;
      status.partition = feed->partition();
      status.complete_at = runner.complete_at();
      status.position = runner.shard().view()->position();
      status.ready = feed->ready(i);
      status.error = feed->error();
      status.records = feed->figures().counted.load(std::memory_order_relaxed);
      status.events = runner.figures().events.load(std::memory_order_relaxed);
      status.flushes = runner.figures().flushes.load(std::memory_order_relaxed);
      status.waiters = runner.figures().waiters.load(std::memory_order_relaxed);
      for (int v = 0; v < log::kVerdicts; ++v) {
        status.void_records[v] = feed->figures().void_records[v].load(std::memory_order_relaxed);
      }
      all.push_back(std::move(status));
    }
  }
  return all;
}

std::vector<std::shared_ptr<const store::View>> Models::Impl::Views(
    std::string_view projection) const {
  std::vector<std::shared_ptr<const store::View>> views;
  for (size_t i = 0; i < stores_.size(); ++i) {
    if (topology_.entries()[i].projection.name != projection) continue;
    for (const auto& feed : feeds_) views.push_back(feed->runner(i).shard().view());
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
  for (const auto& entry : impl_->topology().entries()) all.push_back(ServiceOf(entry.service));
  return all;
}

void Models::Query(const MethodDescriptor& method, const Message& request, absl::Time deadline,
                   Answer answer) {
  impl_->Query(method, request, deadline, std::move(answer));
}

void Models::WaitFor(int partition, int64_t next_offset, absl::Time deadline,
                     absl::AnyInvocable<void(absl::Status)> callback) {
  impl_->WaitForAll(0, partition, next_offset, deadline, std::move(callback));
}

absl::Status Models::Ready() const { return impl_->Ready(); }
absl::Status Models::Serves(std::string_view projection) const { return impl_->Serves(projection); }
std::vector<ShardStatus> Models::Statuses() const { return impl_->Statuses(); }
std::vector<std::shared_ptr<const store::View>> Models::Views(std::string_view projection) const {
  return impl_->Views(projection);
}

}  // namespace daybook::projection
