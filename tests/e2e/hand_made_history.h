// A small true story, made by hand: records as an honest owner writes them and commands as their
// client saw them. Tests spoil it in one place and look whether the checker finds that.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daybook/book/v1/record.pb.h"
#include "tests/support/history.h"

namespace daybook {

class HandMadeHistory {
 public:
  // One customer in partition 3: registered, account opened, two invoices (100.00 and 50.00 EUR and
  // 19 % tax), a payment of 150.00, and an invoice of 10.00 refused for its currency. In the
  // middle, at offset 3, another owner takes over.
  HandMadeHistory();

  // Records as they are now, linked and in order: epochs, sequences and hashes are made here, so
  // that what was spoilt in `records` is found by its content alone.
  std::vector<StoredRecord> Linked() const;

  std::vector<book::v1::Record> records;  // by offset; without epoch, sequence and hash
  std::vector<IssuedCommand> commands;

  book::v1::Commit& CommitOf(const std::string& request_id);
  size_t OffsetOf(const std::string& request_id) const;
  IssuedCommand& CommandOf(const std::string& request_id);

 private:
  void Claim();
  book::v1::Commit& Accept(const std::string& method, const std::string& request_id,
                           const google::protobuf::Message& request,
                           google::protobuf::Message* response);
  void IssueInvoice(const std::string& request_id, int64_t net, int64_t tax, int64_t number);

  int64_t revision_ = 0;
  uint64_t clock_ = 0;
};

// Links values into a chain as the protocol says it; exposed for tests that spoil the links.
std::string LinkedHash(const std::string& before, const std::string& value);

}  // namespace daybook
