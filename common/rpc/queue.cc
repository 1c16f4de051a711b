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
#include "common/rpc/stream.h"
#include "common/rpc/unknown_method.h"
#include "common/rpc/wire.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Message;

constexpr absl::Duration kSweepEvery = absl::Milliseconds(200);
constexpr absl::Duration kSweepAfterDeadline = absl::Milliseconds(500);
// Answers up to this size are not counted: what gRPC keeps of the call itself is as much.
constexpr size_t kSmallAnswerBytes = 4 * 1024;
// As waiting_per_method.
constexpr int kWaitingStreams = 2;
constexpr int kWaitingUnknown = 2;

// A connection may have half of the streams, so that its caller's others are not shut out.
constexpr int64_t kTimesFreeOfConnections = 1;

// With so few calls in flight an answer goes out from the thread that has it.
constexpr int kFewCalls = 4;

// A request message that has grown beyond this is not kept for the next call.
constexpr size_t kMaxKeptRequestBytes = 16 * 1024;

}  // namespace

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

namespace {

// `10.0.0.1` of a call that comes from `ipv4:10.0.0.1:40532`.
std::string PeerOfCall(const grpc::ServerContext& context) {
  return TextOf(PeerOfUri(context.peer()));
}

}  // namespace

struct Slot {
  // kSent: gRPC is done with the answer; perhaps there still is a handle.
  enum State { kIdle, kOpen, kClaimed, kSent };

  Slot(Shared& shared, CallQueue& queue, Method& method)
      : shared(shared), queue(queue), method(method) {}

  // True for exactly one caller while the call is open: that one answers.
  bool Claim() {
    State open = kOpen;
    return state.compare_exchange_strong(open, kClaimed, std::memory_order_acq_rel);
  }

  void Answer(grpc::ByteBuffer bytes) {
    if (bytes.Length() > kSmallAnswerBytes) {
      // By address, also where there are certificates: another thread may be asking for that.
      unsent = shared.unsent.Take(static_cast<int64_t>(bytes.Length()),
                                  [this] { return PeerOfCall(*context); });
      if (!unsent.taken()) return AnswerError(shared.TooMuchUnsent(unsent.outcome()));
    }
    Count(absl::StatusCode::kOk);
    response = std::move(bytes);
    queue.Send(this);
  }

  void AnswerError(const absl::Status& refusal) {
    DAYBOOK_CHECK(!refusal.ok());
    Count(refusal.code());
    status = WireStatus(refusal);
    queue.Send(this);
  }

  void Send() {
    if (status.ok()) {
      writer->Finish(response, status, &finished);
    } else {
      writer->FinishWithError(status, &finished);
    }
  }

  void Count(absl::StatusCode code) { method.figures.Handled(code, WallNow() - started); }

  void Unref() {
    if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) queue.Free(this);
  }

  Shared& shared;
  CallQueue& queue;
  Method& method;

  std::optional<grpc::ServerContext> context;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> writer;
  grpc::ByteBuffer payload;
  Pool::Part seat;                   // while there is a handle
  Pool::Part budgeted;               // bytes of the request
  Pool::Part unsent;                 // bytes of a long answer
  std::unique_ptr<Message> request;  // kept from call to call
  grpc::ByteBuffer response;         // with an OK status
  grpc::Status status;
  absl::Time started;
  absl::Time deadline;
  absl::Status deadline_status;
  // What to say of a call that nobody finished: the handler's own word, if it left one.
  const absl::Status& Unfinished(const absl::Status& otherwise) const {
    return deadline_status.ok() ? otherwise : deadline_status;
  }

  bool dropped = false;  // its answer was not taken; the queue's thread
  std::atomic<State> state{kIdle};
  std::atomic<int> refs{0};  // the tag `finished`, the handle

  Event arrived{&Arrived, this};
  Event finished{&Finished, this};

  static void Arrived(void* owner, bool ok) {
    auto* slot = static_cast<Slot*>(owner);
    if (ok) {
      slot->queue.Dispatch(slot);
    } else {
      slot->queue.Free(slot);
      slot->shared.outstanding.fetch_sub(1, std::memory_order_release);
    }
  }
  static void Finished(void* owner, bool) {
    auto* slot = static_cast<Slot*>(owner);
    Shared& shared = slot->shared;
    slot->state.store(Slot::kSent, std::memory_order_release);
    slot->Unref();
    shared.outstanding.fetch_sub(1, std::memory_order_release);
  }
};

namespace {

// What a handler holds.
class UnaryCall final : public Call {
 public:
  UnaryCall(std::shared_ptr<Shared> shared, Slot* slot)
      : shared_(std::move(shared)), slot_(*slot) {}

  ~UnaryCall() override {
    if (slot_.Claim()) slot_.AnswerError(slot_.Unfinished(ShuttingDown()));
    slot_.seat.GiveBack();
    slot_.Unref();
  }

  const google::protobuf::MethodDescriptor& method() const override {
    return slot_.method.descriptor;
  }
  const Message& request() const override { return *slot_.request; }
  absl::Time deadline() const override { return slot_.deadline; }

  std::string_view metadata(std::string_view key) const override {
    return MetadataOf(*slot_.context, key);
  }

  std::string actor() const override { return shared_->Actor(*slot_.context); }

  void SetDeadlineStatus(absl::Status status) override {
    slot_.deadline_status = std::move(status);
  }

  void Finish(const Message& response) override {
    if (slot_.Claim()) slot_.Answer(BufferOf(response));
  }
  void FinishSerialized(std::string response) override {
    if (slot_.Claim()) slot_.Answer(BufferOf(std::move(response)));
  }
  void FinishError(const absl::Status& status) override {
    if (slot_.Claim()) slot_.AnswerError(status);
  }

 private:
  const std::shared_ptr<Shared> shared_;
  Slot& slot_;
};

}  // namespace

std::string_view MetadataOf(const grpc::ServerContext& context, std::string_view key) {
  const auto& all = context.client_metadata();
  const auto it = all.find(grpc::string_ref(key.data(), key.size()));
  return it == all.end() ? std::string_view()
                         : std::string_view(it->second.data(), it->second.size());
}

namespace {

bool IsLoopback(const std::string& address) {
  const auto parsed = ParseAddress(address);
  return parsed.ok() && parsed->loopback();
}

}  // namespace

std::string CallerName(const Shared& shared, const grpc::ServerContext& context) {
  const std::string actor = shared.Actor(context);
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
  return Refuse(Reason::kOverloaded,
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

CallQueue::CallQueue(Shared& shared, std::unique_ptr<grpc::ServerCompletionQueue> queue)
    : shared_(shared), queue_(std::move(queue)) {}

CallQueue::~CallQueue() {
  if (queue_ != nullptr) Stop();
}

void CallQueue::Start() {
  free_.resize(shared_.methods.size());
  for (Method& method : shared_.methods) {
    const int waiting =
        method.stream_handler ? kWaitingStreams : shared_.options.waiting_per_method;
    for (int i = 0; i < waiting; ++i) Post(method);
  }
  for (int i = 0; i < kWaitingUnknown; ++i) UnknownMethod::Post(shared_, queue_.get());
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

Slot* CallQueue::Take(Method& method) {
  std::lock_guard lock(mutex_);
  auto& free = free_[method.number];
  if (free.empty()) {
    slots_.push_back(std::make_unique<Slot>(shared_, *this, method));
    return slots_.back().get();
  }
  Slot* slot = free.back();
  free.pop_back();
  return slot;
}

void CallQueue::Post(Method& method) {
  if (method.stream_handler) {
    const auto seat = std::make_shared<StreamSeat>(shared_, *this, method);
    {
      std::lock_guard lock(mutex_);
      streams_.insert(seat);
    }
    return seat->Post(queue_.get());
  }
  Slot* slot = Take(method);
  slot->context.emplace();
  slot->writer.emplace(&*slot->context);
  shared_.outstanding.fetch_add(1, std::memory_order_relaxed);
  method.service->Request(method.index, &*slot->context, &slot->payload, &*slot->writer,
                          queue_.get(), &slot->arrived);
}

void CallQueue::Forget(const std::shared_ptr<StreamSeat>& seat) {
  std::lock_guard lock(mutex_);
  streams_.erase(seat);
}

std::vector<std::shared_ptr<StreamSeat>> CallQueue::Streams() {
  std::lock_guard lock(mutex_);
  return {streams_.begin(), streams_.end()};
}

void CallQueue::EndStreams(bool all, const absl::Status& status) {
  for (const auto& seat : Streams()) {
    if (all || seat->method().client_streaming()) seat->End(status);
  }
}

void CallQueue::Free(Slot* slot) {
  if (slot->payload.Length() > kMaxKeptRequestBytes) slot->request.reset();
  slot->payload.Clear();
  slot->seat.GiveBack();
  slot->budgeted.GiveBack();
  slot->unsent.GiveBack();
  slot->response.Clear();
  slot->status = grpc::Status::OK;
  slot->writer.reset();
  slot->context.reset();
  slot->deadline_status = absl::OkStatus();
  slot->dropped = false;
  slot->state.store(Slot::kIdle, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  free_[slot->method.number].push_back(slot);
}

void CallQueue::Send(Slot* slot) {
  if (std::this_thread::get_id() == runs_on_.load(std::memory_order_relaxed) ||
      shared_.calls.taken() <= kFewCalls) {
    return slot->Send();
  }
  bool first = false;
  {
    const std::lock_guard lock(answers_mutex_);
    first = answers_.empty();
    answers_.push_back(slot);
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
  for (Slot* slot : queue->sending_) slot->Send();
  queue->sending_.clear();
  queue->shared_.outstanding.fetch_sub(1, std::memory_order_release);
}

void CallQueue::Dispatch(Slot* slot) {
  Method& method = slot->method;
  const ServerOptions& options = shared_.options;
  slot->started = WallNow();
  slot->deadline =
      std::min(absl::FromChrono(slot->context->deadline()), slot->started + options.max_deadline);
  method.figures.Started();
  slot->refs.store(1, std::memory_order_relaxed);
  if (!shared_.stopping.load(std::memory_order_acquire)) Post(method);
  if (slot->started >= next_sweep_ || slot->started + kSweepEvery < next_sweep_) {
    Sweep(slot->started);
  }
  watching_ = true;
  slot->state.store(Slot::kClaimed, std::memory_order_relaxed);

  if (const absl::Status refusal = Admit(slot); !refusal.ok()) {
    slot->seat.GiveBack();
    return slot->AnswerError(refusal);
  }
  slot->refs.store(2, std::memory_order_relaxed);
  slot->state.store(Slot::kOpen, std::memory_order_release);
  method.handler(std::make_unique<UnaryCall>(shared_.shared_from_this(), slot));
}

absl::Status CallQueue::Admit(Slot* slot) {
  if (shared_.stopping.load(std::memory_order_acquire)) return ShuttingDown();
  const auto caller = [&] { return CallerName(shared_, *slot->context); };
  slot->seat = shared_.calls.Take(1, caller);
  if (!slot->seat.taken()) return shared_.TooManyCalls(slot->seat.outcome());
  if (slot->started >= slot->deadline) {
    return Refuse(Reason::kDeadlineExceeded, "the deadline was over when the call came in");
  }
  slot->budgeted = shared_.budget.Take(static_cast<int64_t>(slot->payload.Length()), caller);
  if (!slot->budgeted.taken()) return shared_.TooManyBytes(slot->budgeted.outcome());
  if (slot->request == nullptr) slot->request.reset(slot->method.prototype.New());
  return ReadRequest(slot->method, slot->payload, slot->request.get());
}

void CallQueue::Sweep(absl::Time now) {
  next_sweep_ = now + kSweepEvery;
  watching_ = shared_.streams.taken() + shared_.looking.taken() > 0;
  if (watching_) {
    for (const auto& seat : Streams()) SweepBy(seat->Sweep(now));
  }
  std::vector<Slot*> late;
  {
    std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) {
      const Slot::State state = slot->state.load(std::memory_order_acquire);
      if (state != Slot::kOpen && state != Slot::kClaimed) continue;
      watching_ = true;
      if (state == Slot::kClaimed && now >= slot->deadline + kSweepAfterDeadline + kTakeAnswer &&
          !std::exchange(slot->dropped, true)) {
        if (shared_.not_taken != nullptr) shared_.not_taken->Increment();
        // Only this thread is told that it is sent, so that the call is still there.
        slot->context->TryCancel();
      }
      if (now < slot->deadline + kSweepAfterDeadline || !slot->Claim()) continue;
      late.push_back(slot.get());
    }
  }
  for (Slot* slot : late) {
    slot->AnswerError(slot->deadline_status.ok()
                          ? Refuse(Reason::kDeadlineExceeded, "the server did not finish in time")
                          : slot->deadline_status);
  }
}

void CallQueue::AnswerAll(const absl::Status& status) {
  std::vector<Slot*> open;
  {
    std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) {
      if (slot->Claim()) open.push_back(slot.get());
    }
  }
  for (Slot* slot : open) slot->AnswerError(slot->Unfinished(status));
}

}  // namespace daybook::rpc
