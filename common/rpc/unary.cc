#include "common/rpc/unary.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/wire.h"

namespace daybook::rpc {
namespace {

using google::protobuf::Message;

// Answers up to this size are not counted: what gRPC keeps of the call itself is as much.
constexpr size_t kSmallAnswerBytes = 4 * 1024;

// A request message that has grown beyond this is not kept for the next call.
constexpr size_t kMaxKeptRequestBytes = 16 * 1024;

struct Slot;

class UnarySeats final : public Seats {
 public:
  UnarySeats(Shared& shared, CallQueue& queue, Method& method)
      : shared(shared), queue(queue), method(method) {}

  void Start() override {
    for (int i = 0; i < shared.options.waiting_per_method; ++i) Post();
  }
  std::optional<absl::Time> Sweep(absl::Time now) override;
  void End(const absl::Status&) override {}  // calls end by themselves
  void AnswerAll(const absl::Status& status) override;

  void Dispatch(Slot* slot);  // a call has arrived
  void Free(Slot* slot);

  Shared& shared;
  CallQueue& queue;
  Method& method;

 private:
  void Post();                     // one slot more waits for a call
  absl::Status Admit(Slot* slot);  // what it takes of the pools, and its request; or why not
  Slot* Take();

  std::mutex mutex_;  // guards the lists
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
};

struct Slot final : Outgoing {
  // kSent: gRPC is done with the answer; perhaps there still is a handle.
  enum State { kIdle, kOpen, kClaimed, kSent };

  explicit Slot(UnarySeats& seats);

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

  void Send() override {
    if (status.ok()) {
      writer->Finish(response, status, &finished);
    } else {
      writer->FinishWithError(status, &finished);
    }
  }

  void Count(absl::StatusCode code) { method.figures.Handled(code, WallNow() - started); }

  void Unref() {
    if (refs.fetch_sub(1, std::memory_order_acq_rel) == 1) seats.Free(this);
  }

  UnarySeats& seats;
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
      slot->seats.Dispatch(slot);
    } else {
      slot->seats.Free(slot);
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

Slot::Slot(UnarySeats& seats)
    : seats(seats), shared(seats.shared), queue(seats.queue), method(seats.method) {}

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

// ----------------------------------------------------------------------------------------- seats

Slot* UnarySeats::Take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Slot>(*this));
    return slots_.back().get();
  }
  Slot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void UnarySeats::Post() {
  Slot* slot = Take();
  slot->context.emplace();
  slot->writer.emplace(&*slot->context);
  shared.outstanding.fetch_add(1, std::memory_order_relaxed);
  method.service->Request(method.index, &*slot->context, &slot->payload, &*slot->writer,
                          queue.grpc(), &slot->arrived);
}

void UnarySeats::Free(Slot* slot) {
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
  const std::lock_guard lock(mutex_);
  free_.push_back(slot);
}

void UnarySeats::Dispatch(Slot* slot) {
  slot->started = WallNow();
  slot->deadline = std::min(absl::FromChrono(slot->context->deadline()),
                            slot->started + shared.options.max_deadline);
  method.figures.Started();
  slot->refs.store(1, std::memory_order_relaxed);
  if (!shared.stopping.load(std::memory_order_acquire)) Post();
  queue.WatchAndSweep(slot->started);
  slot->state.store(Slot::kClaimed, std::memory_order_relaxed);

  if (const absl::Status refusal = Admit(slot); !refusal.ok()) {
    slot->seat.GiveBack();
    return slot->AnswerError(refusal);
  }
  slot->refs.store(2, std::memory_order_relaxed);
  slot->state.store(Slot::kOpen, std::memory_order_release);
  method.handler(std::make_unique<UnaryCall>(shared.shared_from_this(), slot));
}

absl::Status UnarySeats::Admit(Slot* slot) {
  if (shared.stopping.load(std::memory_order_acquire)) return ShuttingDown();
  const auto caller = [&] { return shared.CallerName(*slot->context); };
  slot->seat = shared.calls.Take(1, caller);
  if (!slot->seat.taken()) return shared.TooManyCalls(slot->seat.outcome());
  if (slot->started >= slot->deadline) {
    return Refuse(reason::kDeadlineExceeded, "the deadline was over when the call came in");
  }
  slot->budgeted = shared.budget.Take(static_cast<int64_t>(slot->payload.Length()), caller);
  if (!slot->budgeted.taken()) return shared.TooManyBytes(slot->budgeted.outcome());
  if (slot->request == nullptr) slot->request.reset(method.prototype.New());
  return ReadRequest(method, slot->payload, slot->request.get());
}

std::optional<absl::Time> UnarySeats::Sweep(absl::Time now) {
  bool watched = false;
  std::vector<Slot*> late;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) {
      const Slot::State state = slot->state.load(std::memory_order_acquire);
      if (state != Slot::kOpen && state != Slot::kClaimed) continue;
      watched = true;
      if (state == Slot::kClaimed && now >= slot->deadline + kAfterDeadline + kTakeAnswer &&
          !std::exchange(slot->dropped, true)) {
        if (shared.not_taken != nullptr) shared.not_taken->Increment();
        // Only this thread is told that it is sent, so that the call is still there.
        slot->context->TryCancel();
      }
      if (now < slot->deadline + kAfterDeadline || !slot->Claim()) continue;
      late.push_back(slot.get());
    }
  }
  for (Slot* slot : late) {
    slot->AnswerError(
        slot->Unfinished(Refuse(reason::kDeadlineExceeded, "the server did not finish in time")));
  }
  return watched ? std::optional(now + kSweepEvery) : std::nullopt;
}

void UnarySeats::AnswerAll(const absl::Status& status) {
  std::vector<Slot*> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& slot : slots_) {
      if (slot->Claim()) open.push_back(slot.get());
    }
  }
  for (Slot* slot : open) slot->AnswerError(slot->Unfinished(status));
}

}  // namespace

std::unique_ptr<Seats> NewUnarySeats(Shared& shared, CallQueue& queue, Method& method) {
  return std::make_unique<UnarySeats>(shared, queue, method);
}

}  // namespace daybook::rpc
