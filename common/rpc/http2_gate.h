// What a caller may send on one HTTP/2 connection before gRPC sees it, and when it is enough.
//
// gRPC 1.51, which Debian 12 has, bounds a message only when it is whole and a header only when it
// has been parsed: who never ends either makes it keep, or parse again and again, whatever comes.
// It bounds the calls of a connection only when the caller has acknowledged its SETTINGS, and it
// keeps some 50 bytes for each frame of a message, however little is in it. So the frames are
// looked at first, their lengths rather than what is in them:
//
// - a block of headers, with everything that continues it, is at most kMaxHeaderBlock bytes;
// - messages that are not whole take bytes of a pool that all connections of the server share,
//   beyond kFreeBytes a connection: what has come of them, and kFrameBytes for each frame of it,
//   also of a message that is too large, which gRPC keeps until it is whole and refuses then; a
//   call takes kCallBytes of the same pool until its first message is whole;
// - a message is whole within `message_time` of its first byte;
// - the server's SETTINGS are acknowledged before more than `max_calls` calls have begun, and
//   within kAcknowledgeTime as soon as there are calls;
// - frames that carry nothing (resets, pings, settings, priorities, what nobody knows) come
//   kFramesPerSecond a second at most, after kFramesAtOnce;
// - data that gets no further comes as seldom, with a count of its own. That is a frame of less
//   than kWorthwhile bytes in which no message and no prefix of one becomes whole, or any frame so
//   short for a call that is not open. Senders who fill their frames make some short ones, where a
//   window ends: each kDataPerShortFrame bytes allow one more. So do calls that the server ends
//   before their callers know (kLateFrames each);
// - window updates come as seldom, again with a count of their own, beyond kWindowsPerFrame for
//   each frame of data that the server sent and for each call. An honest caller gives back what it
//   got: at most once for the call and once for the connection a frame, and some begin each call
//   with a larger window. What it has not said yet it may say at once, up to kMostWindows.
//
// A connection that does otherwise is ended: the gate says no, and no byte of it is read any more.
// What it had in flight ends as with any connection that is lost, and its callers send again.
// What is not HTTP/2 is none of the gate's business: gRPC refuses it.
//
// No I/O and no clock in here: `now` is of any clock that nobody sets. Concurrency: Received, Sent
// and Closed from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/rpc/pool.h"

namespace daybook::rpc {

class Http2Gate {
 public:
  static constexpr size_t kMaxHeaderBlock = 32 * 1024;
  static constexpr size_t kFreeBytes = 64 * 1024;
  static constexpr int kFramesAtOnce = 4000;
  static constexpr int kFramesPerSecond = 1000;
  // What gRPC keeps for them, rounded up: measured are 50 bytes a frame and 12.5 KB a call.
  static constexpr size_t kFrameBytes = 64;
  static constexpr size_t kCallBytes = 13 * 1024;
  static constexpr size_t kWorthwhile = 256;
  static constexpr int kDataPerShortFrame = 1024;
  static constexpr int kLateFrames = 16;
  static constexpr int kWindowsPerFrame = 2;
  static constexpr int kMostWindows = 100'000;
  static constexpr absl::Duration kAcknowledgeTime = absl::Seconds(10);

  enum class Verdict {
    kGoOn,
    kHeaderTooLarge,
    kTooManyBytes,
    kTooLate,
    kTooManyFrames,
    kNotAcknowledged,
  };
  static constexpr size_t kVerdicts = 6;

  struct Limits {
    Pool* unfinished;  // bytes; outlives the gate's last call of Closed
    absl::Duration message_time;
    int max_calls;  // as the server's SETTINGS say
  };

  // `name` is the connection's in the pool.
  Http2Gate(std::string name, const Limits& limits);

  // Bytes of the caller, in their order. Once the verdict is not kGoOn, it stays.
  Verdict Received(std::string_view bytes, absl::Time now);
  // The server is about to send. Its SETTINGS come first, so that they cannot have been
  // acknowledged before.
  void Sending() {
    if (!sending_.load(std::memory_order_relaxed)) sending_.store(true, std::memory_order_relaxed);
  }
  // Bytes of the server, in their order: they say which calls are over. After Sending.
  void Sent(std::string_view bytes);
  // The connection is no more: what it held is given back. Any number of times.
  void Closed();

 private:
  // Cuts one direction into frames.
  struct Cutter {
    uint64_t skip = 0;     // bytes that are no frame: the preface
    int header_bytes = 0;  // of the frame's header, which says what follows
    uint32_t payload = 0;  // still to come
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
    uint32_t size = 0;  // of the whole payload
  };
  // A call that may still send messages.
  struct Stream {
    uint32_t length = 0;    // of the message that has begun, once its prefix is there
    uint64_t received = 0;  // of it, with its prefix
    size_t held = 0;        // for it, in unfinished_
    absl::Time begun;
  };
  // So many frames at once, and then so many a second.
  struct Allowance {
    double left = kFramesAtOnce;
    absl::Time counted = absl::InfinitePast();

    void Add(double frames, double most);
    bool Take(absl::Time now);  // false: there is none left
  };

  // The next frame's header, if it is whole; takes what it needs of `bytes`.
  static bool NextFrame(Cutter& cutter, std::string_view& bytes);

  void BeginFrame(absl::Time now);
  void BeginCall(absl::Time now);
  void Data(std::string_view bytes, absl::Time now);
  void EndData(absl::Time now);
  bool Forget(uint32_t stream);                       // whether it was open
  void Charge(Allowance& allowance, absl::Time now);  // one frame
  void Hold();  // takes from the pool what messages need, gives back the rest
  void LookForAcknowledgement(absl::Time now);
  void LookForLate(absl::Time now);

  const std::string name_;
  const Limits limits_;

  std::mutex mutex_;
  Verdict verdict_ = Verdict::kGoOn;
  Cutter in_;
  Cutter out_;
  std::atomic<bool> sending_{false};
  bool acknowledged_ = false;
  int calls_before_ = 0;                              // that was so
  absl::Time first_before_ = absl::InfiniteFuture();  // of them, once SETTINGS are on their way
  size_t block_ = 0;                                  // bytes of the headers that have begun
  bool advanced_ = false;  // a message, or its prefix, has become whole in this frame
  uint32_t last_stream_ = 0;
  absl::flat_hash_map<uint32_t, Stream> streams_;
  size_t unfinished_ = 0;  // bytes for messages that are not whole
  std::vector<Pool::Part> held_;
  absl::Time look_again_ = absl::InfinitePast();
  Allowance nothing_;  // frames that carry nothing
  Allowance short_;    // data that gets no further
  Allowance windows_;
};

}  // namespace daybook::rpc
