#include "common/projection/model.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/same_log.h"
#include "common/projection/reasons.h"
#include "common/projection/rebuild.h"

namespace daybook::projection {
namespace {

// Between two attempts to open what cannot be opened, or fails again and again.
constexpr absl::Duration kFirstDelay = absl::Seconds(1);
constexpr absl::Duration kLongestDelay = absl::Minutes(1);
// A store that was open so long before it failed is tried again at once.
constexpr absl::Duration kSteady = absl::Minutes(10);

}  // namespace

Model::Model(log::EventLog& log, const ProjectionInfo& projection, size_t place,
             ModelOptions options)
    : log_(log), projection_(projection), place_(place), options_(std::move(options)) {}

Model::~Model() = default;

absl::Status Model::Named(const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat("read model '", projection_.name, "': ", status.message()));
}

// ----------------------------------------------------------------------------------------- opening

absl::Status Model::Open(const std::vector<std::unique_ptr<Feed>>& feeds, absl::Time now) {
  for (const auto& feed : feeds) feeds_.push_back(feed.get());
  const absl::Status opened = OpenOrBeginAnew(false);
  if (opened.ok()) {
    opened_at_ = now;
    Attach();
    return absl::OkStatus();
  }
  // Somebody else's, or a log that is not the one that was read: for people to decide.
  if (!options_.mend || absl::IsFailedPrecondition(opened)) return opened;
  options_.say(absl::StrCat(opened.message(), "; it is tried again"));
  SetCondition(StoppedStatus(opened));
  for (Feed* feed : feeds_) feed->Detach(place_, condition());
  delay_ = kFirstDelay;
  try_at_ = now + delay_;
  return absl::OkStatus();
}

// `useless`: what is there will never open.
absl::Status Model::OpenStore(bool check_all, bool* useless) {
  RETURN_IF_ERROR(FinishSwitch(options_.directory, projection_));
  store::Options options = LiveOptions(options_.directory, projection_);
  options.memory = options_.memory;
  options.fault = options_.fault;
  // Whether there can be a directory says nothing of what stands in it.
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make ", options.directory, ": ", error.message()));
  }
  if (check_all) options.verify_limit_bytes = std::numeric_limits<uint64_t>::max();
  auto opened = store::Store::Open(options);
  if (!opened.ok()) {
    *useless = absl::IsDataLoss(opened.status()) || (absl::IsFailedPrecondition(opened.status()) &&
                                                     !store::Store::IsInUse(opened.status()));
    return opened.status();
  }
  store_ = *std::move(opened);
  for (int partition = 0; partition < log_.partitions(); ++partition) {
    auto shard = store_->OpenShard(partition);
    absl::Status status = shard.status();
    *useless = absl::IsDataLoss(status);
    if (status.ok()) status = log::CheckAgainst(log_, partition, (*shard)->position());
    const auto extent = log_.GetExtent(partition);
    if (status.ok()) status = extent.status();
    if (!status.ok()) {
      shard = status;  // before its store
      runners_.clear();
      store_ = nullptr;
      return absl::Status(status.code(), absl::StrCat(options.directory, ": ", status.message()));
    }
    runners_.push_back(
        std::make_shared<Runner>(projection_, *std::move(shard), options_.limits, extent->end));
  }
  return absl::OkStatus();
}

absl::Status Model::OpenOrBeginAnew(bool check_all) {
  bool useless = false;
  const absl::Status status = OpenStore(check_all, &useless);
  if (status.ok()) return status;
  if (!useless) return Named(status);
  if (!options_.mend) {
    return absl::Status(status.code(),
                        absl::StrCat(Named(status).message(), "; `daybook rebuild --projection ",
                                     projection_.name, "` makes it anew from the log"));
  }
  RETURN_IF_ERROR(SetAside(status));
  const absl::Status fresh = OpenStore(false, &useless);
  return fresh.ok() ? fresh : Named(fresh);
}

absl::Status Model::SetAside(const absl::Status& why) {
  ASSIGN_OR_RETURN(const std::string aside, projection::SetAside(options_.directory, projection_));
  options_.say(absl::StrCat("read model '", projection_.name, "' is made anew from the log; ",
                            aside, " keeps what was there: ", why.message()));
  const std::lock_guard lock(mutex_);
  ++figures_.set_aside;
  cause_ = std::string(why.message());
  return absl::OkStatus();
}

void Model::Attach() {
  SetCondition(absl::OkStatus());
  for (size_t p = 0; p < runners_.size(); ++p) feeds_[p]->Attach(place_, runners_[p]);
}

// ----------------------------------------------------------------------------------------- tending

void Model::Condemn(const absl::Status& why) {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(believed_, true)) condemned_ = why;
}

absl::Status Model::Broken() const {
  {
    const std::lock_guard lock(mutex_);
    RETURN_IF_ERROR(condemned_);
  }
  RETURN_IF_ERROR(store_->status());
  for (const Feed* feed : feeds_) RETURN_IF_ERROR(feed->broken(place_));
  return absl::OkStatus();
}

void Model::Tend(absl::Time now) {
  if (store_ != nullptr && !leaving_) {
    const absl::Status broken = Broken();
    if (!broken.ok()) {
      Leave(broken, now);
    } else if (!cause().empty() && std::all_of(runners_.begin(), runners_.end(),
                                               [](const auto& r) { return r->ready(); })) {
      options_.say(absl::StrCat("read model '", projection_.name, "' is whole again"));
      const std::lock_guard lock(mutex_);
      cause_.clear();
    }
  }
  if (leaving_ && !Close()) return;
  try_at_ = std::min(try_at_, now + kLongestDelay);  // the clock may have been set back
  if (store_ == nullptr && now >= try_at_) TryToOpen(now);
}

void Model::Leave(const absl::Status& why, absl::Time now) {
  options_.say(absl::StrCat("read model '", projection_.name,
                            "' has failed and is opened anew: ", why.message()));
  {
    const std::lock_guard lock(mutex_);
    cause_ = std::string(why.message());
    // A row that does not parse stands in blocks with good checksums.
    if (absl::IsDataLoss(why)) condemned_ = why;
  }
  SetCondition(WithRetryDelay(
      Refuse(reason::kRebuilding, absl::StrCat("the read model '", projection_.name,
                                               "' has failed and is opened anew: ", why.message())),
      absl::Seconds(1)));
  for (Feed* feed : feeds_) feed->Detach(place_, condition());
  {
    // Who sees the failure counted sees queries refused.
    const std::lock_guard lock(mutex_);
    ++figures_.failures;
  }
  leaving_ = true;
  delay_ = now - opened_at_ >= kSteady ? absl::ZeroDuration()
                                       : std::clamp(2 * delay_, kFirstDelay, kLongestDelay);
  try_at_ = now + delay_;
}

// False: feeds or queries still have it.
bool Model::Close() {
  for (const auto& runner : runners_) {
    if (runner.use_count() > 1) return false;
  }
  runners_.clear();
  store_ = nullptr;
  leaving_ = false;
  return true;
}

absl::Status Model::SetAsideIfCondemned() {
  absl::Status why;
  {
    const std::lock_guard lock(mutex_);
    why = condemned_;
  }
  if (why.ok()) return why;
  RETURN_IF_ERROR(SetAside(why));
  const std::lock_guard lock(mutex_);
  condemned_ = absl::OkStatus();
  return absl::OkStatus();
}

void Model::TryToOpen(absl::Time now) {
  absl::Status opened = SetAsideIfCondemned();
  if (opened.ok()) opened = OpenOrBeginAnew(true);
  if (opened.ok()) {
    opened_at_ = now;
    return Attach();
  }
  options_.say(absl::StrCat(opened.message(), "; it is tried again"));
  SetCondition(StoppedStatus(opened));
  for (Feed* feed : feeds_) feed->Detach(place_, condition());
  delay_ = std::clamp(2 * delay_, kFirstDelay, kLongestDelay);
  try_at_ = now + delay_;
}

// ------------------------------------------------------------------------------------------ status

void Model::SetCondition(const absl::Status& condition) {
  const std::lock_guard lock(mutex_);
  condition_ = condition;
}

absl::Status Model::condition() const {
  const std::lock_guard lock(mutex_);
  return condition_;
}

std::string Model::cause() const {
  const std::lock_guard lock(mutex_);
  return cause_;
}

Model::Figures Model::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace daybook::projection
