#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/log/embedded/embedded_log.h"
#include "common/projection/rebuild.h"
#include "daybook/book/v1/record.pb.h"
#include "projections/topology.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/inspect/log_scan.h"
#include "services/daybook/storage/open_log.h"
#include "services/daybook/storage/store_copy.h"

namespace daybook {
namespace {

// What must hold over the commits of one partition, beyond the chain; told from the events alone.
class BookCheck {
 public:
  BookCheck(int partition, int partitions) : partition_(partition), partitions_(partitions) {}

  absl::Status Take(const ScannedRecord& record) {
    ++records_;
    if (!log::IsEffective(record.verdict)) ++voids_;
    if (!log::IsEffective(record.verdict) || !record.frame->has_commit()) return absl::OkStatus();
    if (!commit_.ParseFromString(record.frame->commit())) {
      return absl::DataLossError("the commit does not parse");
    }
    ++commits_;
    RETURN_IF_ERROR(CheckPlace(record));
    for (const book::v1::Event& event : commit_.events()) {
      ++events_;
      if (event.billing().has_invoice_issued()) {
        RETURN_IF_ERROR(CheckInvoice(event.billing().invoice_issued()));
      }
      if (event.billing().has_payment_recorded()) {
        RETURN_IF_ERROR(CheckPayment(event.billing().payment_recorded()));
      }
    }
    return absl::OkStatus();
  }

  int64_t records() const { return records_; }
  int64_t voids() const { return voids_; }
  int64_t commits() const { return commits_; }
  int64_t events() const { return events_; }

 private:
  absl::Status CheckPlace(const ScannedRecord& record) {
    const std::string& id = commit_.customer_id();
    if (record.key != id) return absl::DataLossError("the key is not the commit's customer");
    if (log::PartitionOf(id, partitions_) != partition_) {
      return absl::DataLossError(Cat("customer '", id, "' belongs to another partition"));
    }
    int64_t& revision = revisions_[id];
    // One without events repeats the revision; those of before 2026-11-30 raised it.
    const bool repeats = commit_.events().empty() && commit_.revision() == revision;
    if (!repeats && commit_.revision() != revision + 1) {
      return absl::DataLossError(
          Cat("customer '", id, "' goes from revision ", revision, " to ", commit_.revision()));
    }
    revision = commit_.revision();
    if (!requests_.insert(Cat(id.size(), ":", id, commit_.request_id())).second) {
      return absl::DataLossError(
          Cat("request '", commit_.request_id(), "' of customer '", id, "' has effect twice"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckInvoice(const billing::v1::InvoiceIssued& invoice) {
    const auto& number = invoice.number();
    int64_t& last = numbers_[{number.series(), number.year()}];
    if (number.partition() != partition_ || number.sequence() != last + 1) {
      return absl::DataLossError(Cat("invoice number ", number.sequence(), " of series ",
                                     number.series(), "-", number.year(), " follows ", last));
    }
    last = number.sequence();
    __int128 sum = 0;
    for (const auto& line : invoice.lines()) sum += line.net_minor() + line.tax_minor();
    if (sum != invoice.total_minor()) {
      return absl::DataLossError(
          Cat("the total of invoice ", invoice.invoice_id(), " is not the sum of its lines"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckPayment(const billing::v1::PaymentRecorded& payment) {
    __int128 sum = payment.unapplied_minor();
    for (const auto& allocation : payment.allocations()) sum += allocation.amount_minor();
    if (sum != payment.amount_minor()) {
      return absl::DataLossError(Cat("payment ", payment.payment_id(),
                                     " is not the sum of what it was put on and what is left"));
    }
    return absl::OkStatus();
  }

  const int partition_;
  const int partitions_;
  book::v1::Commit commit_;
  std::map<std::string, int64_t> revisions_;
  std::set<std::string> requests_;
  std::map<std::pair<std::string, int>, int64_t> numbers_;
  int64_t records_ = 0, voids_ = 0, commits_ = 0, events_ = 0;
};

class Verify : public Subcommand {
 public:
  Manual manual() const override {
    return {
        .name = "verify",
        .summary = "Prove that the log is whole and the read models are what it says",
        .examples =
            "daybook verify\n"
            "daybook verify --log-only --json",
        .details =
            "Log: every checksum, the chain of hashes, dense offsets, revisions and invoice "
            "numbers\n"
            "without gaps, no request twice, sums. Read models: each is folded again from the log "
            "up\n"
            "to its position and compared row by row. Works beside a running server, on copies.",
        .exit_codes =
            "0 proven · 1 something is wrong: names the place · 2 wrong usage · 4 the brokers "
            "do not answer"};
  }
  void Declare(Flags& flags) override {
    flags.Switch("--log-only", "leave the read models out", &log_only_);
    flags.Switch("--json", "one JSON object a line", &json_);
  }
  int Run(const Config& config) override {
    absl::Status status = VerifyLog(config);
    if (status.ok() && !log_only_) status = VerifyModels(config);
    return status.ok() ? kExitOk : ReportError(status);
  }

 private:
  absl::Status VerifyLog(const Config& config) const {
    ASSIGN_OR_RETURN(const auto log, OpenLog(config, LogUse::kRead));
    if (config.log == "embedded") {  // checksums of every table, too
      RETURN_IF_ERROR(log::VerifyEmbedded(config.log_dir()).status());
    }
    int64_t records = 0, voids = 0, commits = 0, events = 0;
    for (int p = 0; p < log->partitions(); ++p) {
      BookCheck check(p, log->partitions());
      ASSIGN_OR_RETURN(const log::Position at, ScanPartition(*log, p, [&](const ScannedRecord& r) {
                         return check.Take(r);
                       }));
      if (json_) {
        const nlohmann::ordered_json line = {
            {"partition", p},           {"records", check.records()},
            {"void", check.voids()},    {"commits", check.commits()},
            {"events", check.events()}, {"position", log::ToString(at)}};
        std::printf("%s\n", line.dump().c_str());
      }
      records += check.records();
      voids += check.voids();
      commits += check.commits();
      events += check.events();
    }
    if (!json_) {
      std::printf("log: whole; %d partitions, %s records (%s void), %s commands, %s events\n",
                  log->partitions(), Grouped(records).c_str(), Grouped(voids).c_str(),
                  Grouped(commits).c_str(), Grouped(events).c_str());
    }
    return absl::OkStatus();
  }

  absl::Status VerifyModels(const Config& config) const {
    const projection::Topology topology = TheTopology();
    for (const auto& entry : topology.entries()) {
      const std::string& name = entry.projection.name;
      ASSIGN_OR_RETURN(const WorkDirectory scratch, WorkDirectory::Make(config.data_dir));
      const absl::Status copied =
          CopyStore(config.models_dir() + "/" + name, scratch.path() + "/" + name);
      if (absl::IsNotFound(copied)) {
        if (!config.roles.Keeps(name)) continue;
        std::fprintf(stderr, "%s: not there yet; it will be made from the log\n", name.c_str());
        continue;
      }
      RETURN_IF_ERROR(copied);
      ASSIGN_OR_RETURN(const auto log, OpenLog(config, LogUse::kRead));  // after the copy
      projection::RebuildOptions options;
      options.directory = scratch.path();
      options.dry_run = true;
      const auto report = projection::Rebuild(*log, entry.projection, options);
      RETURN_IF_ERROR(NamedAsOriginal(report.status(), scratch, config.models_dir()));
      if (!report->compared.ok()) {
        const absl::Status differs =
            NamedAsOriginal(report->compared, scratch, config.models_dir());
        return absl::Status(differs.code(),
                            Cat("read model ", name, ": ", differs.message(),
                                "\n  what to do: the log is whole; a server makes a damaged read "
                                "model anew when it starts, or stop the server, then `daybook "
                                "rebuild --projection ",
                                name, "`"));
      }
      if (json_) {
        const nlohmann::ordered_json line = {
            {"projection", name}, {"events", report->events}, {"equal", true}};
        std::printf("%s\n", line.dump().c_str());
      } else {
        std::printf("%s: equal to the log, %s\n", name.c_str(),
                    report->exact ? "row by row" : "by control totals");
      }
    }
    return absl::OkStatus();
  }

  bool log_only_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> NewVerify() { return std::make_unique<Verify>(); }

}  // namespace daybook
