#include "common/rpc/http2_gate.h"

#include <algorithm>
#include <utility>

namespace daybook::rpc {
namespace {

// Of the caller's side, before the first frame.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr int kFrameHeaderBytes = 9;
constexpr uint32_t kPrefixBytes = 5;  // compressed or not, and the length
// The pool is asked for so much at a time.
constexpr size_t kHoldBytes = 256 * 1024;
constexpr absl::Duration kLookEvery = absl::Seconds(1);

enum Type : uint8_t { kData = 0, kHeaders = 1, kRst = 3, kWindow = 8, kContinuation = 9 };
constexpr uint8_t kEndStream = 1;

}  // namespace

Http2Gate::Http2Gate(std::string name, const Limits& limits)
    : name_(std::move(name)), limits_(limits), in_{.skip = kPreface.size()} {}

bool Http2Gate::NextFrame(Cutter& c, std::string_view& bytes) {
  const uint64_t skipped = std::min<uint64_t>(c.skip, bytes.size());
  c.skip -= skipped;
  bytes.remove_prefix(skipped);
  while (c.header_bytes < kFrameHeaderBytes) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    switch (c.header_bytes++) {
      case 0:
        c.payload = byte;
        break;
      case 1:
      case 2:
        c.payload = c.payload << 8 | byte;
        break;
      case 3:
        c.type = byte;
        break;
      case 4:
        c.flags = byte;
        break;
      case 5:
        c.stream = byte & 0x7f;
        break;
      default:
        c.stream = c.stream << 8 | byte;
    }
  }
  return true;
}

Http2Gate::Verdict Http2Gate::Received(std::string_view bytes, absl::Time now) {
  const std::lock_guard lock(mutex_);
  while (verdict_ == Verdict::kGoOn) {
    const bool within = in_.header_bytes == kFrameHeaderBytes;
    if (!within) {
      if (!NextFrame(in_, bytes)) break;
      BeginFrame(now);
    }
    const std::string_view payload = bytes.substr(0, in_.payload);
    bytes.remove_prefix(payload.size());
    in_.payload -= static_cast<uint32_t>(payload.size());
    if (in_.type == kData) Data(payload, now);
    if (in_.payload > 0) break;
    if (in_.type == kData && (in_.flags & kEndStream) != 0) Forget(in_.stream);
    in_.header_bytes = 0;
  }
  if (verdict_ == Verdict::kGoOn) Hold();
  if (verdict_ == Verdict::kGoOn && unfinished_ > 0) LookForLate(now);
  return verdict_;
}

void Http2Gate::BeginFrame(absl::Time now) {
  switch (in_.type) {
    case kData:
      if (in_.payload == 0 && (in_.flags & kEndStream) == 0) Charge(now);
      return;
    case kHeaders:
      block_ = 0;
      // Later ones of a call are its last word.
      if (in_.stream > last_stream_) {
        last_stream_ = in_.stream;
        if ((in_.flags & kEndStream) == 0) streams_.try_emplace(in_.stream);
      } else if ((in_.flags & kEndStream) != 0) {
        Forget(in_.stream);
      }
      [[fallthrough]];
    case kContinuation:
      // Empty ones count, too.
      block_ += kFrameHeaderBytes + in_.payload;
      if (block_ > kMaxHeaderBlock) verdict_ = Verdict::kHeaderTooLarge;
      return;
    case kWindow:
      return;  // as many as answers need
    case kRst:
      Forget(in_.stream);
      [[fallthrough]];
    default:
      Charge(now);
  }
}

void Http2Gate::Data(std::string_view bytes, absl::Time now) {
  const auto it = bytes.empty() ? streams_.end() : streams_.find(in_.stream);
  if (it == streams_.end()) return;  // a call that is over
  Stream& s = it->second;
  while (!bytes.empty()) {
    if (s.received == 0) s.begun = now;
    if (s.received < kPrefixBytes) {
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (s.received > 0) s.length = s.length << 8 | byte;
      ++s.received;
      ++unfinished_;
      if (s.received < kPrefixBytes) continue;
      if (s.length > limits_.max_message_bytes) return Forget(in_.stream);  // gRPC refuses it
    }
    const uint64_t left = uint64_t{kPrefixBytes} + s.length - s.received;
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>(left, bytes.size()));
    bytes.remove_prefix(taken);
    s.received += taken;
    unfinished_ += taken;
    if (s.received < uint64_t{kPrefixBytes} + s.length) continue;
    unfinished_ -= s.received;
    s = {};
  }
}

void Http2Gate::Forget(uint32_t stream) {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) return;
  unfinished_ -= it->second.received;
  streams_.erase(it);
}

void Http2Gate::Charge(absl::Time now) {
  const double earned = absl::ToDoubleSeconds(std::max(now - charged_, absl::ZeroDuration()));
  charged_ = now;
  frames_left_ =
      std::min<double>(kFramesAtOnce, frames_left_ + std::min(earned, 1e3) * kFramesPerSecond) - 1;
  if (frames_left_ < 0) verdict_ = Verdict::kTooManyFrames;
}

void Http2Gate::Hold() {
  if (unfinished_ <= kFreeBytes && held_.empty()) return;
  const size_t beyond = unfinished_ - std::min(unfinished_, kFreeBytes);
  const size_t wanted = (beyond + kHoldBytes - 1) / kHoldBytes;
  if (held_.size() > 2 * wanted) held_.resize(wanted);
  while (held_.size() < wanted) {
    held_.push_back(limits_.unfinished->Take(kHoldBytes, [this] { return name_; }));
    if (held_.back().taken()) continue;
    verdict_ = Verdict::kTooManyBytes;
    held_.clear();
    return;
  }
}

void Http2Gate::LookForLate(absl::Time now) {
  if (now < look_again_) return;
  look_again_ = now + kLookEvery;
  for (const auto& [id, stream] : streams_) {
    if (stream.received > 0 && now - stream.begun > limits_.message_time) {
      verdict_ = Verdict::kTooLate;
    }
  }
}

void Http2Gate::Sent(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  while (true) {
    const bool within = out_.header_bytes == kFrameHeaderBytes;
    if (!within && !NextFrame(out_, bytes)) return;
    const size_t skipped = std::min<size_t>(out_.payload, bytes.size());
    bytes.remove_prefix(skipped);
    out_.payload -= static_cast<uint32_t>(skipped);
    if (out_.payload > 0) return;
    const bool last = (out_.type == kData || out_.type == kHeaders) &&
                      (out_.flags & kEndStream) != 0;
    if (last || out_.type == kRst) Forget(out_.stream);
    out_.header_bytes = 0;
    Hold();
  }
}

void Http2Gate::Closed() {
  const std::lock_guard lock(mutex_);
  held_.clear();
  streams_.clear();
  unfinished_ = 0;
}

}  // namespace daybook::rpc
