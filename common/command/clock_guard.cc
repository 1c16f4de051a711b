#include "common/command/clock_guard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace daybook::command {
namespace {

// How long after one question to the log's clock the next comes, if the answer contradicts or is
// not there. Each is a record, for ever.
constexpr absl::Duration kAskAgain = absl::Seconds(1);
constexpr absl::Duration kAskAgainAtMost = absl::Minutes(10);

// The clock has been set since the log's was measured if it has moved by more than this.
constexpr absl::Duration kSameSetting = absl::Seconds(1);

std::string Text(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

// Whole seconds: nobody needs more of what is wrong by minutes.
std::string Text(absl::Duration duration) {
  const absl::Duration size = absl::AbsDuration(duration) + absl::Milliseconds(500);
  return absl::FormatDuration(absl::Trunc(size, absl::Seconds(1)));
}

}  // namespace

ClockGuard::ClockGuard(bool log_has_clock, absl::Time accepted)
    : log_has_clock_(log_has_clock), accepted_(accepted), ask_again_(kAskAgain) {}

void ClockGuard::Read(const Moment& now, absl::Time newest) {
  now_ = now;
  newest_ = newest;
  Judge();
}

void ClockGuard::Stored(absl::Time stored, absl::Duration sent) {
  if (!log_has_clock_) return;
  // The answer may have been long on its way, in either direction: of all that it allows for, what
  // is nearest to our own clock.
  reference_ = std::clamp(origin(), stored - std::max(now_.steady, sent), stored - sent);
  measured_at_ = origin();
  Judge();
}

absl::Duration ClockGuard::moved() const {
  if (!reference_) return absl::ZeroDuration();
  const absl::Duration ahead = *reference_ - origin();
  return log_has_clock_ ? ahead : std::min(ahead, absl::ZeroDuration());
}

void ClockGuard::Judge() {
  const Verdict before = verdict_;
  if (newest_ - now_.wall > kMost && newest_ > accepted_) {
    verdict_ = Verdict::kLogAhead;
  } else if (!log_has_clock_) {
    // NTP sets a clock now and then, by little: that is followed.
    const bool good = absl::AbsDuration(moved()) <= kMost;
    if (good) reference_ = origin();
    verdict_ = good ? Verdict::kGood : Verdict::kMoved;
  } else if (!reference_) {
    verdict_ = Verdict::kUnknown;
  } else if (absl::AbsDuration(moved()) <= kMost) {
    verdict_ = Verdict::kGood;
  } else {
    const bool measured = absl::AbsDuration(origin() - measured_at_) <= kSameSetting;
    verdict_ = measured ? Verdict::kDiffers : Verdict::kUnknown;
  }
  if (verdict_ == before) return;
  if (verdict_ == Verdict::kGood || verdict_ == Verdict::kUnknown) {
    ask_again_ = kAskAgain;
    ask_at_ = now_.steady;
  }
}

bool ClockGuard::ask() const {
  return (verdict_ == Verdict::kUnknown || verdict_ == Verdict::kDiffers) && now_.steady >= ask_at_;
}

void ClockGuard::Asked() {
  ask_at_ = now_.steady + ask_again_;
  ask_again_ = std::min(2 * ask_again_, kAskAgainAtMost);
}

absl::Duration ClockGuard::skew() const {
  const absl::Duration ahead = std::max(newest_ - now_.wall, absl::ZeroDuration());
  return ahead > absl::AbsDuration(moved()) ? ahead : moved();
}

std::string ClockGuard::why() const {
  const std::string shown = absl::StrCat("this machine's clock (", Text(now_.wall), ")");
  switch (verdict_) {
    case Verdict::kGood:
    case Verdict::kUnknown:
      return "";
    case Verdict::kLogAhead: {
      std::string why = absl::StrCat("the newest record is of ", Text(newest_), ", ",
                                     Text(newest_ - now_.wall), " ahead of ", shown);
      if (log_has_clock_ && reference_) {
        absl::StrAppend(&why, absl::AbsDuration(moved()) > kMost
                                  ? ", and the log's own clock differs, too"
                                  : ", with which the log's own clock agrees");
      }
      return why + ": set the clock, or see clock.accept_until if the records are wrong";
    }
    case Verdict::kMoved:
      return absl::StrCat(shown, " was set forward by ", Text(moved()),
                          " while the server ran: set it back, or confirm that it is right now "
                          "(SIGUSR1, or a restart)");
    case Verdict::kDiffers:
      return absl::StrCat(shown, " differs from the log's own by ", Text(moved()), "; at most ",
                          Text(kMost), " is allowed: set the clock");
  }
  return "";
}

}  // namespace daybook::command
