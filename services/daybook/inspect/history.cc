#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "daybook/book/v1/record.pb.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/inspect/log_scan.h"
#include "services/daybook/storage/open_log.h"

namespace daybook {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {  // bytes that are no UTF-8 become replacement characters
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TimeText(int64_t recorded_time_us) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::FromUnixMicros(recorded_time_us),
                          absl::UTCTimeZone());
}

std::string ProtoJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  return google::protobuf::util::MessageToJsonString(message, &text, options).ok() ? text : "null";
}

// The message of the fact inside `Event{customer{customer_registered{...}}}`.
const google::protobuf::Message* FactOf(const book::v1::Event& event) {
  const google::protobuf::Message* at = &event;
  for (int depth = 0; depth < 2; ++depth) {
    const auto* oneof = at->GetDescriptor()->FindOneofByName("event");
    const auto* field = at->GetReflection()->GetOneofFieldDescriptor(*at, oneof);
    if (field == nullptr) return nullptr;
    at = &at->GetReflection()->GetMessage(*at, field);
  }
  return at;
}

// The names of all events of all books, as lines have them.
std::vector<std::string> TypeNames() {
  std::vector<std::string> names;
  const auto* books = book::v1::Event::descriptor()->FindOneofByName("event");
  for (int i = 0; i < books->field_count(); ++i) {
    const auto* facts = books->field(i)->message_type()->FindOneofByName("event");
    for (int j = 0; j < facts->field_count(); ++j) {
      names.push_back(facts->field(j)->message_type()->name());
    }
  }
  return names;
}

struct Filter {
  std::string customer;
  std::string type;
  int64_t partition = -1;
  int64_t from_offset = 0;
  int64_t limit = 0;      // 0 = none
  bool all = false;       // also what is no event, and what is void
  bool unjudged = false;  // without the chain
};

// Prints records as lines, until the limit.
class Printer {
 public:
  explicit Printer(const Filter& filter) : filter_(filter) {}

  int64_t printed() const { return printed_; }
  bool full() const { return filter_.limit > 0 && printed_ >= filter_.limit; }

  absl::Status Take(const ScannedRecord& record) {
    if (full()) return absl::CancelledError("the limit is reached");
    if (record.offset < filter_.from_offset) return absl::OkStatus();
    if (!filter_.customer.empty() && record.key != filter_.customer) return absl::OkStatus();
    if (log::IsEffective(record.verdict) && record.frame->has_commit()) return TakeCommit(record);
    if (filter_.all && filter_.type.empty()) PrintOther(record);
    return absl::OkStatus();
  }

 private:
  static Json Head(const ScannedRecord& record) {
    return {{"partition", record.partition}, {"offset", record.offset}};
  }

  void Print(const std::string& line) {
    std::printf("%s\n", line.c_str());
    ++printed_;
  }

  absl::Status TakeCommit(const ScannedRecord& record) {
    if (!commit_.ParseFromString(record.frame->commit())) {
      if (filter_.unjudged) return absl::OkStatus();
      return absl::DataLossError("the commit does not parse");
    }
    for (const book::v1::Event& event : commit_.events()) PrintEvent(record, event);
    if (filter_.all && filter_.type.empty() && commit_.events().empty()) {
      Json line = Head(record);
      line["kind"] = "commit_without_events";
      AddCommit(record, &line);
      Print(Dump(line));
    }
    return absl::OkStatus();
  }

  // What the owner's clock showed, where that is not the recorded time.
  static void AddClock(const log::v1::Frame& frame, Json* line) {
    if (frame.has_clock_time()) (*line)["clock_time"] = TimeText(MicrosOf(frame.clock_time()));
  }

  void AddCommit(const ScannedRecord& record, Json* line) const {
    (*line)["customer_id"] = commit_.customer_id();
    (*line)["recorded_time"] = TimeText(log::RecordedTimeUs(*record.frame));
    AddClock(*record.frame, line);
    (*line)["revision"] = commit_.revision();
    (*line)["request_id"] = commit_.request_id();
    if (!commit_.actor().empty()) (*line)["actor"] = commit_.actor();
    if (!commit_.correlation_id().empty()) (*line)["correlation_id"] = commit_.correlation_id();
    if (!commit_.causation_id().empty()) (*line)["causation_id"] = commit_.causation_id();
  }

  void PrintEvent(const ScannedRecord& record, const book::v1::Event& event) {
    const google::protobuf::Message* fact = FactOf(event);
    const std::string type = fact == nullptr ? "unknown" : fact->GetDescriptor()->name();
    if (full() || (!filter_.type.empty() && filter_.type != type)) return;
    Json line = Head(record);
    line["type"] = type;
    AddCommit(record, &line);
    const auto day = DayOf(event.effective_date());
    line["effective_date"] = day.ok() ? FormatDay(*day) : "";
    std::string text = Dump(line);
    text.pop_back();  // the event is JSON already
    Print(Cat(text, ",\"event\":", fact == nullptr ? "null" : ProtoJson(*fact), "}"));
  }

  void PrintOther(const ScannedRecord& record) {
    Json line = Head(record);
    if (!log::IsEffective(record.verdict)) {
      line["kind"] = "void";
      line["verdict"] = std::string(log::ToString(record.verdict));
    } else {
      line["kind"] = record.frame->has_owner_started() ? "owner_started" : "barrier";
    }
    if (record.frame != nullptr) {
      line["epoch"] = record.frame->epoch();
      line["sequence"] = record.frame->sequence();
      line["recorded_time"] = TimeText(log::RecordedTimeUs(*record.frame));
      AddClock(*record.frame, &line);
    }
    std::string text = Dump(line);
    if (log::IsEffective(record.verdict) && record.frame->has_owner_started()) {
      text.pop_back();
      text += Cat(",\"owner_started\":", ProtoJson(record.frame->owner_started()), "}");
    }
    Print(text);
  }

  const Filter& filter_;
  int64_t printed_ = 0;
  book::v1::Commit commit_;
};

class History : public Subcommand {
 public:
  Manual manual() const override {
    return {.name = "history",
            .summary = "Print what happened, straight from the log: JSON lines, one event a line",
            .examples =
                "daybook history\n"
                "daybook history --customer c-1\n"
                "daybook history --type InvoiceIssued --limit 10\n"
                "daybook history --all --partition 3 --from-offset 100",
            .details =
                "Each line has partition, offset, type, customer_id, recorded_time, revision,\n"
                "request_id, effective_date and the event. Partition by partition, in order.\n"
                "Reads beside a running server or without one. Records that do not count are\n"
                "skipped; --all shows them with the reason, and claims and barriers, too.\n"
                "--unjudged shows everything that reads like a command, whether it counts or\n"
                "not: what stands behind the place where a partition has stopped."};
  }
  void Declare(Flags& flags) override {
    flags.Text("--customer", "ID", "only this customer", &filter_.customer);
    flags.Text("--type", "NAME", "only this type of event, such as PaymentRecorded", &filter_.type);
    flags.Number("--partition", "N", "only this partition", 0, 65'535, &filter_.partition);
    flags.Number("--from-offset", "N", "from this offset of each partition", 0, INT64_MAX,
                 &filter_.from_offset);
    flags.Number("--limit", "N", "at most so many lines", 1, INT64_MAX, &filter_.limit);
    flags.Switch("--unjudged", "whatever reads like a command, whether it counts or not",
                 &filter_.unjudged);
    flags.Switch("--all", "also records that hold no event or do not count", &filter_.all);
  }
  int Run(const Config& config) override {
    const std::vector<std::string> types = TypeNames();
    if (!filter_.type.empty() &&
        std::find(types.begin(), types.end(), filter_.type) == types.end()) {
      std::fprintf(stderr, "error: --type: no event is called '%s'%s; there are:\n  %s\n",
                   filter_.type.c_str(), DidYouMean(filter_.type, types).c_str(),
                   absl::StrJoin(types, "\n  ").c_str());
      return kExitUsage;
    }
    const absl::Status customer = CheckId(filter_.customer, kMaxIdCharacters);
    if (!filter_.customer.empty() && !customer.ok()) {
      std::fprintf(stderr, "error: --customer: %s\n", std::string(customer.message()).c_str());
      return kExitUsage;
    }
    const absl::Status status = Print(config);
    return status.ok() ? kExitOk : ReportError(status);
  }

 private:
  absl::Status Print(const Config& config) const {
    ASSIGN_OR_RETURN(const auto log, OpenLog(config, LogUse::kRead));
    if (filter_.partition >= log->partitions()) {
      return absl::InvalidArgumentError(
          Cat("--partition: the log has partitions 0 to ", log->partitions() - 1));
    }
    Printer printer(filter_);
    for (int p = 0; p < log->partitions() && !printer.full(); ++p) {
      if (filter_.partition >= 0 && p != filter_.partition) continue;
      if (!filter_.customer.empty() && log::PartitionOf(filter_.customer, log->partitions()) != p) {
        continue;
      }
      const auto take = [&](const ScannedRecord& r) { return printer.Take(r); };
      RETURN_IF_ERROR(filter_.unjudged ? ScanUnjudged(*log, p, filter_.from_offset, take)
                                       : ScanPartition(*log, p, take).status());
    }
    if (printer.printed() == 0) std::fputs("no such events\n", stderr);
    return absl::OkStatus();
  }

  Filter filter_;
};

}  // namespace

std::unique_ptr<Subcommand> NewHistory() { return std::make_unique<History>(); }

}  // namespace daybook
