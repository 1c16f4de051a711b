// Some customers' orders of an import on their way into the book, one batch after the other:
// invoices, then the payments of those that were taken, so that an order that is refused leaves no
// money behind; at last the returns.
//
// One thread a lane. A customer's orders all go through one lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/client/batch_sender.h"
#include "common/client/retry_notice.h"
#include "common/rpc/client.h"
#include "daybook/book/v1/command_service.pb.h"
#include "services/daybook/import/left_out_rows.h"
#include "services/daybook/import/order_commands.h"
#include "services/daybook/import/orders.h"
#include "services/daybook/import/outcome_count.h"
#include "services/daybook/process/progress.h"

namespace daybook {

// What a run did, or would do. A row is counted once: in `orders`, `returns` or `left_out_lines`.
struct ImportSummary {
  int64_t customers = 0;      // of the file, that are in the book
  int64_t new_customers = 0;  // of them, that this run registered
  OutcomeCount orders, payments, returns;
  Int128 total_minor = 0;     // of the orders
  Int128 returned_minor = 0;  // of the returns
  int64_t repeated = 0;       // of the orders that were there: rows that repeat another of the file
  std::vector<int64_t> left_out_lines;
  int64_t left_out_payments = 0;  // of orders that are in the book

  void Add(const ImportSummary& other);
  // To be called when all is added, before the results.
  void Settle();
};

// What all lanes share. Const or thread-safe.
struct OrderLaneJob {
  const OrderFile& file;
  const Currency& currency;
  const OrderNames names;
  const std::map<std::string_view, absl::CivilDay> first_days;  // of an order, by customer
  const bool strict;
  const bool across_files;
  const bool returns_as_credit;
  const bool dry_run;  // validate only
  rpc::Client* client;
  LeftOutRows* left_out;
  Progress* progress;
  RetryNotice* notice;  // may be null
  absl::Duration give_up;
  std::atomic<bool> stop{false};
};

class OrderLane {
 public:
  // `orders`: their places in the file.
  OrderLane(OrderLaneJob* job, std::vector<size_t> orders);

  // Blocks until all have an outcome. Errors: as BatchSender::Send, ABORTED after the first refusal
  // if the job is strict.
  absl::Status Run();

  const ImportSummary& summary() const { return summary_; }
  // Of the newest command of each partition: its offset and consistency token.
  const std::map<int, std::pair<int64_t, std::string>>& tokens() const { return tokens_; }

 private:
  struct Sent {
    size_t order;  // its place in the file
    book::v1::Command command;
  };

  const Order& OrderAt(size_t index) const { return job_->file.orders[index]; }

  // Orders without an id of which the book has an invoice that no import with --across-files
  // brought: they would come in a second time, and are left out.
  absl::Status FindForeigners();
  absl::Status LeaveOutForeigner(size_t index);

  // With the first order of each.
  void AddCustomer(size_t index);
  void AddInvoice(size_t index);
  void AddPayment(size_t index);
  void AddReturn(size_t index);
  void Put(size_t index, book::v1::Command command);
  absl::Status SendBatch();

  absl::Status Take(size_t index, const book::v1::Command& sent,
                    const book::v1::CommandResult& result, bool in_doubt);
  absl::Status TakeInvoice(size_t index, const std::string& invoice_id, bool already, bool in_doubt,
                           const std::string& token);
  void CountReturn(const Order& order, bool already, bool in_doubt, const std::string& token);
  void Remember(const std::string& token);
  absl::Status LeaveOut(const Order& order, std::string_view message, std::string_view reason);
  absl::Status StopIfStrict(const Order& order) const;

  OrderLaneJob* job_;
  const std::vector<size_t> orders_;
  BatchSender sender_;
  std::vector<Sent> batch_;
  std::vector<size_t> paid_;                   // of the batch: what can be paid now
  std::map<size_t, std::string> invoice_ids_;  // of the orders that were taken
  std::set<size_t> foreigners_;                // see FindForeigners
  std::set<std::string_view> known_;           // customers that were added
  // Customers of whom the registration (true) or the account was refused, and why.
  std::map<std::string_view, std::pair<bool, absl::Status>> strangers_;
  ImportSummary summary_;
  std::map<int, std::pair<int64_t, std::string>> tokens_;
};

}  // namespace daybook
