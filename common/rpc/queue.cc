#include "common/rpc/queue.h"

#include <grpc/support/time.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/address.h"
#include "common/rpc/peer.h"

namespace daybook::rpc {
namespace {

// A connection may have half of the streams, so that its caller's others are not shut out.
constexpr int64_t kTimesFreeOfConnections = 1;

// With so few calls in flight an answer goes out from the thread that has it.
constexpr int kFewCalls = 4;

bool IsLoopback(const std::string& address) {
  const auto parsed = ParseAddress(address);
  return parsed.ok() && parsed->loopback();
}

}  // namespace

// ------------------------------------------------------------------------------------- services

void RawService::Add(Method& method) {
  method.service = this;
  method.index = size_++;
  // On the wire all streams are alike.
  AddMethod(new grpc::internal::RpcServiceMethod(method.path.c_str(),
                                                 method.stream_handler
                                                     ? grpc::internal::RpcMethod::BIDI_STREAMING
                                                     : grpc::internal::RpcMethod::NORMAL_RPC,
                                                 nullptr));
  MarkMethodAsync(method.index);
}

std::string_view MetadataOf(const grpc::ServerContext& context, std::string_view key) {
  const auto& all = context.client_metadata();
  const auto it = all.find(grpc::string_ref(key.data(), key.size()));
  return it == all.end() ? std::string_view()
                         : std::string_view(it->second.data(), it->second.size());
}

std::string PeerOfCall(const grpc::ServerContext& context) {
  return TextOf(PeerOfUri(context.peer()));
}

// ---------------------------------------------------------------------------------------- shared

std::string Shared::CallerName(const grpc::ServerContext& context) const {
  const std::string actor = Actor(context);
  const bool certified = actor != "local" && actor != "anonymous";
  return certified ? "certificate " + actor : PeerOfCall(context);
}

Shared::Shared(const ServerOptions& options)
    : options(options),
      loopback(IsLoopback(options.address)),
      calls(options.max_in_flight),
      streams(options.max_streams),
      streams_of_connections(options.max_streams, kTimesFreeOfConnections),
      looking(options.max_looking_streams),
      budget(options.max_in_flight_bytes),
      unsent(options.max_unsent_bytes) {
  grpc_init();  // contexts in slots may be the last that need it
  if (options.metrics != nullptr) {
    overloaded = &options.metrics->AddCounter("daybook_rpc_overloaded_total",
                                              "Calls refused because too many were in flight.");
    not_taken = &options.metrics->AddCounter(
        "daybook_rpc_answers_not_taken_total",
        "Answers dropped because their callers did not read them in time.");
  }
}

absl::Status Shared::Overloaded(Pool::Outcome why, const std::string& what) {
  if (overloaded != nullptr) overloaded->Increment();
  return Refuse(reason::kOverloaded,
                why == Pool::Outcome::kGreedy
                    ? absl::StrCat("this caller has its share of what the server takes: ", what)
                    : what);
}

absl::Status Shared::TooManyCalls(Pool::Outcome why) {
  return Overloaded(why, absl::StrCat("more than ", options.max_in_flight, " calls are in flight"));
}

absl::Status Shared::TooManyStreams(Pool::Outcome why, StreamUse use) {
  const int most = use == StreamUse::kWork ? options.max_streams : options.max_looking_streams;
  return Overloaded(why, absl::StrCat("more than ", most, " streams are open"));
}

absl::Status Shared::TooManyBytes(Pool::Outcome why) {
  return Overloaded(why, absl::StrCat("more than ", options.max_in_flight_bytes,
                                      " bytes of requests are in flight"));
}

absl::Status Shared::TooMuchUnsent(Pool::Outcome why) {
  return Overloaded(why, absl::StrCat("callers have not taken ", options.max_unsent_bytes,
                                      " bytes of answers; what was commanded may be recorded"));
}

bool Shared::Refuses(const Method& method) const {
  return stopping.load(std::memory_order_acquire) ||
         (draining_streams.load(std::memory_order_acquire) && method.descriptor.client_streaming());
}

Shared::~Shared() {
  queues.clear();
  grpc_shutdown();
}

// ----------------------------------------------------------------------------------------- queue

CallQueue::CallQueue(Shared& shared, std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : shared_(shared), queue_(std::move(queue)) {}

CallQueue::~CallQueue() {
  if (queue_ != nullptr) Stop();
}

void CallQueue::Start() {
  for (Method& method : shared_.methods) {
    seats_.push_back(method.seats(shared_, *this, method));
    seats_.back()->Start();
  }
  thread_ = std::thread([this] { Run(); });
}

void CallQueue::Stop() {
  queue_->Shutdown();
  if (thread_.joinable()) thread_.join();
  void* tag;
  bool ok;
  while (queue_->Next(&tag, &ok)) {
  }
  queue_.reset();
}

void CallQueue::Run() {
  runs_on_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  // The timer runs only while somebody is to be watched. In monotonic time and computed once a
  // sweep, because conversions read the clock.
  gpr_timespec wake = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  const gpr_timespec never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    switch (queue_->AsyncNext(&tag, &ok, watching_ ? wake : never)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        Sweep(WallNow());
        break;
      case grpc::CompletionQueue::GOT_EVENT: {
        const auto* event = static_cast<const Event*>(tag);
        const absl::Time swept = next_sweep_;
        const bool watched = watching_;
        event->proceed(event->owner, ok);
        if (swept == next_sweep_ && watched == watching_) continue;
        break;
      }
    }
    // The clock may have been set back since the last sweep.
    const absl::Duration left =
        std::clamp(next_sweep_ - WallNow(), absl::Milliseconds(1), kSweepEvery);
    wake = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_millis(absl::ToInt64Milliseconds(left), GPR_TIMESPAN));
  }
}

void CallQueue::WatchAndSweep(absl::Time now) {
  // The clock may have been set back since the last sweep.
  if (now >= next_sweep_ || now + kSweepEvery < next_sweep_) Sweep(now);
  watching_ = true;
}

void CallQueue::Sweep(absl::Time now) {
  next_sweep_ = now + kSweepEvery;
  watching_ = false;
  for (const auto& seats : seats_) {
    if (const auto next = seats->Sweep(now); next.has_value()) SweepBy(*next);
  }
}

void CallQueue::EndStreams(bool all, const absl::Status& status) {
  for (const Method& method : shared_.methods) {
    if (all || method.descriptor.client_streaming()) seats_[method.number]->End(status);
  }
}

void CallQueue::AnswerAll(const absl::Status& status) {
  for (const auto& seats : seats_) seats->AnswerAll(status);
}

void CallQueue::Send(Outgoing* answer) {
  if (std::this_thread::get_id() == runs_on_.load(std::memory_order_relaxed) ||
      shared_.calls.taken() <= kFewCalls) {
    return answer->Send();
  }
  bool first = false;
  {
    const std::lock_guard lock(answers_mutex_);
    first = answers_.empty();
    answers_.push_back(answer);
  }
  if (!first) return;
  shared_.outstanding.fetch_add(1, std::memory_order_relaxed);
  answers_alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), &answers_wait_);
}

void CallQueue::SendAnswers(void* owner, bool) {
  auto* queue = static_cast<CallQueue*>(owner);
  {
    const std::lock_guard lock(queue->answers_mutex_);
    queue->sending_.swap(queue->answers_);
  }
  for (Outgoing* answer : queue->sending_) answer->Send();
  queue->sending_.clear();
  queue->shared_.outstanding.fetch_sub(1, std::memory_order_release);
}

}  // namespace daybook::rpc
