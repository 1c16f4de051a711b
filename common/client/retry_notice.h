// Tells people that a server does not take what is sent to it, instead of waiting in silence: a
// line once that has gone on for a second, one every 10 s as long as it does, one when it is over.
//
// Thread-safe: one notice for all threads that send to one server.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace daybook {

class RetryNotice {
 public:
  // `say` gets a line without its end, from whichever thread.
  RetryNotice(std::string server, std::function<void(std::string_view line)> say);

  // Nothing has been taken `since`; it will be tried until `give_up`.
  void Failed(const absl::Status& why, absl::Time since, absl::Time give_up, absl::Time now);
  // Something was taken.
  void Succeeded();

 private:
  bool said() const { return last_said_ != absl::InfinitePast(); }

  const std::string server_;
  const std::function<void(std::string_view)> say_;
  std::mutex mutex_;
  absl::Time last_said_ = absl::InfinitePast();  // of this time that it takes nothing
};

}  // namespace daybook
