// What grpc.health.v1 answers: by name, whether the server or a part of it serves.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace daybook::rpc {

// Thread-safe.
class Health {
 public:
  // `name`: a service, a projection, or "" for the whole server.
  void Set(std::string_view name, bool serving);

  // Like Set(name, true), unless the name is known.
  void SetDefault(std::string_view name);

  // Nothing if the name was never set.
  std::optional<bool> Get(std::string_view name) const;

  // From now on nothing serves, whatever is Set.
  void Stop();

 private:
  mutable std::mutex mutex_;
  std::map<std::string, bool, std::less<>> serving_;
  bool stopped_ = false;
};

}  // namespace daybook::rpc
