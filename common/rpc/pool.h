// A pool of places, or of bytes, of which each caller gets a share: one who wants all of it leaves
// room for others, and nobody has to say beforehand how many callers there will be.
//
// A caller may have up to `times_free` times what is free. With three, that is three quarters of
// the pool for one alone; k greedy ones get 3/(3k + 1) each and leave 1/(3k + 1) for who comes
// next. (Dynamic thresholds, as switches share their memory: Choudhury and Hahne, 1998.)
//
// Who calls is asked only while more than an eighth of the pool is taken, because it costs time
// and nothing is short before. What was taken until then counts for nobody.
//
// Concurrency: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace daybook::rpc {

class Pool {
 public:
  enum class Outcome {
    kTaken,
    kFull,    // nothing is left for anybody
    kGreedy,  // the caller has its share
  };

  explicit Pool(int64_t limit, int64_t times_free = 3) : limit_(limit), times_free_(times_free) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A part of the pool, given back at the end. The pool outlives it.
  class Part {
   public:
    Part() = default;
    Part(Part&& other) noexcept { *this = std::move(other); }
    Part& operator=(Part&& other) noexcept {
      GiveBack();
      pool_ = std::exchange(other.pool_, nullptr);
      amount_ = other.amount_;
      outcome_ = other.outcome_;
      caller_ = std::move(other.caller_);
      return *this;
    }
    ~Part() { GiveBack(); }

    Outcome outcome() const { return outcome_; }
    bool taken() const { return pool_ != nullptr; }
    void GiveBack() {
      if (pool_ != nullptr) std::exchange(pool_, nullptr)->Give(amount_, caller_);
    }

   private:
    friend class Pool;
    Pool* pool_ = nullptr;
    int64_t amount_ = 0;
    Outcome outcome_ = Outcome::kFull;
    std::string caller_;  // empty: counts for nobody
  };

  // `caller()` names who calls, not empty; called at most once.
  template <typename CallerName>
  Part Take(int64_t amount, const CallerName& caller) {
    Part part;
    const int64_t after = taken_.fetch_add(amount, std::memory_order_relaxed) + amount;
    part.amount_ = amount;
    if (after > limit_) {
      part.outcome_ = Outcome::kFull;
    } else if (after <= limit_ / kAnonymous) {
      part.outcome_ = Outcome::kTaken;
    } else {
      part.caller_ = caller();
      part.outcome_ = Count(amount, after, part.caller_) ? Outcome::kTaken : Outcome::kGreedy;
    }
    if (part.outcome_ == Outcome::kTaken) {
      part.pool_ = this;
    } else {
      taken_.fetch_sub(amount, std::memory_order_relaxed);
    }
    return part;
  }

  int64_t limit() const { return limit_; }
  int64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kAnonymous = 8;

  bool Count(int64_t amount, int64_t after, const std::string& caller);
  void Give(int64_t amount, const std::string& caller);

  const int64_t limit_;
  const int64_t times_free_;
  std::atomic<int64_t> taken_{0};
  std::mutex mutex_;
  std::unordered_map<std::string, int64_t> of_caller_;
};

}  // namespace daybook::rpc
