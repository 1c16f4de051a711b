#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "common/base/clock.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/plausible.h"
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
#include "services/daybook/outcome_count.h"
#include "services/daybook/progress.h"
#include "services/daybook/retry_notice.h"
#include "services/daybook/subcommands.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

constexpr int kLanes = 4;  // batches under way; a customer's orders all go through one lane
constexpr size_t kBatchCommands = 800;
constexpr absl::Duration kDryRunPatience = absl::Seconds(3);

// What a run did, or would do.
struct Summary {
  int64_t customers = 0;      // of the file, that are in the book
  int64_t new_customers = 0;  // of them, that this run registered
  OutcomeCount orders, payments, returns;
  Int128 total_minor = 0;     // of the orders
  Int128 returned_minor = 0;  // of the returns
  int64_t left_out = 0;       // rows

  void Add(const Summary& other) {
    customers += other.customers;
    new_customers += other.new_customers;
    orders.Add(other.orders);
    payments.Add(other.payments);
    returns.Add(other.returns);
    total_minor += other.total_minor;
    returned_minor += other.returned_minor;
    left_out += other.left_out;
  }
  void Settle() {
    for (OutcomeCount* count : {&orders, &payments, &returns}) count->Settle();
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
  const OrderFile& file;
  const Currency& currency;
  const OrderNames names;
  const std::map<std::string_view, absl::CivilDay> first_days;
  const bool strict;
  const bool returns_as_credit;
  const bool dry_run;  // validate only
  rpc::Client* client;
  LeftOutRows* left_out;
  Progress* progress;
  RetryNotice* notice;
  absl::Duration give_up;
  std::atomic<bool> stop{false};
};

// Some customers' orders, sent one batch after the other: invoices, then the payments of those that
// were taken, so that an order that is refused leaves no money behind; at last the returns.
class Lane {
 public:
  Lane(Job* job, std::vector<size_t> orders)
      : job_(job),
        orders_(std::move(orders)),
        sender_(job->client,
                {.give_up = job->give_up, .stop = &job->stop, .notice = job->notice}) {}

  absl::Status Run() {
    std::vector<size_t> returns;
    for (size_t next = 0; next < orders_.size();) {
      batch_.clear();
      const size_t begin = next;
      for (; next < orders_.size() && batch_.size() < kBatchCommands; ++next) {
        if (OrderAt(orders_[next]).is_return()) {
          returns.push_back(orders_[next]);
        } else {
          AddInvoice(orders_[next]);
        }
      }
      paid_.clear();
      RETURN_IF_ERROR(SendBatch());
      batch_.clear();
      for (const size_t index : paid_) AddPayment(index);
      RETURN_IF_ERROR(SendBatch());
      job_->progress->Add(static_cast<int64_t>(next - begin));
    }
    for (size_t next = 0; next < returns.size();) {
      batch_.clear();
      while (next < returns.size() && batch_.size() < kBatchCommands) AddReturn(returns[next++]);
      RETURN_IF_ERROR(SendBatch());
    }
    return absl::OkStatus();
  }

  const Summary& summary() const { return summary_; }
  // Of the newest command of each partition.
  const std::map<int, std::pair<int64_t, std::string>>& tokens() const { return tokens_; }

 private:
  struct Sent {
    size_t order;  // its place in the file
    book::v1::Command command;
  };

  const Order& OrderAt(size_t index) const { return job_->file.orders[index]; }

  void Remember(const std::string& text) {
    const auto token = log::DecodeToken(text);
    if (!token.ok()) return;
    auto& newest = tokens_[token->partition];
    if (token->next_offset > newest.first) newest = {token->next_offset, text};
  }

  void AddInvoice(size_t index) {
    const Order& order = OrderAt(index);
    if (known_.insert(order.customer_id).second) {
      const absl::CivilDay first = job_->first_days.at(order.customer_id);
      const auto profile = job_->file.customers.find(order.customer_id);
      Put(index, RegisterCommand(order.customer_id,
                                 profile == job_->file.customers.end() ? CustomerProfile()
                                                                       : profile->second,
                                 first));
      Put(index, OpenAccountCommand(order.customer_id, first, job_->currency));
    }
    Put(index, InvoiceCommand(order, job_->names.Of(order), job_->currency));
  }

  void AddPayment(size_t index) {
    const Order& order = OrderAt(index);
    Put(index, PaymentCommand(order, job_->names.Of(order), invoice_ids_[index], job_->currency));
  }

  void AddReturn(size_t index) {
    const Order& returned = OrderAt(index);
    const auto invoice_id = invoice_ids_.find(returned.returned);
    if (invoice_id == invoice_ids_.end()) {
      ++summary_.left_out;
      return job_->left_out->Unreadable(returned.line,
                                        "a return of an order that was left out as well");
    }
    if (invoice_id->second.empty()) return CountReturn(returned, false, false, "");
    Put(index, ReturnCommand(returned, OrderAt(returned.returned), job_->names.Of(returned),
                             invoice_id->second, job_->returns_as_credit, job_->currency));
  }

  void Put(size_t index, book::v1::Command command) {
    if (job_->dry_run) ValidateOnly(command);
    batch_.push_back({index, std::move(command)});
  }

  static void ValidateOnly(book::v1::Command& command) {
    if (command.has_register_customer()) {
      command.mutable_register_customer()->set_validate_only(true);
    } else if (command.has_open_account()) {
      command.mutable_open_account()->set_validate_only(true);
    } else if (command.has_issue_invoice()) {
      command.mutable_issue_invoice()->set_validate_only(true);
    } else if (command.has_record_payment()) {
      command.mutable_record_payment()->set_validate_only(true);
    } else {
      command.mutable_issue_credit_note()->set_validate_only(true);
    }
  }

  absl::Status SendBatch() {
    if (batch_.empty()) return absl::OkStatus();
    std::vector<book::v1::Command> commands;
    for (Sent& sent : batch_) commands.push_back(std::move(sent.command));
    ASSIGN_OR_RETURN(const auto results, sender_.Send(commands));
    for (size_t i = 0; i < results.size(); ++i) {
      RETURN_IF_ERROR(Take(batch_[i].order, commands[i], results[i], sender_.in_doubt(i)));
    }
    return absl::OkStatus();
  }

  absl::Status Take(size_t index, const book::v1::Command& sent,
                    const book::v1::CommandResult& result, bool in_doubt) {
    const Order& order = OrderAt(index);
    const bool already = result.already_recorded();
    switch (result.result_case()) {
      case book::v1::CommandResult::kRegisterCustomer:
        ++summary_.customers;
        if (!already || in_doubt) ++summary_.new_customers;
        return absl::OkStatus();
      case book::v1::CommandResult::kOpenAccount:
        return absl::OkStatus();
      case book::v1::CommandResult::kIssueInvoice:
        return TakeInvoice(index, result.issue_invoice().invoice_id(), already, in_doubt,
                           result.issue_invoice().consistency_token());
      case book::v1::CommandResult::kRecordPayment:
        Remember(result.record_payment().consistency_token());
        summary_.payments.Add(already, in_doubt, result.record_payment().consistency_token(),
                              order.line);
        return absl::OkStatus();
      case book::v1::CommandResult::kIssueCreditNote:
        Remember(result.issue_credit_note().consistency_token());
        CountReturn(order, already, in_doubt, result.issue_credit_note().consistency_token());
        return absl::OkStatus();
      default:  // of a command that an import does not send
        break;
    }
    const absl::Status status = StatusOf(result);
    const std::string reason = ReasonOf(status);
    // The customer or account was there before: as it should be.
    if (reason == "CUSTOMER_EXISTS") ++summary_.customers;
    if (reason == "CUSTOMER_EXISTS" || reason == "ACCOUNT_EXISTS") return absl::OkStatus();
    // Nobody is there yet who would be by then.
    if (job_->dry_run && (reason == "CUSTOMER_NOT_FOUND" || reason == "ACCOUNT_NOT_FOUND")) {
      return sent.has_issue_invoice() ? TakeInvoice(index, "", false, false, "")
                                      : absl::OkStatus();
    }
    return LeaveOut(order, status);
  }

  absl::Status TakeInvoice(size_t index, const std::string& invoice_id, bool already, bool in_doubt,
                           const std::string& token) {
    const Order& order = OrderAt(index);
    Remember(token);
    summary_.orders.Add(already, in_doubt, token, order.line);
    summary_.total_minor += order.amount_minor;
    // What was only validated has no invoice yet.
    const bool there = !job_->dry_run || already;
    invoice_ids_[index] = there ? invoice_id : "";
    if (order.amount_minor == 0 || !order.paid_date.has_value()) return absl::OkStatus();
    if (there) {
      paid_.push_back(index);
    } else {
      summary_.payments.Add(false, false, "", order.line);
    }
    return absl::OkStatus();
  }

  void CountReturn(const Order& order, bool already, bool in_doubt, const std::string& token) {
    summary_.returns.Add(already, in_doubt, token, order.line);
    summary_.returned_minor -= order.amount_minor;
  }

  // The first refusal of a row says why; those that follow from it add nothing.
  absl::Status LeaveOut(const Order& order, const absl::Status& status) {
    if (!left_out_.insert(order.line).second) return absl::OkStatus();
    ++summary_.left_out;
    std::string message(status.message());
    if (ReasonOf(status) == "REQUEST_ID_REUSED") {
      message = Cat(order.order_id.empty() ? "the order" : Cat("order '", order.order_id, "'"),
                    " is in the book with other content; it was left as it is");
    }
    job_->left_out->Refused(order.line, message, ReasonOf(status));
    if (!job_->strict) return absl::OkStatus();
    return absl::AbortedError(Cat("stopped at line ", order.line, " (--strict)"));
  }

  Job* job_;
  const std::vector<size_t> orders_;
  BatchSender sender_;
  std::vector<Sent> batch_;
  std::vector<size_t> paid_;                   // of the batch: what can be paid now
  std::map<size_t, std::string> invoice_ids_;  // of the orders that were taken
  std::set<std::string_view> known_;
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
            "daybook import orders auftraege.csv --currency EUR "
            "--format semicolon,decimal-comma,dd.mm.yyyy",
        .details =
            "Columns: customer_id, order_date, amount; and if they are there order_id, quantity,\n"
            "due_date, paid_date, name, email, region; any order, others are passed over. Days are\n"
            "1997-01-31 or 19970131, unless --format says otherwise, and not before 1900 or more\n"
            "than two years ahead. UTF-8 only. A customer is registered when first met; who is\n"
            "there stays as they are.\n"
            "paid_date empty: the order is open. No such column: paid on its day. An order of 0 is\n"
            "an invoice without a payment. An amount below 0 is a return: a credit note of the\n"
            "order that its order_id names, else of the customer's newest order in this file that\n"
            "has so much left; what was paid goes back to the payer, or with --returns credit\n"
            "becomes credit of the account.\n"
            "Which rows are one order: those of one order_id. Give one if you can: a row that comes\n"
            "again is not added again, and one that comes with other content is refused and named.\n"
            "Without it rows that say the same in files of one name are one order (in one file they\n"
            "are different ones), so the same file can be run again, mended or grown; a copy under\n"
            "another name, or a part of it, is a file of other orders. With --across-files rows that\n"
            "say the same are one order in whatever file: for copies, and for files that overlap.\n"
            "What was in the book before is counted apart. After a crash run it again: it goes on.\n"
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
    flags.Text("--format", "WORDS",
               "how the file is written: comma, semicolon or tab; decimal-point or decimal-comma; "
               "yyyy-mm-dd, dd/mm/yyyy, dd.mm.yyyy or mm/dd/yyyy; with commas between",
               &format_);
    flags.Switch("--across-files", "rows without order_id that say the same are one order in any file",
                 &across_files_);
    flags.Text("--returns", "refund|credit", "what becomes of the money of returned orders",
               &returns_);
    flags.Switch("--strict", "stop at the first bad row", &strict_);
    flags.Switch("--every-row", "name every row that is left out", &every_row_);
    flags.Switch("--dry-run", "say what would happen, record nothing", &dry_run_);
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
    const auto format = OrderFormat::Parse(format_);
    if (!format.ok()) {
      std::fprintf(stderr, "error: --format: %s\n", std::string(format.status().message()).c_str());
      return kExitUsage;
    }
    if (returns_ != "refund" && returns_ != "credit") {
      std::fprintf(stderr, "error: --returns %s: must be refund or credit\n", returns_.c_str());
      return kExitUsage;
    }
    const auto content = ReadFile(path_ == "-" ? "/dev/stdin" : path_);
    if (!content.ok()) return ReportError(content.status());
    const absl::CivilDay today = TodayIn(absl::UTCTimeZone(), WallNow());
    const auto file = ParseOrders(
        *content, *currency,
        {.format = *format,
         .last_day = absl::CivilDay(today.year() + kPlausibleYearsAhead, today.month(),
                                    today.day())});
    if (!file.ok()) {
      return ReportError(absl::InvalidArgumentError(Cat(path_, ": ", file.status().message())));
    }
    Complaints complaints;
    LeftOutRows left_out(path_, every_row_, [&](std::string_view line) { complaints.Say(line); });
    for (const BadRow& bad : file->bad_rows) left_out.Unreadable(bad.line, bad.reason);
    left_out.SayHowManyMore();
    if (strict_ && !file->bad_rows.empty()) {
      return ReportError(absl::AbortedError("bad rows; nothing was sent (--strict)"));
    }
    Summary summary;
    absl::Status status = Send(config, *file, *currency, &complaints, &left_out, &summary);
    left_out.SayHowManyMore();
    if (Interrupted().load()) {
      std::fprintf(stderr, "interrupted; the same command goes on\n");
      return kExitInterrupted;
    }
    if (dry_run_ && WorthSendingAgain(status.code())) {
      std::fprintf(stderr, "no answer from %s: only the file was checked\n",
                   config.server_address().c_str());
      summary = Summary();
      AddWhatTheFileSays(*file, &summary);
      status = absl::OkStatus();
    }
    if (!status.ok()) return ReportError(status);
    summary.left_out += static_cast<int64_t>(file->bad_rows.size());
    for (const int64_t line : file->repeated_lines) summary.orders.AddRepeated(line);
    summary.Settle();
    Print(summary, *currency);
    WarnOfCopies(*file, summary);
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

  // As if nothing of it were in the book.
  static void AddWhatTheFileSays(const OrderFile& file, Summary* summary) {
    summary->customers = static_cast<int64_t>(FirstDays(file.orders).size());
    summary->new_customers = summary->customers;
    for (const Order& order : file.orders) {
      if (order.is_return()) {
        summary->returns.Add(false, false, "", order.line);
        summary->returned_minor -= order.amount_minor;
        continue;
      }
      summary->orders.Add(false, false, "", order.line);
      summary->total_minor += order.amount_minor;
      if (order.amount_minor > 0 && order.paid_date.has_value()) {
        summary->payments.Add(false, false, "", order.line);
      }
    }
  }

  // Where rows without order_id come from; empty: it does not matter.
  std::string Source() const {
    return across_files_ ? "" : path_.substr(path_.rfind('/') + 1);
  }

  absl::Status Send(const Config& config, const OrderFile& file, const Currency& currency,
                    Complaints* complaints, LeftOutRows* left_out, Summary* summary) const {
    const auto client = Connect(config);
    Progress progress("orders", static_cast<int64_t>(file.orders.size()), quiet_);
    RetryNotice notice(config.server_address(),
                       [&](std::string_view line) { complaints->Say(line); });
    Job job{.file = file,
            .currency = currency,
            .names = OrderNames(Source(), currency),
            .first_days = FirstDays(file.orders),
            .strict = strict_,
            .returns_as_credit = returns_ == "credit",
            .dry_run = dry_run_,
            .client = client.get(),
            .left_out = left_out,
            .progress = &progress,
            .notice = dry_run_ ? nullptr : &notice,
            .give_up = dry_run_ ? kDryRunPatience : BatchSenderOptions().give_up};
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
    if (worst.ok() && !dry_run_) AwaitBalances(lanes, *client);
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
          client.Call(method, request, &response, WallNow() + absl::Seconds(30));
      if (seen.ok()) continue;
      std::fprintf(stderr, "the read models have not caught up yet: %s\n",
                   std::string(seen.message()).c_str());
      return;
    }
  }

  // No number of JSON is larger than 64 bits for most who read it.
  static nlohmann::ordered_json MinorOf(Int128 sum) {
    const absl::StatusOr<int64_t> minor = ToInt64(sum);
    return minor.ok() ? nlohmann::ordered_json(*minor) : nlohmann::ordered_json();
  }

  void Print(const Summary& summary, const Currency& currency) const {
    const OutcomeCount& orders = summary.orders;
    if (json_) {
      const nlohmann::ordered_json object = {
          {"customers", summary.customers},
          {"new_customers", summary.new_customers},
          {"orders", {{"new", orders.fresh()}, {"already_there", orders.already()}}},
          {"payments",
           {{"new", summary.payments.fresh()}, {"already_there", summary.payments.already()}}},
          {"returns",
           {{"new", summary.returns.fresh()}, {"already_there", summary.returns.already()}}},
          {"total_minor", MinorOf(summary.total_minor)},
          {"returned_minor", MinorOf(summary.returned_minor)},
          {"currency_code", std::string(currency.code())},
          {"left_out_rows", summary.left_out},
          {"dry_run", dry_run_}};
      std::printf("%s\n", object.dump().c_str());
      return;
    }
    if (quiet_) return;
    std::string text =
        Cat(dry_run_ ? "would be in the book: " : "in the book: ", Grouped(summary.customers),
            " customers, ", Grouped(summary.new_customers), " of them new; orders: ",
            Grouped(orders.fresh()), " new, ", Grouped(orders.already()), " already there, ",
            FormatMoney(summary.total_minor, currency), " together; payments: ",
            Counted(summary.payments));
    if (summary.returns.fresh() + summary.returns.already() > 0) {
      text += Cat("; returns: ", Counted(summary.returns), ", ",
                  FormatMoney(summary.returned_minor, currency));
    }
    std::printf("%s; %s rows left out\n", text.c_str(), Grouped(summary.left_out).c_str());
    if (orders.already() > 0) {
      std::printf("already there: line%s %s\n", orders.already() == 1 ? "" : "s",
                  Some(orders.already_lines()).c_str());
    }
  }

  // All orders new, and customers known: nothing but their names tells two files apart.
  void WarnOfCopies(const OrderFile& file, const Summary& summary) const {
    const int64_t known = summary.customers - summary.new_customers;
    if (quiet_ || across_files_ || file.has_order_ids || known == 0 ||
        summary.orders.fresh() == 0 || summary.orders.already() > 0) {
      return;
    }
    std::fprintf(stderr,
                 "note: %s of the customers were in the book before; should this file repeat rows of "
                 "another one that is in, under another name, these orders are in twice: see "
                 "--across-files\n",
                 Grouped(known).c_str());
  }

  static std::string Counted(const OutcomeCount& count) {
    return Cat(Grouped(count.fresh()), " new, ", Grouped(count.already()), " already there");
  }

  // The first few.
  static std::string Some(const std::vector<int64_t>& lines) {
    constexpr size_t kShown = 10;
    std::string text;
    for (size_t i = 0; i < lines.size() && i < kShown; ++i) {
      text += Cat(i == 0 ? "" : ", ", lines[i]);
    }
    return lines.size() > kShown ? Cat(text, ", ...") : text;
  }

  std::string path_;
  std::string currency_ = "USD";
  std::string format_;
  std::string returns_ = "refund";
  bool across_files_ = false;
  bool strict_ = false;
  bool every_row_ = false;
  bool dry_run_ = false;
  bool json_ = false;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewImportOrders() { return std::make_unique<ImportOrders>(); }

}  // namespace daybook
