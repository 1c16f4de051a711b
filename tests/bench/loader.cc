#include "tests/bench/loader.h"

#include <algorithm>
#include <chrono>
#include <deque>

#include "common/base/status.h"
#include "tests/bench/child.h"
#include "tests/bench/wire.h"

namespace daybook::bench {

class Loader::Impl {
 public:
  explicit Impl(std::string_view address) : wire_(address) {}

  absl::StatusOr<LoadResult> Run(const Load& load) {
    load_ = &load;
    paths_ = load.paths.empty() ? std::vector<std::string>{load.path} : load.paths;
    wire_.SetMethods(paths_);

    const Clock::time_point begin = Clock::now() + absl::ToChronoNanoseconds(load.warm_up);
    const Clock::time_point end = begin + absl::ToChronoNanoseconds(load.duration);
    std::deque<Seat> seats(static_cast<size_t>(load.in_flight));
    std::vector<float> latencies_us;
    latencies_us.reserve(1 << 16);
    absl::Status failure;
    size_t under_way = 0;
    uint64_t calls = 0;
    bool used_up = false;
    for (Seat& seat : seats) {
      if (Send(seat)) ++under_way;
    }
    Clock::time_point now = Clock::now();
    uint64_t all_calls = 0;
    const double cpu = OwnCpuSeconds();
    while (under_way > 0) {
      Seat& seat = *wire_.Next();
      --under_way;
      ++all_calls;
      now = Clock::now();
      if (failure.ok()) failure = Look(seat);
      if (now >= begin && now < end) {
        ++calls;
        latencies_us.push_back(std::chrono::duration<float, std::micro>(now - seat.sent).count());
      }
      if (!failure.ok() || now >= end) continue;
      if (Send(seat)) {
        ++under_way;
      } else {
        used_up = true;
      }
    }
    RETURN_IF_ERROR(failure);
    if (used_up && now < end)
      return absl::OutOfRangeError("too few requests were made for the run");
    LoadResult result;
    result.calls = calls;
    result.seconds = absl::ToDoubleSeconds(load.duration);
    result.all_calls = all_calls;
    result.loader_cpu_us =
        (OwnCpuSeconds() - cpu) * 1e6 / static_cast<double>(std::max<uint64_t>(1, all_calls));
    result.p50_us = Percentile(latencies_us, 0.50);
    result.p99_us = Percentile(latencies_us, 0.99);
    return result;
  }

 private:
  // False: there is no request left.
  bool Send(Seat& seat) {
    const std::vector<std::string>& requests = *load_->requests;
    size_t& cursor = *load_->cursor;
    if (cursor >= requests.size()) {
      if (load_->once) return false;
      cursor = 0;
    }
    seat.request = cursor++;
    const size_t method =
        load_->path_index ? static_cast<size_t>(load_->path_index(seat.request)) : 0;
    wire_.Send(seat, method, requests[seat.request]);
    return true;
  }

  absl::Status Look(Seat& seat) {
    if (!seat.status.ok()) return seat.Outcome();
    absl::Status status;
    if (load_->check && seat.request % load_->check_every == 0) {
      status = load_->check(seat.request, BytesOf(seat.response));
    }
    seat.response.Clear();
    return status;
  }

  Wire wire_;
  std::vector<std::string> paths_;
  const Load* load_ = nullptr;
};

Loader::Loader(std::string_view address) : impl_(std::make_unique<Impl>(address)) {}
Loader::~Loader() = default;

absl::StatusOr<LoadResult> Loader::Run(const Load& load) { return impl_->Run(load); }

}  // namespace daybook::bench
