#include "common/rpc/stream.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/rpc/reasons.h"
#include "common/rpc/stream_item.h"
#include "common/rpc/wire.h"

namespace daybook::rpc {
namespace {

// As ServerOptions::waiting_per_method.
constexpr int kWaitingStreams = 2;
// Messages of who looks at the server that are not answered: answers may be long.
constexpr size_t kLookingWindow = 2;
// Of answers that have not left: what each stream may have, and in what pieces it takes more.
constexpr size_t kFreeUnsentBytes = 64 * 1024;
constexpr size_t kUnsentBytes = 64 * 1024;
constexpr absl::Duration kBeforeDeadline = absl::Milliseconds(100);

}  // namespace

class StreamSeats final : public Seats {
 public:
  StreamSeats(Shared& shared, CallQueue& queue, Method& method)
      : shared_(shared), queue_(queue), method_(method) {}

  void Start() override {
    for (int i = 0; i < kWaitingStreams; ++i) Post();
  }

  std::optional<absl::Time> Sweep(absl::Time now) override {
    std::optional<absl::Time> next;
    for (const auto& seat : All()) {
      const std::optional<absl::Time> wanted = seat->Sweep(now);
      if (wanted.has_value()) next = std::min(*wanted, next.value_or(absl::InfiniteFuture()));
    }
    return next;
  }

  void End(const absl::Status& status) override {
    for (const auto& seat : All()) seat->End(status);
  }

  void AnswerAll(const absl::Status&) override {}  // they have been ended

  // One seat more waits for a call.
  void Post() {
    const auto seat = std::make_shared<StreamSeat>(*this, shared_, queue_, method_);
    {
      const std::lock_guard lock(mutex_);
      seats_.insert(seat);
    }
    seat->Post();
  }

  void Forget(const std::shared_ptr<StreamSeat>& seat) {
    const std::lock_guard lock(mutex_);
    seats_.erase(seat);
  }

 private:
  std::vector<std::shared_ptr<StreamSeat>> All() {
    const std::lock_guard lock(mutex_);
    return {seats_.begin(), seats_.end()};
  }

  Shared& shared_;
  CallQueue& queue_;
  Method& method_;
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<StreamSeat>> seats_;
};

std::unique_ptr<Seats> NewStreamSeats(Shared& shared, CallQueue& queue, Method& method) {
  return std::make_unique<StreamSeats>(shared, queue, method);
}

StreamSeat::StreamSeat(StreamSeats& seats, Shared& shared, CallQueue& queue, Method& method)
    : seats_(seats), method_(method), queue_(queue), shared_(shared.shared_from_this()) {}

StreamSeat::~StreamSeat() = default;

template <void (StreamSeat::*on)(bool)>
void StreamSeat::Call(void* owner, bool ok) {
  const auto seat = static_cast<StreamSeat*>(owner)->shared_from_this();
  (seat.get()->*on)(ok);
  bool last;
  {
    std::lock_guard lock(seat->mutex_);
    last = --seat->expected_ == 0;
  }
  if (last) seat->seats_.Forget(seat);
  seat->shared_->outstanding.fetch_sub(1, std::memory_order_release);
}

void StreamSeat::Expect() {
  ++expected_;
  shared_->outstanding.fetch_add(1, std::memory_order_relaxed);
}

void StreamSeat::Post() {
  context_.AsyncNotifyWhenDone(&done_);
  {
    std::lock_guard lock(mutex_);
    Expect();
  }
  method_.service->RequestStream(method_.index, &context_, &rpc_, queue_.grpc(), &arrived_);
}

void StreamSeat::OnArrived(bool ok) {
  if (!ok) return;  // the server has shut down
  started_ = WallNow();
  caller_ = shared_->CallerName(context_);
  if (context_.deadline() != std::chrono::system_clock::time_point::max()) {
    deadline_ = absl::FromChrono(context_.deadline());
    stop_reading_at_ = deadline_ - std::min((deadline_ - started_) / 10, kBeforeDeadline);
  }
  method_.figures.Started();
  const StreamUse use = method_.stream_use;
  Pool& pool = use == StreamUse::kWork ? shared_->streams : shared_->looking;
  seat_ = pool.Take(1, [this] { return caller_; });
  if (seat_.taken() && use == StreamUse::kWork) {
    // That is the connection: address and port.
    connection_seat_ = shared_->streams_of_connections.Take(1, [this] { return context_.peer(); });
    if (!connection_seat_.taken()) seat_.GiveBack();
  }
  {
    std::lock_guard lock(mutex_);
    open_ = true;
    Expect();  // of `done_`
    if (shared_->Refuses(method_)) end_ = ShuttingDown();
  }
  if (!shared_->stopping.load(std::memory_order_acquire)) seats_.Post();
  absl::Status refused;
  if (!seat_.taken()) {
    const bool greedy = seat_.outcome() == Pool::Outcome::kTaken;
    refused = shared_->TooManyStreams(greedy ? Pool::Outcome::kGreedy : seat_.outcome(), use);
  } else if (started_ >= deadline_) {
    refused = Refuse(reason::kDeadlineExceeded, "the deadline was over when the call came in");
  } else if (auto handler = method_.stream_handler(*this); handler.ok()) {
    handler_ = *std::move(handler);
  } else {
    refused = handler.status();
  }
  std::lock_guard lock(mutex_);
  if (!refused.ok() && !end_.has_value()) end_ = refused;
  queue_.SweepBy(stop_reading_at_);
  Advance();
}

void StreamSeat::OnRead(bool ok) {
  const absl::Time now = WallNow();
  uint64_t number;
  absl::Time deadline;
  {
    std::lock_guard lock(mutex_);
    reading_ = false;
    if (!ok) {
      half_closed_ = true;
      if (!method_.descriptor.client_streaming() && !end_.has_value()) {
        end_ = Refuse(reason::kMalformedRequest, "the call has no request");
      }
      return Advance();
    }
    if (!open_ || end_.has_value()) return Advance();       // not taken
    half_closed_ = !method_.descriptor.client_streaming();  // sends no more that we would read
    // One message for as long as the caller wants to be told: no answer of it is ever late.
    deadline = half_closed_ ? stop_reading_at_
                            : std::min(stop_reading_at_, now + shared_->options.max_deadline);
    number = first_due_ + due_.size();
    due_.push_back({deadline});
    ++held_;
  }
  method_.figures.Received();
  auto item = std::make_unique<Item>(shared_from_this(), number, deadline,
                                     static_cast<int64_t>(payload_.Length()));
  payload_.Clear();
  handler_(std::move(item));
  std::lock_guard lock(mutex_);
  Advance();
}

void StreamSeat::OnWritten(bool ok) {
  std::lock_guard lock(mutex_);
  writing_ = false;
  ++written_count_;
  if (out_.front().answer) --held_;
  out_bytes_ -= out_.front().bytes.Length();
  out_.pop_front();
  HoldUnsent();
  if (ok) {
    method_.figures.Sent();
  } else {
    DropUnsent();  // the caller is gone; `done_` comes
  }
  Advance();
}

void StreamSeat::OnFinished(bool) {}

void StreamSeat::OnDone(bool) {
  std::vector<std::function<void()>> when_over;
  absl::StatusCode code;
  {
    std::lock_guard lock(mutex_);
    open_ = false;
    code = !context_.IsCancelled()  ? end_.value_or(absl::OkStatus()).code()
           : WallNow() >= deadline_ ? absl::StatusCode::kDeadlineExceeded
                                    : absl::StatusCode::kCancelled;
    DropUnsent();
    when_over.swap(when_over_);
  }
  method_.figures.Handled(code, WallNow() - started_);
  seat_.GiveBack();
  connection_seat_.GiveBack();
  handler_ = nullptr;
  for (const auto& callback : when_over) callback();
}

void StreamSeat::Advance() {
  if (!open_ || finishing_) return;
  const bool over = half_closed_ || end_.has_value();
  if (!reading_ && !over && held_ < Window()) {
    reading_ = true;
    Expect();
    rpc_.Read(&payload_, &read_);
  }
  if (!writing_ && !out_.empty()) {
    writing_ = true;
    Expect();
    grpc::WriteOptions how;
    if (out_.size() > 1) how.set_buffer_hint();
    rpc_.Write(out_.front().bytes, how, &written_);
  }
  if (!writing_ && out_.empty() && (aborted_ || (over && held_ == 0))) {
    finishing_ = true;
    Expect();
    rpc_.Finish(WireStatus(end_.value_or(absl::OkStatus())), &finished_);
  }
}

size_t StreamSeat::Window() const {
  return method_.stream_use == StreamUse::kWork
             ? static_cast<size_t>(shared_->options.stream_window)
             : kLookingWindow;
}

void StreamSeat::End(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  if (open_ && !end_.has_value()) end_ = status;
  if (open_ && !method_.descriptor.client_streaming()) aborted_ = true;
  Advance();
}

void StreamSeat::Abort(const absl::Status& status) {
  end_ = status;
  aborted_ = true;
  DropUnsent();
  Advance();
}

std::optional<absl::Time> StreamSeat::Sweep(absl::Time now) {
  std::lock_guard lock(mutex_);
  if (!open_ || finishing_) return std::nullopt;
  if (!aborted_) LookForStandstill(now);
  if (aborted_) context_.TryCancel();  // a caller who does not take what is being written
  if (!due_.empty() && now >= due_.front().deadline + kAfterDeadline) {
    Abort(deadline_status_.ok()
              ? Refuse(reason::kDeadlineExceeded, "the server did not answer in time")
              : deadline_status_);
  } else if (!end_.has_value() && now >= stop_reading_at_) {
    end_ = Refuse(reason::kDeadlineExceeded, "the deadline of the stream has come");
    Advance();
  }
  return end_.has_value() ? absl::InfiniteFuture() : stop_reading_at_;
}

void StreamSeat::DropUnsent() {
  const size_t kept = writing_ ? 1 : 0;
  for (size_t i = kept; i < out_.size(); ++i) {
    held_ -= out_[i].answer ? 1 : 0;
    out_bytes_ -= out_[i].bytes.Length();
  }
  out_.resize(std::min(kept, out_.size()));
  HoldUnsent();
}

void StreamSeat::Keep(Out out) {
  out_bytes_ += out.bytes.Length();
  out_.push_back(std::move(out));
  EndIfTooMuch();
}

void StreamSeat::EndIfTooMuch() {
  if (!HoldUnsent()) Abort(shared_->TooMuchUnsent(Pool::Outcome::kGreedy));
}

bool StreamSeat::HoldUnsent() {
  if (out_bytes_ <= kFreeUnsentBytes && unsent_.empty()) return true;
  const size_t beyond = out_bytes_ - std::min(out_bytes_, kFreeUnsentBytes);
  const size_t wanted = (beyond + kUnsentBytes - 1) / kUnsentBytes;
  if (unsent_.size() > wanted) unsent_.resize(wanted);
  while (unsent_.size() < wanted) {
    unsent_.push_back(shared_->unsent.Take(kUnsentBytes, [this] { return caller_; }));
    if (unsent_.back().taken()) continue;
    unsent_.pop_back();
    return false;
  }
  return true;
}

void StreamSeat::LookForStandstill(absl::Time now) {
  if (!writing_ || std::exchange(looked_at_count_, written_count_) != written_count_) {
    looked_at_ = now;
  } else if (now - looked_at_ > shared_->options.max_deadline + kTakeAnswer) {
    if (shared_->not_taken != nullptr) shared_->not_taken->Increment();
    Abort(Refuse(reason::kOverloaded,
                 "the caller takes no answers; what was commanded may be recorded"));
  }
}

void StreamSeat::Answered(uint64_t number) {
  due_[number - first_due_].answered = true;
  for (; !due_.empty() && due_.front().answered; ++first_due_) due_.pop_front();
}

std::string_view StreamSeat::metadata(std::string_view key) const {
  return MetadataOf(context_, key);
}

std::string StreamSeat::actor() const { return shared_->Actor(context_); }

}  // namespace daybook::rpc
