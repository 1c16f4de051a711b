#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/log/event_log.h"
#include "common/log/token.h"
#include "common/rpc/client.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "services/daybook/batch_sender.h"
#include "services/daybook/connect.h"
#include "services/daybook/interrupt.h"
#include "services/daybook/left_out_rows.h"
#include "services/daybook/order_commands.h"
#include "services/daybook/orders.h"
#include "services/daybook/progress.h"
#include "services/daybook/retry_notice.h"
#include "services/daybook/subcommands.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

constexpr int kLanes = 4;  // batches under way; a customer's orders all go through one lane
constexpr size_t kBatchCommands = 800;

struct Summary {
  int64_t customers = 0;
  int64_t invoices = 0;
  int64_t payments = 0;
  Int128 total_minor = 0;  // of the invoices
  int64_t left_out = 0;    // rows

  void Add(const Summary& other) {
    customers += other.customers;
    invoices += other.invoices;
    payments += other.payments;
    total_minor += other.total_minor;
    left_out += other.left_out;
  }
};

// Lines on stderr; on a terminal over the line of the progress. Thread-safe.
class Complaints {
 public:
  void Say(std::string_view text) {
    std::lock_guard lock(mutex_);
    std::fprintf(stderr, "%s%s\n", terminal_ ? "\r\x1b[K" : "", std::string(text).c_str());
  }

 private:
  const bool terminal_ = IsTerminal(STDERR_FILENO);
  std::mutex mutex_;
};

// What all lanes share. Const or thread-safe.
struct Job {
  const std::vector<Order>& orders;
  const Currency& currency;
  const std::map<std::string_view, absl::CivilDay> first_days;
  const bool strict;
  rpc::Client* client;
  LeftOutRows* left_out;
  Progress* progress;
  RetryNotice* notice;
  std::atomic<bool> stop{false};
};

// Some customers' orders, sent one batch after the other.
class Lane {
 public:
  Lane(Job* job, std::vector<size_t> orders)
      : job_(job),
        orders_(std::move(orders)),
        sender_(job->client, {.stop = &job->stop, .notice = job->notice}) {}

  absl::Status Run() {
    for (size_t next = 0; next < orders_.size();) {
      const size_t begin = next;
      batch_.clear();
      while (next < orders_.size() && batch_.size() < kBatchCommands) AddOrder(orders_[next++]);
      std::vector<book::v1::Command> commands;
      for (Sent& sent : batch_) commands.push_back(std::move(sent.command));
      ASSIGN_OR_RETURN(const auto results, sender_.Send(commands));
      for (size_t i = 0; i < results.size(); ++i) RETURN_IF_ERROR(Take(batch_[i], results[i]));
      job_->progress->Add(static_cast<int64_t>(next - begin));
    }
    return absl::OkStatus();
  }

  const Summary& summary() const { return summary_; }
  // Of the newest command of each partition.
  const std::map<int, std::pair<int64_t, std::string>>& tokens() const { return tokens_; }

 private:
  void Remember(const std::string& text) {
    const auto token = log::DecodeToken(text);
    if (!token.ok()) return;
    auto& newest = tokens_[token->partition];
    if (token->next_offset > newest.first) newest = {token->next_offset, text};
  }

  struct Sent {
    const Order* order;
    book::v1::Command command;
  };

  void AddOrder(size_t index) {
    const Order& order = job_->orders[index];
    if (known_.insert(order.customer_id).second) {
      const absl::CivilDay first = job_->first_days.at(order.customer_id);
      batch_.push_back({&order, RegisterCommand(order.customer_id, first)});
      batch_.push_back({&order, OpenAccountCommand(order.customer_id, first, job_->currency)});
    }
    batch_.push_back({&order, InvoiceCommand(order, job_->currency)});
    if (order.amount_minor > 0) batch_.push_back({&order, PaymentCommand(order, job_->currency)});
  }

  absl::Status Take(const Sent& sent, const book::v1::CommandResult& result) {
    const absl::Status status = StatusOf(result);
    const std::string reason = ReasonOf(status);
    const Order& order = *sent.order;
    switch (result.result_case()) {
      case book::v1::CommandResult::kRegisterCustomer:
      case book::v1::CommandResult::kOpenAccount:
        return absl::OkStatus();
      case book::v1::CommandResult::kIssueInvoice:
        if (result.issue_invoice().invoice_id() != InvoiceIdOf(order, job_->currency)) {
          return absl::InternalError("the server makes other invoice ids than this client expects");
        }
        Remember(result.issue_invoice().consistency_token());
        ++summary_.invoices;
        summary_.total_minor += order.amount_minor;
        if (with_invoice_.insert(order.customer_id).second) ++summary_.customers;
        return absl::OkStatus();
      case book::v1::CommandResult::kRecordPayment:
        Remember(result.record_payment().consistency_token());
        ++summary_.payments;
        return absl::OkStatus();
      default:  // of a command that an import does not send
        break;
    }
    // The customer or account was there before: as it should be.
    if (reason == "CUSTOMER_EXISTS" || reason == "ACCOUNT_EXISTS") return absl::OkStatus();
    return LeaveOut(order, status);
  }

  // The first refusal of a row says why; those that follow from it add nothing.
  absl::Status LeaveOut(const Order& order, const absl::Status& status) {
    if (!left_out_.insert(order.line).second) return absl::OkStatus();
    ++summary_.left_out;
    job_->left_out->Refused(order.line, std::string(status.message()), ReasonOf(status));
    if (!job_->strict) return absl::OkStatus();
    return absl::AbortedError(Cat("stopped at line ", order.line, " (--strict)"));
  }

  Job* job_;
  const std::vector<size_t> orders_;
  BatchSender sender_;
  std::vector<Sent> batch_;
  std::set<std::string_view> known_;
  std::set<std::string_view> with_invoice_;
  std::set<int64_t> left_out_;
  Summary summary_;
  std::map<int, std::pair<int64_t, std::string>> tokens_;
};

class ImportOrders : public Subcommand {
 public:
  Manual manual() const override {
    return {
        .name = "import orders",
        .summary =
            "Bring in orders from a CSV file: each becomes an invoice, issued and paid on its "
            "date",
        .examples =
            "daybook import orders orders.csv --currency USD\n"
            "daybook import orders orders.csv --dry-run\n"
            "daybook import orders orders.csv --server 127.0.0.1:7464 --json",
        .details =
            "Columns: customer_id, order_date (1997-01-31 or 19970131), quantity, amount; any "
            "order,\n"
            "others are passed over. A customer is registered when first met; an order of 0 is an\n"
            "invoice without a payment. Rows that look alike are different orders.\n"
            "Every command has a request id made from what the row says: run it again after a "
            "crash\n"
            "and it goes on; run it twice and nothing changes.\n"
            "A bad row is named with file, line and reason, and the rest goes on; of more than 10\n"
            "rows of one reason the others are only counted, unless --every-row is given. With\n"
            "--strict nothing is sent when a row cannot be read, and the first refused row stops "
            "it.",
        .exit_codes =
            "0 all rows are in · 1 failed, or stopped by --strict · 2 wrong usage · 3 done, "
            "but rows were left out · 4 no answer from the server, run it again · 130 "
            "interrupted, run it again"};
  }

  void Declare(Flags& flags) override {
    flags.Argument("FILE", "CSV file; - = standard input", true, &path_);
    flags.Text("--currency", "CODE", "ISO 4217 code of the amounts", &currency_);
    flags.Switch("--strict", "stop at the first bad row", &strict_);
    flags.Switch("--every-row", "name every row that is left out", &every_row_);
    flags.Switch("--dry-run", "read and check the file, send nothing", &dry_run_);
    flags.Switch("--json", "summary as one JSON object", &json_);
    flags.Switch("--quiet", "no progress and no summary", &quiet_);
  }

  int Run(const Config& config) override {
    const Currency* currency = Currency::Find(currency_);
    if (currency == nullptr) {
      std::fprintf(
          stderr, "error: --currency %s: no ISO 4217 currency such as USD%s\n", currency_.c_str(),
          Currency::Find(absl::AsciiStrToUpper(currency_)) != nullptr ? "; write it in capitals"
                                                                      : "");
      return kExitUsage;
    }
    const auto content = ReadFile(path_ == "-" ? "/dev/stdin" : path_);
    if (!content.ok()) return ReportError(content.status());
    const auto file = ParseOrders(*content, *currency);
    if (!file.ok()) {
      return ReportError(absl::InvalidArgumentError(Cat(path_, ": ", file.status().message())));
    }
    Complaints complaints;
    LeftOutRows left_out(path_, every_row_, [&](std::string_view line) { complaints.Say(line); });
    for (const BadRow& bad : file->bad_rows) left_out.Unreadable(bad.line, bad.reason);
    left_out.SayHowManyMore();
    Summary summary;
    summary.left_out = static_cast<int64_t>(file->bad_rows.size());
    if (strict_ && !file->bad_rows.empty()) {
      return ReportError(absl::AbortedError("bad rows; nothing was sent (--strict)"));
    }
    if (dry_run_) {
      AddWhatWouldBe(*file, &summary);
      Print(summary, *currency);
      return summary.left_out > 0 ? kExitLeftOut : kExitOk;
    }
    const absl::Status status = Send(config, *file, *currency, &complaints, &left_out, &summary);
    left_out.SayHowManyMore();
    if (Interrupted().load()) {
      std::fprintf(stderr, "interrupted; the same command goes on\n");
      return kExitInterrupted;
    }
    if (!status.ok()) return ReportError(status);
    Print(summary, *currency);
    return summary.left_out > 0 ? kExitLeftOut : kExitOk;
  }

 private:
  static std::map<std::string_view, absl::CivilDay> FirstDays(const std::vector<Order>& orders) {
    std::map<std::string_view, absl::CivilDay> first;
    for (const Order& order : orders) {
      const auto [at, is_new] = first.emplace(order.customer_id, order.date);
      if (!is_new) at->second = std::min(at->second, order.date);
    }
    return first;
  }

  static void AddWhatWouldBe(const OrderFile& file, Summary* summary) {
    summary->customers = static_cast<int64_t>(FirstDays(file.orders).size());
    for (const Order& order : file.orders) {
      ++summary->invoices;
      summary->payments += order.amount_minor > 0;
      summary->total_minor += order.amount_minor;
    }
  }

  absl::Status Send(const Config& config, const OrderFile& file, const Currency& currency,
                    Complaints* complaints, LeftOutRows* left_out, Summary* summary) const {
    const auto client = Connect(config);
    Progress progress("orders", static_cast<int64_t>(file.orders.size()), quiet_);
    RetryNotice notice(config.server_address(),
                       [&](std::string_view line) { complaints->Say(line); });
    Job job{.orders = file.orders,
            .currency = currency,
            .first_days = FirstDays(file.orders),
            .strict = strict_,
            .client = client.get(),
            .left_out = left_out,
            .progress = &progress,
            .notice = &notice};
    std::vector<std::vector<size_t>> shares(kLanes);
    for (size_t i = 0; i < file.orders.size(); ++i) {
      shares[log::PartitionOf(file.orders[i].customer_id, kLanes)].push_back(i);
    }
    std::vector<Lane> lanes;
    for (auto& share : shares) lanes.emplace_back(&job, std::move(share));

    CatchInterrupts();
    std::vector<absl::Status> outcomes(kLanes);
    std::atomic<int> running{kLanes};
    std::vector<std::thread> threads;
    for (int i = 0; i < kLanes; ++i) {
      threads.emplace_back([&, i] {
        outcomes[i] = lanes[i].Run();
        if (!outcomes[i].ok()) job.stop = true;
        --running;
      });
    }
    while (running > 0) {
      if (Interrupted().load()) job.stop = true;
      absl::SleepFor(absl::Milliseconds(5));
    }
    for (std::thread& thread : threads) thread.join();

    for (const Lane& lane : lanes) summary->Add(lane.summary());
    absl::Status worst;
    for (const absl::Status& outcome : outcomes) {  // CANCELLED only follows from another
      if (!outcome.ok() && (worst.ok() || absl::IsCancelled(worst))) worst = outcome;
    }
    if (worst.ok()) AwaitBalances(lanes, *client);
    return worst;
  }

  // Whoever asks next sees the whole import. It is in the log already, so a read model that takes
  // its time is no failure.
  static void AwaitBalances(const std::vector<Lane>& lanes, rpc::Client& client) {
    static const auto& method = *balances::v1::GetTrialBalanceRequest::descriptor()
                                     ->file()
                                     ->FindServiceByName("BalancesService")
                                     ->FindMethodByName("GetTrialBalance");
    std::map<int, std::pair<int64_t, std::string>> newest;  // as Lane::tokens, of all lanes
    for (const Lane& lane : lanes) {
      for (const auto& [partition, token] : lane.tokens()) {
        newest[partition] = std::max(newest[partition], token);
      }
    }
    for (const auto& [partition, token] : newest) {
      balances::v1::GetTrialBalanceRequest request;
      request.set_consistency_token(token.second);
      balances::v1::GetTrialBalanceResponse response;
      const absl::Status seen =
          client.Call(method, request, &response, absl::Now() + absl::Seconds(30));
      if (seen.ok()) continue;
      std::fprintf(stderr, "the read models have not caught up yet: %s\n",
                   std::string(seen.message()).c_str());
      return;
    }
  }

  // No number of JSON is larger than 64 bits for most who read it.
  static nlohmann::ordered_json TotalOf(const Summary& summary) {
    const absl::StatusOr<int64_t> minor = ToInt64(summary.total_minor);
    return minor.ok() ? nlohmann::ordered_json(*minor) : nlohmann::ordered_json();
  }

  void Print(const Summary& summary, const Currency& currency) const {
    const std::string total = FormatMoney(summary.total_minor, currency);
    if (json_) {
      const nlohmann::ordered_json object = {{"customers", summary.customers},
                                             {"invoices", summary.invoices},
                                             {"payments", summary.payments},
                                             {"total_minor", TotalOf(summary)},
                                             {"currency_code", std::string(currency.code())},
                                             {"left_out_rows", summary.left_out},
                                             {"dry_run", dry_run_}};
      std::printf("%s\n", object.dump().c_str());
    } else if (!quiet_) {
      std::printf(
          "%s%s customers, %s invoices, %s payments, %s; %s rows left out\n",
          dry_run_ ? "would be in the book: " : "in the book: ", Grouped(summary.customers).c_str(),
          Grouped(summary.invoices).c_str(), Grouped(summary.payments).c_str(), total.c_str(),
          Grouped(summary.left_out).c_str());
    }
  }

  std::string path_;
  std::string currency_ = "USD";
  bool strict_ = false;
  bool every_row_ = false;
  bool dry_run_ = false;
  bool json_ = false;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewImportOrders() { return std::make_unique<ImportOrders>(); }

}  // namespace daybook
