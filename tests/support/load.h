// Clients under load that remember everything: commands are sent, sent again under the same request
// id while their outcome is not known, and every outcome is kept for the history checker.
//
//   Load load({.endpoints = {server.address()}});
//   load.Connect(server.address());
//   load.Start();
//   load.WaitForAccepted(1000, absl::Seconds(10));
//   server.Kill();  load.Disconnect(server.address()); ...
//   load.Finish(absl::Seconds(20));
//   CheckHistory(records, load.Commands());
//
// A command goes to the endpoint that answered its customer last; NOT_OWNER and NOT_RECORDED name
// another one, which is followed; no answer leads to the next. A share of what was accepted is sent
// once more later: the first answer must come again, byte for byte. With `to_all` every endpoint is
// sent the command at the same moment: the first answer settles it, any later one must be the same.
//
// Concurrency: one thread sends, gRPC's answer; the methods are for one further thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/rpc/client.h"
#include "tests/support/history.h"
#include "tests/support/load_requests.h"

namespace daybook {

struct LoadOptions {
  std::vector<std::string> endpoints = {};
  std::string name = "load";  // begins all ids
  uint64_t seed = 1;
  int customers = 48;
  int in_flight = 32;              // calls under way
  int in_flight_per_customer = 2;  // of these, new commands
  double commands_per_second = 4000;
  int64_t max_commands = 100'000;
  double resent = 0.1;  // share of accepted commands that is sent once more
  absl::Duration call_timeout = absl::Seconds(3);
  bool to_all = false;  // each send goes to all that are connected, at once
};

class Load {
 public:
  explicit Load(LoadOptions options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // A fresh connection to one of the endpoints; without one nothing is sent to it.
  void Connect(const std::string& endpoint);
  // Calls under way end; what became of their commands stays open.
  void Disconnect(const std::string& endpoint);

  void Start();
  // No new commands; waits until every one has its outcome. False: some still have not.
  bool Finish(absl::Duration at_most);

  int64_t accepted();
  // Until so many have been accepted altogether. False: not in time.
  bool WaitForAccepted(int64_t count, absl::Duration at_most);

  // After Finish.
  std::vector<IssuedCommand> Commands() const;
  const Violations& violations() const { return violations_; }

  // How many commands there are, and what was answered how often: `OK`, `again OK`, reasons, codes
  // without a reason. At any time.
  std::string Summary();

 private:
  struct Job {
    absl::Time not_before;
    size_t command = 0;
    bool again = false;  // the command has been accepted; this only asks for its answer once more
    bool twin = false;   // the same send to a further endpoint: is not sent again by itself
    friend bool operator<(const Job& a, const Job& b) { return a.not_before > b.not_before; }
  };
  struct Customer {
    LoadCustomer story;
    int in_flight = 0;
    size_t endpoint = 0;
  };

  void Pump();
  bool NextJob(absl::Time now, Job* job, absl::Time* wake);
  bool NewCommand(absl::Time now, Job* job, absl::Time* wake);
  bool Send(const Job& job);
  void SendTo(size_t endpoint, rpc::Client& client, const Job& job);
  void OnAnswer(const Job& job, size_t endpoint, const absl::Status& status,
                const std::string& response);
  void Settle(const Job& job, const absl::Status& status, const std::string& response);
  // An answer to what is settled.
  void Compare(const IssuedCommand& command, const absl::Status& status,
               const std::string& response);
  void Redirect(Customer& customer, size_t endpoint, const absl::Status& status);
  Customer& CustomerOf(const Job& job) { return customers_[customer_of_[job.command]]; }
  bool AnyConnected() const;

  const LoadOptions options_;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<rpc::Client>> clients_;
  std::mt19937_64 random_;
  std::vector<Customer> customers_;
  std::deque<IssuedCommand> commands_;
  std::vector<size_t> customer_of_;  // by command
  std::priority_queue<Job> later_;
  int in_flight_ = 0;
  uint64_t clock_ = 0;
  int64_t accepted_ = 0;
  int64_t open_ = 0;  // commands without outcome and answers asked for again
  absl::Time next_new_ = absl::InfinitePast();
  bool finishing_ = false;
  bool stop_ = false;
  Violations violations_;
  std::map<std::string, int64_t> answers_;
  std::thread pump_;
};

// An answer as it was when it was given for the first time: without `already_recorded`, which the
// server writes last.
std::string AsFirstGiven(std::string response);

}  // namespace daybook
