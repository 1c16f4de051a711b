#include "common/rpc/stream_item.h"

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/rpc/wire.h"

namespace daybook::rpc {

StreamSeat::Item::Item(std::shared_ptr<StreamSeat> seat, uint64_t number, absl::Time deadline,
                       int64_t bytes)
    : seat_(std::move(seat)),
      number_(number),
      deadline_(deadline),
      message_(seat_->method_.prototype.New()),
      budgeted_(seat_->shared_->budget.Take(bytes, [this] { return seat_->caller_; })) {
  problem_ = ReadRequest(seat_->method_, seat_->payload_, message_.get());
  if (!budgeted_.taken()) problem_ = seat_->shared_->TooManyBytes(budgeted_.outcome());
}

StreamSeat::Item::~Item() {
  if (answered_) return;
  std::lock_guard lock(seat_->mutex_);
  seat_->Answered(number_);
  --seat_->held_;
  seat_->Advance();
}

void StreamSeat::Item::Answer(std::string response) {
  DAYBOOK_CHECK(!std::exchange(answered_, true));
  Out out{.bytes = BufferOf(std::move(response)), .answer = true};
  std::lock_guard lock(seat_->mutex_);
  seat_->Answered(number_);
  if (!seat_->open_ || seat_->aborted_) {
    --seat_->held_;
  } else {
    seat_->Keep(std::move(out));
  }
  seat_->Advance();
}

void StreamSeat::Item::SendNewest(std::string response) {
  Out out{.bytes = BufferOf(std::move(response)), .item = number_};
  std::lock_guard lock(seat_->mutex_);
  if (!seat_->open_ || seat_->aborted_) return;
  auto& waiting = seat_->out_;
  const auto mine = std::find_if(waiting.begin() + (seat_->writing_ ? 1 : 0), waiting.end(),
                                 [this](const Out& o) { return o.item == number_; });
  if (mine != waiting.end()) {
    seat_->out_bytes_ += out.bytes.Length();
    seat_->out_bytes_ -= mine->bytes.Length();
    *mine = std::move(out);
    seat_->EndIfTooMuch();
  } else {
    seat_->Keep(std::move(out));
  }
  seat_->Advance();
}

void StreamSeat::Item::EndStream(const absl::Status& status) {
  std::lock_guard lock(seat_->mutex_);
  if (seat_->open_ && !seat_->finishing_) seat_->Abort(status);
}

void StreamSeat::Item::WhenOver(std::function<void()> callback) {
  std::lock_guard lock(seat_->mutex_);
  seat_->when_over_.push_back(std::move(callback));
}

}  // namespace daybook::rpc
