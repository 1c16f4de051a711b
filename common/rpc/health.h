// What grpc.health.v1 answers: by name, whether the server or a part of it serves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace daybook::rpc {

// Thread-safe.
class Health {
 public:
  // Nothing: nobody has said anything of this name.
  using Serving = std::optional<bool>;
  using Watcher = std::function<void(Serving)>;

  // `name`: a service, a projection, or "" for the whole server.
  void Set(std::string_view name, bool serving);

  // Like Set(name, true), unless the name is known.
  void SetDefault(std::string_view name);

  // Nothing if the name was never set.
  Serving Get(std::string_view name) const;

  // Tells `watcher` how it stands, before this returns, and then every change, one at a time and on
  // whatever thread makes it. It must not block and not call back.
  uint64_t Watch(std::string_view name, Watcher watcher);

  // `watcher` is not called any more once this returns.
  void Unwatch(uint64_t watch);

  // From now on nothing serves, whatever is Set.
  void Stop();

 private:
  struct Watched {
    std::string name;
    Serving told;
    Watcher watcher;
  };

  Serving GetLocked(std::string_view name) const;
  void TellLocked();

  mutable std::mutex mutex_;
  std::map<std::string, bool, std::less<>> serving_;
  std::map<uint64_t, Watched> watches_;
  uint64_t next_watch_ = 1;
  bool stopped_ = false;
};

}  // namespace daybook::rpc
