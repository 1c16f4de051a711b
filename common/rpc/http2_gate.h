// What a caller may send on one HTTP/2 connection before gRPC sees it, and when it is enough.
//
// gRPC 1.51, which Debian 12 has, bounds a message only when it is whole and a header only when it
// has been parsed: who never ends either makes it keep, or parse again and again, whatever comes.
// So the frames are looked at first, their lengths rather than what is in them:
//
// - a block of headers, with everything that continues it, is at most kMaxHeaderBlock bytes;
// - messages that are not whole take bytes of a pool that all connections of the server share,
//   beyond kFreeBytes a connection;
// - a message is whole within `message_time` of its first byte;
// - frames that carry nothing (resets, pings, settings, priorities, empty data, what nobody knows)
//   come kFramesPerSecond a second at most, after kFramesAtOnce.
//
// A connection that does otherwise is ended: the gate says no, and no byte of it is read any more.
// What it had in flight ends as with any connection that is lost, and its callers send again.
// What is not HTTP/2 is none of the gate's business: gRPC refuses it.
//
// No I/O and no clock in here: `now` is of any clock that nobody sets. Concurrency: Received, Sent
// and Closed from any thread.
#pragma once

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

  enum class Verdict { kGoOn, kHeaderTooLarge, kTooManyBytes, kTooLate, kTooManyFrames };

  struct Limits {
    Pool* unfinished;  // bytes; outlives the gate's last call of Closed
    uint32_t max_message_bytes;
    absl::Duration message_time;
  };

  // `name` is the connection's in the pool.
  Http2Gate(std::string name, const Limits& limits);

  // Bytes of the caller, in their order. Once the verdict is not kGoOn, it stays.
  Verdict Received(std::string_view bytes, absl::Time now);
  // Bytes of the server, in their order: they say which calls are over.
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
  };
  // A call that may still send messages.
  struct Stream {
    uint32_t length = 0;    // of the message that has begun, once its prefix is there
    uint32_t received = 0;  // of it, with its prefix
    absl::Time begun;
  };

  // The next frame's header, if it is whole; takes what it needs of `bytes`.
  static bool NextFrame(Cutter& cutter, std::string_view& bytes);

  void BeginFrame(absl::Time now);
  void Data(std::string_view bytes, absl::Time now);
  void Forget(uint32_t stream);
  void Charge(absl::Time now);  // one frame that carries nothing
  void Hold();                  // takes from the pool what messages need, gives back the rest
  void LookForLate(absl::Time now);

  const std::string name_;
  const Limits limits_;

  std::mutex mutex_;
  Verdict verdict_ = Verdict::kGoOn;
  Cutter in_;
  Cutter out_;
  size_t block_ = 0;  // bytes of the headers that have begun
  uint32_t last_stream_ = 0;
  absl::flat_hash_map<uint32_t, Stream> streams_;
  size_t unfinished_ = 0;  // bytes of messages that are not whole
  std::vector<Pool::Part> held_;
  absl::Time look_again_ = absl::InfinitePast();
  double frames_left_ = kFramesAtOnce;
  absl::Time charged_ = absl::InfinitePast();
};

}  // namespace daybook::rpc
