// What the command cache writes at one time: see "Flushing" in state_cache.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/command/cache_rows.h"
#include "common/command/receipts.h"
#include "common/log/chain.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/message_lite.h"

namespace daybook::command {

// Everything that changed up to a position, or of that the receipts.
class CacheFlush {
 public:
  // What it holds is of records up to here; nothing may be written before they are confirmed.
  const log::Position& position() const { return position_; }
  // Any thread.
  absl::Status WriteTo(CacheBacking& backing) const;

 private:
  friend class StateCache;
  struct Bytes {
    const char* data;
    uint32_t key_bytes, value_bytes;
  };
  // These take what they are given as it is now, and return the bytes of the row.
  size_t AddStream(std::string_view stream_id, const internal::book::v1::Stream& stream);
  size_t AddPart(std::string_view stream_id, int number, int64_t commit_count,
                 const google::protobuf::MessageLite& part);
  // Room for a row of states; the key is in it.
  char* AddRow(std::string_view key, size_t value_bytes);

  log::Position position_;
  log::Position states_position_;  // that the backing store has when this is written
  bool has_states_ = false;        // else it is receipts alone
  google::protobuf::Arena arena_;  // keys and values of states
  std::string key_;                // reused
  std::vector<Bytes> states_;
  Receipts receipts_;
  std::string partition_state_;
  bool has_partition_state_ = false;
};

}  // namespace daybook::command
