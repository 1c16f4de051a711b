#include "common/log/kafka/topic_guard.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/this_thread.h"
#include "common/log/kafka/beginning.h"
#include "common/log/kafka/topic.h"

namespace daybook::log {
namespace {

// For each of the questions of a look. Who ends the process waits for one.
constexpr absl::Duration kPatience = absl::Seconds(2);

}  // namespace

absl::Status TopicJudge::Passing(absl::Status finding) {
  if (++passing_ >= kBelieve) return finding;
  return absl::UnavailableError(finding.message());
}

void TopicJudge::Know(const std::vector<FirstRecord>& firsts, const std::vector<int64_t>& ends) {
  for (size_t p = 0; p < std::min(firsts.size(), firsts_.size()); ++p) {
    if (firsts_[p].offset < 0) firsts_[p] = firsts[p];
  }
  for (size_t p = 0; p < std::min(ends.size(), ends_.size()); ++p) {
    ends_[p] = std::max(ends_[p], ends[p]);
  }
}

absl::Status TopicJudge::Judge(const TopicLook& look) {
  RETURN_IF_ERROR(lost_);
  const int before = passing_;
  absl::Status found = JudgeOnce(look);
  if (passing_ == before && !absl::IsUnavailable(found)) passing_ = 0;
  if (absl::IsDataLoss(found)) {
    found = lost_ = absl::FailedPreconditionError(found.message());
  }
  return found;
}

absl::Status TopicJudge::JudgeOnce(const TopicLook& look) {
  const std::string name = absl::StrCat("topic ", topic_);
  const int partitions = static_cast<int>(ends_.size());
  if (absl::IsNotFound(look.facts.status())) {
    return Passing(absl::FailedPreconditionError(
        absl::StrCat(name, " is gone: somebody has deleted it; restore it from a copy")));
  }
  if (!look.facts.ok() && !absl::IsUnavailable(look.facts.status())) {
    return absl::FailedPreconditionError(look.facts.status().message());
  }
  RETURN_IF_ERROR(look.facts.status());
  const int count = look.facts->partitions;
  if (count != partitions) {
    const std::string finding = absl::StrCat(
        name, " has ", count, " partitions, but the log in it has ", partitions, " for its life: ");
    if (count > partitions) {
      return absl::FailedPreconditionError(finding + WidenedAdvice(partitions));
    }
    return Passing(absl::FailedPreconditionError(
        finding + "the topic was made again; restore it from a copy"));
  }
  std::vector<std::string> warnings;
  RETURN_IF_ERROR(CheckTopic(*look.facts, &warnings));
  for (size_t p = 0; p < look.extents.size(); ++p) {
    const Extent& extent = look.extents[p];
    if (extent.first > 0) {
      return absl::FailedPreconditionError(
          absl::StrCat(name, ", partition ", p, " begins at offset ", extent.first,
                       ": its history has been deleted; restore the topic from a copy"));
    }
  }
  for (size_t p = 0; p < look.firsts.size(); ++p) {
    FirstRecord& known = firsts_[p];
    if (look.firsts[p].offset < 0) continue;
    if (known.offset < 0) known = look.firsts[p];
    if (known == look.firsts[p]) continue;
    return absl::DataLossError(
        absl::StrCat(name, ", partition ", p,
                     " begins with another record than before: the topic was made "
                     "again, and another log stands in it; restore it from a copy"));
  }
  for (size_t p = 0; p < look.extents.size(); ++p) {
    const int64_t end = look.extents[p].end;
    if (end >= ends_[p]) continue;
    return Passing(absl::DataLossError(absl::StrCat(
        name, ", partition ", p, " ends at offset ", end, ", but it reached ", ends_[p],
        ": records that were acknowledged are lost, or the topic was made again; restore it from "
        "a copy")));
  }
  for (size_t p = 0; p < look.extents.size(); ++p) ends_[p] = look.extents[p].end;
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TopicGuard>> TopicGuard::Start(
    const KafkaOptions& options, const std::string& topic, int partitions,
    std::shared_ptr<KnownFirsts> firsts, std::shared_ptr<ReachedEnds> reached) {
  ASSIGN_OR_RETURN(auto fetcher, Fetcher::New(options, topic, Fetching::kFirst, partitions));
  std::unique_ptr<TopicGuard> guard(new TopicGuard(std::move(fetcher), partitions,
                                                   std::move(firsts), std::move(reached),
                                                   options.guard_interval));
  guard->thread_ = std::thread([g = guard.get()] { g->Run(); });
  return guard;
}

TopicGuard::TopicGuard(std::shared_ptr<Fetcher> fetcher, int partitions,
                       std::shared_ptr<KnownFirsts> firsts, std::shared_ptr<ReachedEnds> reached,
                       absl::Duration interval)
    : fetcher_(std::move(fetcher)),
      partitions_(partitions),
      firsts_(std::move(firsts)),
      reached_(std::move(reached)),
      interval_(interval),
      judge_(fetcher_->topic_name(), partitions) {}

TopicGuard::~TopicGuard() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status TopicGuard::health() const {
  if (well_.load(std::memory_order_acquire)) return absl::OkStatus();
  const std::lock_guard lock(mutex_);
  return health_;
}

bool TopicGuard::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void TopicGuard::Run() {
  SetThreadName("topic-guard");
  for (;;) {
    const absl::Status found = LookOnce();
    std::unique_lock lock(mutex_);
    if (!absl::IsUnavailable(found)) {
      health_ = found;
      well_.store(found.ok(), std::memory_order_release);
    }
    changed_.wait_for(lock, absl::ToChronoNanoseconds(interval_), [this] { return stop_; });
    if (stop_) return;
  }
}

// What does not answer says nothing.
absl::Status TopicGuard::LookOnce() {
  judge_.Know(firsts_->all(), reached_->all());
  TopicLook look{.facts = DescribeTopic(fetcher_->handle(), fetcher_->topic_name(), kPatience),
                 .extents = {},
                 .firsts = {}};
  const bool same = look.facts.ok() && look.facts->partitions == partitions_;
  if (same && !stopping()) {
    ASSIGN_OR_RETURN(look.extents, fetcher_->AskExtents(partitions_, kPatience));
    if (stopping()) return absl::UnavailableError("stopping");
    ASSIGN_OR_RETURN(look.firsts, PeekFirst(*fetcher_, partitions_, absl::Now() + kPatience));
  }
  return judge_.Judge(look);
}

}  // namespace daybook::log
