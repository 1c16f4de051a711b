// A real Kafka broker (KRaft, no ZooKeeper) on 127.0.0.1 for tests, to be killed and stopped at
// will.
//
//   auto broker = KafkaBroker::Start({.directory = scratch.path() + "/broker"});
//   if (!broker.ok()) GTEST_SKIP() ...        // see SkipOrFail
//   ... (*broker)->address() ...
//   (*broker)->Kill();  (*broker)->StartAgain();
//
// The jars come from Maven by tests/support/kafka/fetch, once. The broker ends with the object, and
// with the process however that ends.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook {

struct BrokerOptions {
  std::string directory;  // data, configuration and log of the broker; may hold an earlier one's
  int port = 0;           // 0: a free one
  int controller_port = 0;

  // For several brokers that make one cluster: `voters` as in controller.quorum.voters, the same
  // for all, `1@127.0.0.1:9093,2@...`; the internal topics get `replicas`.
  int node_id = 1;
  std::string voters = {};
  int replicas = 1;

  // Further lines for server.properties.
  std::string properties = {};
  int heap_mib = 512;
  // Compiles less: starts in half the time and serves more slowly. Not for measurements.
  bool quick_start = true;
};

class KafkaBroker {
 public:
  // Returns when it serves; some 3 s. NOT_FOUND: the machine has no Java or Maven, or the jars
  // cannot be fetched.
  static absl::StatusOr<std::unique_ptr<KafkaBroker>> Start(BrokerOptions options);
  ~KafkaBroker();

  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  std::string address() const;  // 127.0.0.1:port
  pid_t pid() const { return pid_; }
  const std::string& jars() const { return jars_; }  // directory of its classes and tools

  void Kill();      // SIGKILL, waits until it is gone
  void Stop();      // SIGSTOP
  void Continue();  // SIGCONT
  // After Kill: on the same port and directory.
  absl::Status StartAgain();

 private:
  explicit KafkaBroker(BrokerOptions options, std::string jars)
      : options_(std::move(options)), jars_(std::move(jars)) {}
  absl::Status Format();
  absl::Status Launch();

  BrokerOptions options_;
  const std::string jars_;
  pid_t pid_ = -1;
};

// A free port of 127.0.0.1.
int FreePort();

// Whether a test without a broker must fail: the environment says CI.
bool BrokerIsRequired();

}  // namespace daybook
