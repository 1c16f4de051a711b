// Messages that strangers can cause, such as one for each broken handshake, bounded.
//
// Of a kind, told by its words without numbers, kBurst are let through, then one every kEvery. What
// was left out is counted and said with TakeLeftOut, so that a flood is seen as one. Kinds beyond
// kKinds count as one. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace daybook {

class MessageLimit {
 public:
  static constexpr int kBurst = 10;
  static constexpr absl::Duration kEvery = absl::Seconds(10);
  static constexpr absl::Duration kReport = absl::Minutes(1);
  static constexpr size_t kKinds = 100;

  // Whether it is to be said at `now`, of the steady clock.
  bool Admit(std::string_view message, absl::Duration now);

  // Calls `say` for each kind of which something was left out since it was called for it last, once
  // every kReport at most. Call it often.
  void TakeLeftOut(absl::Duration now,
                   const std::function<void(int64_t count, std::string_view example)>& say);

 private:
  struct Kind {
    double tokens = kBurst;
    absl::Duration counted_at;
    int64_t left_out = 0;
    std::string example;
  };
  std::mutex mutex_;  // of what follows
  std::map<std::string, Kind, std::less<>> kinds_;
  absl::Duration next_report_ = absl::ZeroDuration();
};

}  // namespace daybook
