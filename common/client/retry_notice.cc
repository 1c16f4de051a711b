#include "common/client/retry_notice.h"

#include <utility>

#include "common/base/text.h"

namespace daybook {
namespace {

constexpr absl::Duration kFirst = absl::Seconds(1);  // shorter ones are every server's life
constexpr absl::Duration kEvery = absl::Seconds(10);

int64_t Seconds(absl::Duration duration) { return absl::ToInt64Seconds(duration); }

}  // namespace

RetryNotice::RetryNotice(std::string server, std::function<void(std::string_view)> say)
    : server_(std::move(server)), say_(std::move(say)) {}

void RetryNotice::Failed(const absl::Status& why, absl::Time since, absl::Time give_up,
                         absl::Time now) {
  const std::lock_guard lock(mutex_);
  if (now - since < kFirst || now - last_said_ < kEvery) return;
  say_(Cat(server_, said() ? " still takes nothing after " : " takes nothing; tried for ",
           Seconds(now - since), " s, trying for ", Seconds(give_up - now),
           " s more: ", why.message()));
  last_said_ = now;
}

void RetryNotice::Succeeded() {
  const std::lock_guard lock(mutex_);
  if (!said()) return;
  last_said_ = absl::InfinitePast();
  say_(Cat(server_, " answers again"));
}

}  // namespace daybook
