#include <algorithm>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "absl/strings/ascii.h"
#include "common/base/clock.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/plausible.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/client/batch_sender.h"
#include "common/client/retry_notice.h"
#include "common/log/event_log.h"
#include "common/rpc/client.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "services/billing/currency_scale.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/config/connect.h"
#include "services/daybook/import/complaints.h"
#include "services/daybook/import/left_out_rows.h"
#include "services/daybook/import/order_lane.h"
#include "services/daybook/import/orders.h"
#include "services/daybook/process/interrupt.h"
#include "services/daybook/process/progress.h"
#include "services/daybook/process/read_file.h"

namespace daybook {
namespace {

constexpr int kLanes = 4;  // batches under way; a customer's orders all go through one lane
constexpr absl::Duration kDryRunPatience = absl::Seconds(3);

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
            "due_date, paid_date, name, email, region; any order, others are passed over. Days "
            "are\n"
            "1997-01-31 or 19970131, unless --format says otherwise, and not before 1900 or more\n"
            "than two years ahead. UTF-8 only. A customer is registered when first met; who is\n"
            "there stays as they are.\n"
            "paid_date empty: the order is open. No such column: paid on its day. An order of 0 "
            "is\n"
            "an invoice without a payment. An amount below 0 is a return: a credit note of the\n"
            "order that its order_id names, which must be in this file as well; with an empty\n"
            "order_id, or no such column, of the customer's newest order in this file that has so\n"
            "much left. What was paid goes back to the payer, or with --returns credit becomes\n"
            "credit of the account.\n"
            "Which rows are one order: those of one customer_id and order_id. Give an order_id if\n"
            "you can: a row that comes again is not added again, and one that comes with other\n"
            "content is refused and named. Under another customer_id it is another order: void\n"
            "the invoice of the first. Returns of one order are told apart by what they say: a\n"
            "mended one is another return.\n"
            "Without order_id rows that say the same in files of one name are one order (in one\n"
            "file they are different ones), so the same file can be run again, or grown. A mended\n"
            "row is another order, and the one before stands: void its invoice. A copy of the\n"
            "file under another name, or a part of it, is a file of other orders.\n"
            "With --across-files rows that say the same are one order in all files that are\n"
            "imported so: for copies, and for files that overlap. What came in without the flag\n"
            "is not one of them: a row of which the book has such an invoice, by customer, day\n"
            "and amount, is left out and named. Without the flag, what came in with it comes in\n"
            "again.\n"
            "Amounts above about a billion dollars are left out, unless --allow-unusual is given.\n"
            "What was in the book before is counted apart. After a crash run it again: it goes "
            "on.\n"
            "A bad row is named with file, line and reason, and the rest goes on; of more than 10\n"
            "rows of one reason the others are only counted, unless --every-row is given. With\n"
            "--strict nothing is sent when a row cannot be read, and the first refused row stops\n"
            "it.",
        .exit_codes =
            "0 all rows are in · 1 failed, or stopped by --strict · 2 wrong usage · 3 done, "
            "but rows or payments were left out · 4 no answer from the server, run it again · "
            "130 interrupted, run it again"};
  }

  void Declare(Flags& flags) override {
    flags.Argument("FILE", "CSV file; - = standard input", true, &path_);
    flags.Text("--currency", "CODE", "ISO 4217 code of the amounts", &currency_);
    flags.Text("--format", "WORDS",
               "how the file is written: comma, semicolon or tab; decimal-point or decimal-comma; "
               "yyyy-mm-dd, dd/mm/yyyy, dd.mm.yyyy or mm/dd/yyyy; with commas between",
               &format_);
    flags.Switch("--across-files",
                 "rows without order_id that say the same are one order in any file imported so",
                 &across_files_);
    flags.Switch("--allow-unusual", "amounts that look like typing errors are meant",
                 &allow_unusual_);
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
         .last_day =
             absl::CivilDay(today.year() + kPlausibleYearsAhead, today.month(), today.day()),
         .max_amount_minor = allow_unusual_ ? std::numeric_limits<int64_t>::max()
                                            : billing::MaxUsualAmount(currency->code())});
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
    ImportSummary summary;
    absl::Status status = Send(config, *file, *currency, &complaints, &left_out, &summary);
    if (status.ok()) AddRepeatedRows(*file, &left_out, &summary);
    left_out.SayHowManyMore();
    if (Interrupted().load()) {
      std::fprintf(stderr, "interrupted; the same command goes on\n");
      return kExitInterrupted;
    }
    if (dry_run_ && WorthSendingAgain(status)) {
      std::fprintf(stderr, "no answer from %s: only the file was checked\n",
                   config.server_address().c_str());
      summary = ImportSummary();
      AddWhatTheFileSays(*file, &summary);
      AddRepeatedRows(*file, &left_out, &summary);
      status = absl::OkStatus();
    }
    if (!status.ok()) return ReportError(status);
    for (const BadRow& bad : file->bad_rows) summary.left_out_lines.push_back(bad.line);
    summary.Settle();
    Print(summary, *currency);
    WarnOfCopies(*file, summary);
    WarnOfChangedRows(*file, summary);
    return summary.left_out_lines.empty() && summary.left_out_payments == 0 ? kExitOk
                                                                            : kExitLeftOut;
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
  static void AddWhatTheFileSays(const OrderFile& file, ImportSummary* summary) {
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

  // Their order is in the book, or was left out, and they with it.
  static void AddRepeatedRows(const OrderFile& file, LeftOutRows* left_out,
                              ImportSummary* summary) {
    const std::set<int64_t> lines(summary->left_out_lines.begin(), summary->left_out_lines.end());
    for (const RepeatedRow& row : file.repeated_rows) {
      if (lines.count(row.first_line) == 0) {
        summary->orders.AddRepeated(row.line);
        ++summary->repeated;
        continue;
      }
      left_out->Unreadable(row.line,
                           Cat("the order of line ", row.first_line, ", which was left out"));
      summary->left_out_lines.push_back(row.line);
    }
  }

  // Where rows without order_id come from; empty: it does not matter.
  std::string Source() const { return across_files_ ? "" : path_.substr(path_.rfind('/') + 1); }

  absl::Status Send(const Config& config, const OrderFile& file, const Currency& currency,
                    Complaints* complaints, LeftOutRows* left_out, ImportSummary* summary) const {
    const auto client = Connect(config);
    Progress progress("orders", static_cast<int64_t>(file.orders.size()), quiet_);
    RetryNotice notice(config.server_address(),
                       [&](std::string_view line) { complaints->Say(line); });
    OrderLaneJob job{.file = file,
                     .currency = currency,
                     .names = OrderNames(Source(), currency),
                     .first_days = FirstDays(file.orders),
                     .strict = strict_,
                     .across_files = across_files_,
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
    std::vector<OrderLane> lanes;
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

    for (const OrderLane& lane : lanes) summary->Add(lane.summary());
    absl::Status worst;
    for (const absl::Status& outcome : outcomes) {  // CANCELLED only follows from another
      if (!outcome.ok() && (worst.ok() || absl::IsCancelled(worst))) worst = outcome;
    }
    if (worst.ok() && !dry_run_) AwaitBalances(lanes, *client);
    return worst;
  }

  // Whoever asks next sees the whole import. It is in the log already, so a read model that takes
  // its time is no failure.
  static void AwaitBalances(const std::vector<OrderLane>& lanes, rpc::Client& client) {
    static const auto& method = *balances::v1::GetControlTotalsRequest::descriptor()
                                     ->file()
                                     ->FindServiceByName("BalancesService")
                                     ->FindMethodByName("GetControlTotals");
    std::map<int, std::pair<int64_t, std::string>> newest;  // as OrderLane::tokens, of all lanes
    for (const OrderLane& lane : lanes) {
      for (const auto& [partition, token] : lane.tokens()) {
        newest[partition] = std::max(newest[partition], token);
      }
    }
    for (const auto& [partition, token] : newest) {
      balances::v1::GetControlTotalsRequest request;
      request.set_consistency_token(token.second);
      balances::v1::GetControlTotalsResponse response;
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

  void Print(const ImportSummary& summary, const Currency& currency) const {
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
          {"left_out_rows", summary.left_out_lines.size()},
          {"left_out_payments", summary.left_out_payments},
          {"dry_run", dry_run_}};
      std::printf("%s\n", object.dump().c_str());
      return;
    }
    if (quiet_) return;
    std::string text =
        Cat(dry_run_ ? "would be in the book: " : "in the book: ", Grouped(summary.customers),
            " customers, ", Grouped(summary.new_customers),
            " of them new; orders: ", Grouped(orders.fresh()), " new, ", Grouped(orders.already()),
            " already there, ", FormatMoney(summary.total_minor, currency),
            " together; payments: ", Counted(summary.payments));
    if (summary.left_out_payments > 0) {
      text += Cat(", ", Grouped(summary.left_out_payments), " left out");
    }
    if (summary.returns.fresh() + summary.returns.already() > 0) {
      text += Cat("; returns: ", Counted(summary.returns), ", ",
                  FormatMoney(summary.returned_minor, currency));
    }
    std::printf("%s; %s rows left out\n", text.c_str(),
                Grouped(static_cast<int64_t>(summary.left_out_lines.size())).c_str());
    if (orders.already() > 0) {
      std::printf("already there: line%s %s\n", orders.already() == 1 ? "" : "s",
                  Some(orders.already_lines()).c_str());
    }
  }

  // All orders new, and customers known: nothing but their names tells two files apart.
  void WarnOfCopies(const OrderFile& file, const ImportSummary& summary) const {
    const int64_t known = summary.customers - summary.new_customers;
    if (quiet_ || across_files_ || file.has_order_ids || known == 0 ||
        summary.orders.fresh() == 0 || summary.orders.already() > 0) {
      return;
    }
    std::fprintf(
        stderr,
        "note: %s in the book before; should this file repeat rows of another one that is "
        "in, or rows that were mended since, these orders are in twice; with --across-files "
        "rows that say the same are not added again\n",
        known == 1 ? "1 of the customers was"
                   : Cat(Grouped(known), " of the customers were").c_str());
  }

  // Part of the file was there before: a row that is new may be one that was mended since. Only an
  // order id tells.
  void WarnOfChangedRows(const OrderFile& file, const ImportSummary& summary) const {
    const int64_t known = summary.orders.already() + summary.returns.already() - summary.repeated;
    std::vector<int64_t> lines = summary.returns.fresh_lines();
    if (!file.has_order_ids) {
      lines.insert(lines.end(), summary.orders.fresh_lines().begin(),
                   summary.orders.fresh_lines().end());
      std::sort(lines.begin(), lines.end());
    }
    if (quiet_ || known <= 0 || lines.empty()) return;
    std::fprintf(
        stderr,
        "note: %s %s new, while others of this file were in the book before: line%s %s; if such a "
        "row was there before with other content, what it said then stands in the book beside it; "
        "%s\n",
        Counted(static_cast<int64_t>(lines.size()), file.has_order_ids ? "return" : "row").c_str(),
        lines.size() == 1 ? "is" : "are", lines.size() == 1 ? "" : "s", Some(lines).c_str(),
        file.has_order_ids
            ? "invoice then what was credited wrongly (IssueInvoice)"
            : "void then the invoice of the old row (VoidInvoice, after ReversePayment if it is "
              "paid); with an order_id column such a row is refused instead");
  }

  static std::string Counted(int64_t count, const char* what) {
    return Cat(Grouped(count), " ", what, count == 1 ? "" : "s");
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
  bool allow_unusual_ = false;
  bool strict_ = false;
  bool every_row_ = false;
  bool dry_run_ = false;
  bool json_ = false;
  bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewImportOrders() { return std::make_unique<ImportOrders>(); }

}  // namespace daybook
