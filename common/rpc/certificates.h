// The server's PEM files, read again when they change. A certificate is used only if all three
// files fit together; one that does not, or is over while the one in use is good, is named once,
// and the newest that did stays in use.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/server.h"

namespace daybook::rpc {

// Thread-safe.
class Certificates {
 public:
  struct Pem {
    std::string certificate_chain;
    std::string private_key;
    std::string client_ca;  // empty: clients show nothing
  };
  using Say = std::function<void(Notice, std::string_view)>;

  // FAILED_PRECONDITION names the file that cannot be used, and why. `say` is told of changes.
  static absl::StatusOr<std::unique_ptr<Certificates>> Open(TlsFiles files, Say say);

  // What is to be used from now on, if that is not what the last call gave; the first call gives
  // what Open read. Looks at the files: a few microseconds when nothing has changed.
  std::optional<Pem> TakeChange();

  // Whether clients show certificates.
  bool mutual() const { return !files_.client_ca.empty(); }

  // When the certificate in use is over. Looks at the files.
  absl::Time expires();

 private:
  Certificates(TlsFiles files, Say say) : files_(std::move(files)), say_(std::move(say)) {}
  void LookLocked();

  const TlsFiles files_;
  const Say say_;
  std::mutex mutex_;
  std::string seen_;  // what the files looked like at the last look, by size and time
  Pem in_use_;
  absl::Time expires_;
  bool changed_ = true;  // since the last TakeChange
};

}  // namespace daybook::rpc
