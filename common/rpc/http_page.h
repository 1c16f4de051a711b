// Pages that take a while to make, each on a thread of its own, so that no page waits for another
// and the thread that talks to callers waits for none.
//
// A page is made once for all who wait for it: whoever asks while it is being made gets the next
// one. So callers, however many, make the server make one page after the other, not one each.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/sized_thread.h"

namespace daybook::rpc {

struct HttpPage {
  int status = 200;
  const char* type = "text/plain; charset=utf-8";
  std::string body{};
  std::string gzip_body{};  // the same, packed; empty: nobody asked, or it is not worth it
};

class HttpPageMaker {
 public:
  using Deliver = std::function<void(uint64_t round, std::shared_ptr<const HttpPage>)>;

  // `make` and `deliver` are called on the thread, named `name`.
  HttpPageMaker(std::string name, std::function<HttpPage()> make, Deliver deliver);
  ~HttpPageMaker();  // as Stop

  // Any thread. The round that is delivered to whoever asks now; none if the maker stops before.
  uint64_t Ask(bool gzip);

  // Returns when no page is being made. Any number of times, from one thread.
  void Stop();

 private:
  void Run();

  const std::function<HttpPage()> make_;
  const Deliver deliver_;
  std::mutex mutex_;
  std::condition_variable bell_;
  uint64_t begun_ = 0;   // rounds
  bool wanted_ = false;  // the next round is
  bool gzip_ = false;    // by somebody who takes it packed
  bool stop_ = false;
  SizedThread thread_;  // last: it uses the others
};

}  // namespace daybook::rpc
