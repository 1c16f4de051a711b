#include "tests/bench/lag.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/log/token.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "tests/bench/requests.h"
#include "tests/bench/wire.h"

namespace daybook::bench {
namespace {

using std::chrono::milliseconds;

constexpr auto kProbeEvery = milliseconds(2);
constexpr auto kWatch = milliseconds(500);  // one partition
constexpr auto kGiveUp = std::chrono::seconds(10);
constexpr size_t kMostInFlight = 4'096;

float Milliseconds(Clock::duration d) {
  return std::chrono::duration<float, std::milli>(std::max(d, Clock::duration::zero())).count();
}

template <class Response>
absl::StatusOr<log::Token> TokenOf(const std::string& bytes) {
  Response response;
  if (!response.ParseFromString(bytes)) {
    return absl::InternalError("the answer of a command does not parse");
  }
  return log::DecodeToken(response.consistency_token());
}

class LagRun {
 public:
  LagRun(std::string_view address, const LagLoad& load) : load_(load), wire_(address) {
    paths_ = load.paths;
    paths_.push_back(kBalancePath);
    wire_.SetMethods(paths_);
  }

  absl::StatusOr<Lag> Run() {
    const auto gap = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1) /
                                                                 load_.per_second);
    const Clock::time_point start = Clock::now();
    counted_from_ = start + absl::ToChronoNanoseconds(load_.warm_up);
    end_ = counted_from_ + absl::ToChronoNanoseconds(load_.duration);
    due_ = probe_at_ = watch_until_ = start;
    while (true) {
      const Clock::time_point now = Clock::now();
      for (; due_ <= now && due_ < end_; due_ += gap) RETURN_IF_ERROR(SendCommand());
      if (!probing_ && probe_at_ <= now) SendProbe(now);
      if (now >= end_ && in_flight_ == 0 && invisible_.empty() && !probing_) break;
      if (now >= end_ + kGiveUp) {
        return absl::DeadlineExceededError(absl::StrCat(invisible_.size(),
                                                        " commands did not become visible, ",
                                                        in_flight_, " were not answered"));
      }
      Clock::time_point until = end_ + kGiveUp;
      if (due_ < end_) until = std::min(until, due_);
      if (!probing_) until = std::min(until, probe_at_);
      // All that has come, so that an answer's time is not that of the one before it.
      for (Seat* seat = wire_.Next(until); seat != nullptr; seat = wire_.Next(Clock::now())) {
        const absl::Status taken =
            seat == &probe_ ? TakeProbe() : TakeCommand(static_cast<Sent&>(*seat));
        if (!taken.ok()) failure_.Update(taken);
        if (due_ <= Clock::now() && due_ < end_) break;
      }
      if (!failure_.ok()) return Drained();
    }
    return Result();
  }

 private:
  struct Sent : Seat {
    Clock::time_point due;
  };

  // Calls point into this object: none may be left.
  absl::Status Drained() {
    for (size_t left = in_flight_ + (probing_ ? 1 : 0); left > 0; --left) wire_.Next();
    return failure_;
  }

  absl::Status SendCommand() {
    if (next_request_ >= load_.requests->size()) {
      failure_ = absl::OutOfRangeError("too few requests were made for the run");
      return Drained();
    }
    if (free_.empty()) {
      if (seats_.size() >= kMostInFlight) {
        failure_ = absl::ResourceExhaustedError(
            absl::StrCat("commands are not answered at ", load_.per_second, "/s"));
        return Drained();
      }
      seats_.emplace_back();
      free_.push_back(&seats_.back());
    }
    Sent* const sent = free_.back();
    free_.pop_back();
    sent->due = due_;
    sent->request = next_request_++;
    wire_.Send(*sent, sent->request % 2, (*load_.requests)[sent->request]);
    ++in_flight_;
    return absl::OkStatus();
  }

  absl::Status TakeCommand(Sent& sent) {
    --in_flight_;
    free_.push_back(&sent);
    if (!sent.status.ok()) return sent.Outcome();
    const Clock::time_point now = Clock::now();
    if (sent.due >= counted_from_) answers_ms_.push_back(Milliseconds(now - sent.due));
    const std::string bytes = BytesOf(sent.response);
    sent.response.Clear();
    ASSIGN_OR_RETURN(const log::Token token,
                     sent.request % 2 == 0 ? TokenOf<billing::v1::IssueInvoiceResponse>(bytes)
                                           : TokenOf<billing::v1::RecordPaymentResponse>(bytes));
    if (token.partition != partition_ || now < counted_from_ || now >= watch_until_) {
      return absl::OkStatus();
    }
    if (token.next_offset <= seen_) {
      lags_ms_.push_back(0);
    } else {
      invisible_.emplace(token.next_offset, now);
    }
    return absl::OkStatus();
  }

  void SendProbe(Clock::time_point now) {
    if (now >= watch_until_ && invisible_.empty()) {  // on to another partition
      watched_ = (watched_ + 1) % load_.probes->size();
      partition_ = -1;
      watch_until_ = std::min(now + kWatch, end_);
    }
    probe_at_ = now + kProbeEvery;
    wire_.Send(probe_, paths_.size() - 1, (*load_.probes)[watched_]);
    probing_ = true;
    ++probes_;
  }

  absl::Status TakeProbe() {
    probing_ = false;
    if (!probe_.status.ok()) return probe_.Outcome();
    const Clock::time_point now = Clock::now();
    balances::v1::GetBalanceResponse response;
    if (!response.ParseFromString(BytesOf(probe_.response))) {
      return absl::InternalError("a balance does not parse");
    }
    probe_.response.Clear();
    partition_ = response.position().partitions(0).partition();
    seen_ = response.position().partitions(0).next_offset();
    while (!invisible_.empty() && invisible_.begin()->first <= seen_) {
      lags_ms_.push_back(Milliseconds(now - invisible_.begin()->second));
      invisible_.erase(invisible_.begin());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Lag> Result() {
    if (lags_ms_.empty()) return absl::InternalError("no command was watched");
    const double seconds = absl::ToDoubleSeconds(load_.warm_up + load_.duration);
    Lag lag;
    lag.commands = lags_ms_.size();
    lag.p50_ms = Percentile(lags_ms_, 0.50);
    lag.p99_ms = Percentile(lags_ms_, 0.99);
    lag.worst_ms = Percentile(lags_ms_, 1);
    lag.sent_per_second = static_cast<double>(next_request_) / seconds;
    lag.answer_p50_ms = Percentile(answers_ms_, 0.50);
    lag.answer_p99_ms = Percentile(answers_ms_, 0.99);
    lag.probes_per_second = static_cast<double>(probes_) / seconds;
    return lag;
  }

  const LagLoad& load_;
  Wire wire_;
  std::vector<std::string> paths_;
  absl::Status failure_;
  Clock::time_point counted_from_, end_;

  Clock::time_point due_;  // of the next command
  size_t next_request_ = 0;
  size_t in_flight_ = 0;
  std::deque<Sent> seats_;
  std::vector<Sent*> free_;
  std::vector<float> answers_ms_;

  Clock::time_point probe_at_;
  Seat probe_;
  bool probing_ = false;
  size_t probes_ = 0;
  size_t watched_ = 0;  // of the probes
  Clock::time_point watch_until_;
  int partition_ = -1;  // which that customer is in; -1: not known yet
  int64_t seen_ = 0;    // its newest position
  std::multimap<int64_t, Clock::time_point> invisible_;  // by next offset: when acknowledged
  std::vector<float> lags_ms_;
};

}  // namespace

absl::StatusOr<Lag> MeasureLag(std::string_view address, const LagLoad& load) {
  return LagRun(address, load).Run();
}

}  // namespace daybook::bench
