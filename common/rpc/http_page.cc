#include "common/rpc/http_page.h"

#include <utility>

#include "common/rpc/gzip.h"

namespace daybook::rpc {
namespace {

// What reads a figure or asks for readiness may go as deep as RocksDB.
constexpr size_t kStackBytes = 2 << 20;

// What fits into a packet is not packed.
constexpr size_t kWorthPacking = 1400;

}  // namespace

HttpPageMaker::HttpPageMaker(std::string name, std::function<HttpPage()> make, Deliver deliver)
    : make_(std::move(make)),
      deliver_(std::move(deliver)),
      thread_(std::move(name), kStackBytes, [this] { Run(); }) {}

HttpPageMaker::~HttpPageMaker() { Stop(); }

uint64_t HttpPageMaker::Ask(bool gzip) {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  gzip_ = gzip_ || gzip;
  bell_.notify_one();
  return begun_ + 1;
}

void HttpPageMaker::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    bell_.notify_one();
  }
  thread_.Join();
}

void HttpPageMaker::Run() {
  while (true) {
    uint64_t round;
    bool gzip;
    {
      std::unique_lock lock(mutex_);
      bell_.wait(lock, [this] { return stop_ || wanted_; });
      if (stop_) return;
      wanted_ = false;
      gzip = std::exchange(gzip_, false);
      round = ++begun_;
    }
    HttpPage page = make_();
    if (gzip && page.body.size() > kWorthPacking) page.gzip_body = Gzip(page.body);
    deliver_(round, std::make_shared<const HttpPage>(std::move(page)));
  }
}

}  // namespace daybook::rpc
