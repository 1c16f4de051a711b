// What a campaign of faults leaves behind: what clients saw, and what stands in the log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace daybook {

// One record of the log, as some other program read it.
struct StoredRecord {
  int partition = 0;
  int64_t offset = 0;
  std::string key;
  std::string value;
};

// One command as its client knows it. All sends of it have the same bytes.
struct IssuedCommand {
  enum class Outcome { kUnknown, kAccepted, kRefused };

  std::string method;  // full name, `daybook.billing.v1.BillingService.IssueInvoice`
  std::string customer_id;
  std::string request_id;
  std::string request;  // wire bytes

  // Reason that it must be refused with whatever else happens; empty = it must be accepted.
  std::string must_be_refused;

  // Times by the clients' own count of sends and answers: first send, and the answer that settled
  // it.
  uint64_t begun = 0;
  uint64_t ended = 0;
  int sends = 0;

  Outcome outcome = Outcome::kUnknown;
  std::string response;  // accepted: wire bytes of the first answer
  std::string reason;    // refused: ErrorInfo.reason, or the canonical code if there was none
};

// What is wrong, in words; the first hundred of it.
class Violations {
 public:
  void Add(std::string what) {
    ++count_;
    if (all_.size() < 100) all_.push_back(std::move(what));
  }
  bool empty() const { return count_ == 0; }
  int64_t count() const { return count_; }
  const std::vector<std::string>& all() const { return all_; }

 private:
  int64_t count_ = 0;
  std::vector<std::string> all_;
};

}  // namespace daybook
