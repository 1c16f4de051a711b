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

enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kRst = 3,
  kSettings = 4,
  kWindow = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;

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
  c.size = c.payload;
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
    if (in_.type == kData) EndData(now);
    in_.header_bytes = 0;
  }
  if (verdict_ == Verdict::kGoOn) Hold();
  if (verdict_ == Verdict::kGoOn && !acknowledged_) LookForAcknowledgement(now);
  if (verdict_ == Verdict::kGoOn && unfinished_ > 0) LookForLate(now);
  return verdict_;
}

void Http2Gate::BeginFrame(absl::Time now) {
  switch (in_.type) {
    case kData: {
      advanced_ = false;
      const auto it = streams_.find(in_.stream);
      if (it == streams_.end()) return;
      it->second.held += kFrameBytes;
      unfinished_ += kFrameBytes;
      return;
    }
    case kHeaders:
      block_ = 0;
      if (in_.stream > last_stream_) {
        BeginCall(now);
      } else if ((in_.flags & kEndStream) != 0) {
        Forget(in_.stream);  // later ones of a call are its last word
      }
      [[fallthrough]];
    case kContinuation:
      // Empty ones count, too.
      block_ += kFrameHeaderBytes + in_.payload;
      if (block_ > kMaxHeaderBlock) verdict_ = Verdict::kHeaderTooLarge;
      return;
    case kWindow:
      return Charge(windows_, now);
    case kRst:
      Forget(in_.stream);
      break;
    case kSettings:
      if ((in_.flags & kAck) != 0 && sending_.load(std::memory_order_relaxed)) acknowledged_ = true;
      break;
    default:
      break;
  }
  Charge(nothing_, now);
}

void Http2Gate::BeginCall(absl::Time now) {
  last_stream_ = in_.stream;
  windows_.Add(kWindowsPerFrame, kMostWindows);
  if (!acknowledged_) {
    if (++calls_before_ > limits_.max_calls) verdict_ = Verdict::kNotAcknowledged;
    if (sending_.load(std::memory_order_relaxed)) first_before_ = std::min(first_before_, now);
  }
  if ((in_.flags & kEndStream) != 0) return;
  streams_[in_.stream].held = kCallBytes;
  unfinished_ += kCallBytes;
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
      ++s.held;
      ++unfinished_;
      if (s.received < kPrefixBytes) continue;
      advanced_ = true;
    }
    const uint64_t left = uint64_t{kPrefixBytes} + s.length - s.received;
    const uint64_t taken = std::min<uint64_t>(left, bytes.size());
    bytes.remove_prefix(taken);
    s.received += taken;
    s.held += taken;
    unfinished_ += taken;
    if (s.received < uint64_t{kPrefixBytes} + s.length) continue;
    advanced_ = true;
    unfinished_ -= s.held;
    s = {};
  }
}

void Http2Gate::EndData(absl::Time now) {
  const bool last = (in_.flags & kEndStream) != 0;
  const bool open = last ? Forget(in_.stream) : streams_.contains(in_.stream);
  if (in_.size >= kWorthwhile) {
    if (open) short_.Add(static_cast<double>(in_.size) / kDataPerShortFrame, kFramesAtOnce);
    if (in_.stream <= last_stream_) return;
  } else if (open && (last || advanced_)) {
    return;
  }
  Charge(short_, now);
}

bool Http2Gate::Forget(uint32_t stream) {
  const auto it = streams_.find(stream);
  if (it == streams_.end()) return false;
  unfinished_ -= it->second.held;
  streams_.erase(it);
  return true;
}

void Http2Gate::Allowance::Add(double frames, double most) {
  left = std::max(left, std::min(left + frames, most));
}

bool Http2Gate::Allowance::Take(absl::Time now) {
  const double earned = absl::ToDoubleSeconds(std::max(now - counted, absl::ZeroDuration()));
  counted = now;
  Add(std::min(earned, 1e3) * kFramesPerSecond, kFramesAtOnce);
  left -= 1;
  return left >= 0;
}

void Http2Gate::Charge(Allowance& allowance, absl::Time now) {
  if (!allowance.Take(now)) verdict_ = Verdict::kTooManyFrames;
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

// At the end of what was read: the acknowledgement may stand behind calls that came before it.
void Http2Gate::LookForAcknowledgement(absl::Time now) {
  if (now - first_before_ > kAcknowledgeTime) verdict_ = Verdict::kNotAcknowledged;
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
    const bool last =
        (out_.type == kData || out_.type == kHeaders) && (out_.flags & kEndStream) != 0;
    if ((last || out_.type == kRst) && Forget(out_.stream)) short_.Add(kLateFrames, kFramesAtOnce);
    if (out_.type == kData) windows_.Add(kWindowsPerFrame, kMostWindows);
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
