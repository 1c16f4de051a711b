// google.protobuf.Timestamp on the wire, microseconds since 1970 (UTC) inside.
#pragma once

#include <cstdint>

#include "google/protobuf/timestamp.pb.h"

namespace daybook {

inline void SetMicros(int64_t us, google::protobuf::Timestamp* time) {  // from 1970 on
  time->set_seconds(us / 1'000'000);
  time->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1'000);
}

// Rounded down.
inline int64_t MicrosOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1'000;
}

}  // namespace daybook
