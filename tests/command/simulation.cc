#include "tests/command/simulation.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"
#include "common/command/partition.h"
#include "common/command/reasons.h"
#include "common/log/simulated/simulated_log.h"
#include "common/log/token.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/record.pb.h"

namespace daybook::command {
namespace {

using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;
using Random = std::mt19937_64;

// --- two toy books: a customer is a sum in each, which may not leave 0..kMost -------------------

constexpr int64_t kMost = 12;
constexpr int kBooks = 2;

using BillingPart = internal::billing::v1::State;
using CustomerPart = internal::customer::v1::State;

int64_t SumIn(const BillingPart& part) {
  return part.accounts_size() == 0 ? 0 : part.accounts(0).received_minor();
}
int64_t SumIn(const CustomerPart& part) { return part.version(); }

void AddTo(BillingPart& part, int64_t amount) {
  if (part.accounts_size() == 0) part.add_accounts();
  part.mutable_accounts(0)->set_received_minor(part.accounts(0).received_minor() + amount);
}
void AddTo(CustomerPart& part, int64_t amount) { part.set_version(part.version() + amount); }

// What an event adds to the sum of its book.
int64_t AmountOf(const book::v1::Event& event) {
  if (event.has_billing()) return event.billing().payment_recorded().amount_minor();
  int64_t amount = 0;
  (void)absl::SimpleAtoi(event.customer().customer_archived().comment(), &amount);
  return amount;
}

void Say(const BillingPart&, int64_t amount, std::string_view id, book::v1::Event* event) {
  auto* recorded = event->mutable_billing()->mutable_payment_recorded();
  recorded->set_payment_id(std::string(id));
  recorded->set_amount_minor(amount);
}
void Say(const CustomerPart&, int64_t amount, std::string_view, book::v1::Event* event) {
  event->mutable_customer()->mutable_customer_archived()->set_comment(
      std::string(absl::StrCat(amount)));
}

template <class Part>
absl::Status ToyDecide(const View& view, const google::protobuf::Message& message,
                       const Context& context, Decision* out) {
  const auto& request = static_cast<const RecordPaymentRequest&>(message);
  const int64_t before = SumIn(view.part<Part>());
  const int64_t sum = before + request.amount().units();
  if (sum < 0 || sum > kMost) {
    return Refuse(reason::kAmountOverflow, "the sum would leave its range",
                  {{"revision", absl::StrCat(view.revision)}, {"sum", absl::StrCat(before)}});
  }
  if (request.amount().units() != 0) {
    Say(view.part<Part>(), request.amount().units(), context.request_id, out->events.Add());
  }
  RecordPaymentResponse response;
  response.set_payment_id(std::string(context.request_id));
  response.set_allocation_count(static_cast<int>(sum));
  response.SerializeToString(&out->answer);
  return absl::OkStatus();
}

template <class Part>
bool ToyEvolve(const EventMeta&, const book::v1::Event& event, Parts& parts,
               internal::book::v1::PartitionState&) {
  AddTo(parts.Edit<Part>(), AmountOf(event));
  return true;
}

template <class Part>
void AddToy(book::v1::Event::EventCase number, Book* book) {
  Method method;
  method.name = "Toy.Add";
  method.reads = PartSet::Of<Part>();
  method.decide = ToyDecide<Part>;
  book->methods.push_back(method);
  book->folds[static_cast<size_t>(number)] = {ToyEvolve<Part>, PartSet::Of<Part>()};
}

const Book& ToyBook() {
  static const Book* const book = [] {
    auto* b = new Book;
    AddToy<BillingPart>(book::v1::Event::kBilling, b);
    AddToy<CustomerPart>(book::v1::Event::kCustomer, b);
    return b;
  }();
  return *book;
}

// --- what the clients saw -----------------------------------------------------------------------

struct Request {
  std::string customer;
  std::string id;
  size_t book = 0;
  int64_t amount = 0;
  bool validate_only = false;
  std::optional<int64_t> expected_revision;
  bool resolved = false;        // answered for certain: accepted, or refused on a state
  bool maybe_recorded = false;  // at least one attempt ended without certainty
};

enum class Outcome { kUnderWay, kAccepted, kRefused, kReused, kNotRecorded, kUnknown };

struct Attempt {
  int request = 0;
  int64_t submitted = 0;  // step
  int64_t answered = -1;
  Outcome outcome = Outcome::kUnderWay;
  int64_t revision = -1;  // of an acceptance, or the one that a refusal was decided at
  int64_t sum = -1;       // that a refusal was decided on
  int64_t offset = -1;
  RecordPaymentResponse response;
};

// A disk: what was flushed stays when the process dies.
struct Disk {
  std::map<std::pair<CacheBacking::Table, std::string>, std::string> rows;
  log::Position position;
};

struct DiskBacking : CacheBacking {
  explicit DiskBacking(Disk* d) : disk(d) {}
  log::Position position() const override { return disk->position; }
  absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) override {
    const auto it = disk->rows.find({table, std::string(key)});
    if (it == disk->rows.end()) return false;
    *value = it->second;
    return true;
  }
  absl::Status Scan(Table table, std::string_view prefix, bool, const Each& each) override {
    for (const auto& [key, value] : disk->rows) {
      if (key.first == table && key.second.starts_with(prefix)) each(key.second, value);
    }
    return absl::OkStatus();
  }
  absl::Status Write(absl::Span<const Row> rows, const log::Position& at) override {
    for (const Row& row : rows) {
      disk->rows[{row.table, std::string(row.key)}] = std::string(row.value);
    }
    disk->position = at;
    return absl::OkStatus();
  }
  absl::Status Clear() override {
    *disk = Disk();
    return absl::OkStatus();
  }
  Disk* disk;
};

class Simulation;

struct ToyCommand : Command {
  ~ToyCommand() override;
  const google::protobuf::Message& request() const override { return message; }
  void Reply(const absl::Status& status, std::string response) override;
  RecordPaymentRequest message;
  Simulation* simulation = nullptr;
  int attempt = 0;
  bool replied = false;
};

struct Process : PartitionHost {
  void OpenWriter() override {
    writer.reset();
    writer = producer->NewWriter(0);
  }
  void DropWriter() override { writer.reset(); }
  void Append(std::string_view key, std::string_view value) override { writer->Append(key, value); }
  void ReadFrom(int64_t offset) override {
    reader.reset();
    read_from = offset;
  }
  absl::Status CheckHistory(const log::Position&) override { return absl::OkStatus(); }
  void WriteCache(std::function<absl::Status()> write) override { cache_write = std::move(write); }
  void AwaitCache() override {
    const auto write = std::exchange(cache_write, nullptr);
    partition->OnCacheWritten(write());
  }
  void Confirmed(absl::Duration) override {}
  void Say(std::string_view) override {}
  void Count(const Method&, const absl::Status&, bool) override {}

  int number = 0;
  Disk disk;
  absl::Duration clock;  // how wrong
  int64_t paused_until = 0;
  std::unique_ptr<log::LogProducer> producer;
  std::unique_ptr<log::LogWriter> writer;
  std::unique_ptr<log::LogReader> reader;
  int64_t read_from = 0;
  std::function<absl::Status()> cache_write;  // under way
  std::unique_ptr<Partition> partition;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed)
      : random_(seed), log_(1, &random_, Faults()), foreign_(Foreign()), processes_(2 + Below(2)) {
    for (size_t i = 0; i < processes_.size(); ++i) {
      processes_[i].number = static_cast<int>(i);
      processes_[i].clock = absl::Milliseconds(static_cast<int64_t>(Below(400)) - 200);
      Start(processes_[i]);
    }
    processes_[0].partition->Want(true);
  }

  SimulationResult Run() {
    const int64_t busy = 300 + static_cast<int64_t>(Below(500));
    for (step_ = 0; step_ < busy && result_.violation.empty(); ++step_) {
      Mischief();
      if (Chance(0.30)) SubmitNew();
      if (Chance(0.10)) Resubmit();
      Everybody();
    }
    Settle();
    if (result_.violation.empty()) Check();
    Collect();
    return result_;
  }

  void Answered(int attempt_number, const absl::Status& status, const std::string& response);

 private:
  friend struct ToyCommand;
  double Foreign() { return Chance(0.5) ? 0 : 0.1 * Unit(); }
  log::SimulatedFaults Faults() {
    // Each run has its own weather: some faults often, some not at all.
    const auto some = [&](double most) { return Chance(0.5) ? 0 : most * Unit(); };
    return {.lose_record = some(0.05),
            .false_error = some(0.05),
            .lose_report = some(0.02),
            .wrong_offset = some(0.05),
            .no_offset = some(0.03),
            .duplicate = some(0.05),
            .shuffle_report = some(0.5),
            .stale_read = some(0.3),
            .read_error = some(0.1)};
  }
  double Unit() { return std::uniform_real_distribution<double>(0, 1)(random_); }
  bool Chance(double p) { return Unit() < p; }
  uint64_t Below(uint64_t n) { return random_() % n; }
  absl::Time Now() const { return absl::FromUnixSeconds(1'000'000) + absl::Milliseconds(step_); }

  void Start(Process& p) {
    p.writer.reset();
    p.reader.reset();
    // A crash: what was being written is there whole or not at all.
    if (p.cache_write && Chance(0.5)) (void)p.cache_write();
    p.cache_write = nullptr;
    p.partition.reset();
    p.producer = log_.NewProducer([] {});
    PartitionOptions options;
    options.instance = absl::StrFormat("%d-%d", p.number, generation_++);
    options.endpoint = [number = p.number] { return absl::StrCat("process-", number); };
    options.max_group = 1 + Below(8);
    options.barrier_interval = absl::Milliseconds(2);
    options.report_timeout = absl::Milliseconds(60);
    options.claim_timeout = absl::Milliseconds(40);
    options.claim_backoff = absl::Milliseconds(3);
    options.flush_rows = 4 + Below(20);
    options.flush_commits = 4 + Below(60);
    options.flush_step = 1 + Below(2);
    options.flush_interval = absl::Milliseconds(20 + Below(200));
    p.partition = std::make_unique<Partition>(
        options, &ToyBook(),
        std::make_unique<StateCache>(std::make_unique<DiskBacking>(&p.disk), 1'000 * Below(6)), &p);
    p.paused_until = 0;
  }

  void Mischief() {
    if (Chance(foreign_)) WriteForeign();
    for (Process& p : processes_) {
      if (Chance(0.01)) p.paused_until = step_ + static_cast<int64_t>(Below(150));
      if (Chance(0.003)) {
        Tally(p);
        Start(p);
        if (Chance(0.7)) p.partition->Want(true);
      }
      if (Chance(0.006)) p.partition->Want(true);
    }
  }

  // Somebody else writes to the topic, who knows what a record looks like, but not the keys.
  void WriteForeign() {
    const auto& stored = log_.stored(0);
    ++result_.foreign_records;
    // In front of the first claim anybody may begin a log, even this one.
    const uint64_t epoch = NewestEpoch();
    switch (epoch == 0 ? Below(2) : Below(6)) {
      case 0:
        return log_.AppendHole(0);
      case 1:
        return log_.AppendForeign(0, "", Chance(0.5) ? "junk" : "");
      case 2: {  // what was written before, once more
        if (stored.empty()) return;
        const auto again = stored[Below(stored.size())];
        return again.hole ? log_.AppendHole(0) : log_.AppendForeign(0, again.key, again.value);
      }
      case 3:
      case 4: {  // another log's claim, of an epoch that may well be the next
        log::v1::Frame frame;
        frame.set_epoch(epoch + Below(3));
        if (Chance(0.5)) frame.set_chain_key(random_());
        frame.mutable_owner_started()->set_owner("foreign");
        frame.mutable_owner_started()->set_endpoint("foreign");
        frame.mutable_owner_started()->set_partition_count(1);
        frame.mutable_owner_started()->set_format(2);
        return log_.AppendForeign(0, "", frame.SerializeAsString());
      }
      default: {  // another log's record, which may well be the next in sequence
        log::v1::Frame frame;
        frame.set_epoch(epoch);
        frame.set_sequence(1 + Below(stored.size() + 1));
        if (Chance(0.5)) frame.set_chain_key(random_());
        frame.set_previous_hash(std::string(16, 'x'));
        frame.set_confirmed_sequence(Below(1'000));
        frame.mutable_barrier();
        return log_.AppendForeign(0, "", frame.SerializeAsString());
      }
    }
  }
  uint64_t NewestEpoch() const {
    uint64_t newest = 0;
    for (const Process& p : processes_) {
      newest = std::max(newest, p.partition->position().epoch);
    }
    return newest;
  }

  void SubmitNew() {
    Request request;
    request.customer = absl::StrCat("c", Below(3));
    request.id = absl::StrCat("r", requests_.size());
    request.book = Below(kBooks);
    request.amount = static_cast<int64_t>(Below(13)) - 6;
    request.validate_only = Chance(0.05);
    if (Chance(0.1)) request.expected_revision = static_cast<int64_t>(Below(20));
    requests_.push_back(request);
    const int number = static_cast<int>(requests_.size()) - 1;
    Process& p = processes_[Below(processes_.size())];
    Submit(number, p);
    while (Chance(0.15)) Submit(number, processes_[Below(processes_.size())]);  // twins
    if (Chance(0.02)) {  // the same id for something else
      Request other = request;
      other.amount += 1;
      requests_.push_back(other);
      Submit(number + 1, p);
    }
  }

  void Resubmit() {
    std::vector<int> open;
    for (size_t i = 0; i < requests_.size(); ++i) {
      if (!requests_[i].resolved) open.push_back(static_cast<int>(i));
    }
    if (open.empty()) return;
    Submit(open[Below(open.size())], processes_[Below(processes_.size())]);
  }

  void Submit(int request_number, Process& p) {
    const Request& request = requests_[request_number];
    auto command = std::make_unique<ToyCommand>();
    command->simulation = this;
    command->method = &ToyBook().methods[request.book];
    command->attempt = static_cast<int>(attempts_.size());
    command->stream_id = request.customer;
    command->request_id = request.id;
    command->message.mutable_amount()->set_units(request.amount);
    command->request_hash[0] = static_cast<char>(request.amount + 50);
    command->validate_only = request.validate_only;
    command->expected_revision = request.expected_revision;
    command->deadline = Now() + p.clock + absl::Milliseconds(20 + Below(300));
    attempts_.push_back({.request = request_number, .submitted = step_, .response = {}});
    ++result_.commands;
    p.partition->Submit(std::move(command));
  }

  void Everybody() {
    for (uint64_t n = Below(6); n > 0; --n) log_.Advance();
    for (Process& p : processes_) {
      if (p.paused_until > step_ || Chance(0.3)) continue;
      Step(p);
    }
  }

  void Step(Process& p) {
    if (p.writer != nullptr) {
      std::vector<log::Report> reports;
      p.writer->TakeReports(&reports);
      for (const auto& report : reports) p.partition->OnReport(report);
    }
    if (p.cache_write && Chance(0.2)) p.AwaitCache();
    if (p.partition->reading() && p.partition->has_room()) Feed(p);
    p.partition->Tick({Now() + p.clock, absl::Milliseconds(step_)}, random_());
    if (!p.partition->halted().ok()) {
      Violate(absl::StrCat("halted: ", p.partition->halted().message()));
    }
  }

  void Feed(Process& p) {
    if (p.reader == nullptr) {
      auto reader = log_.NewReader(0, p.read_from);
      if (!reader.ok()) return p.partition->OnReadError(reader.status());
      p.reader = *std::move(reader);
    }
    auto batch = p.reader->Read(1 + Below(50), absl::ZeroDuration());
    if (!batch.ok()) {
      p.reader.reset();
      return p.partition->OnReadError(batch.status());
    }
    p.partition->OnRead(*batch);
  }

  // The network heals, one process is asked to own, the clients resend until everything is certain.
  void Settle() {
    log_.Heal();
    for (Process& p : processes_) {
      p.paused_until = 0;
      p.partition->Want(false);
    }
    const int64_t until = step_ + 20'000;
    for (; step_ < until && result_.violation.empty(); ++step_) {
      Process& owner = processes_[0];
      if (step_ % 50 == 0 && owner.partition->phase() == Partition::Phase::kFollow) {
        owner.partition->Want(true);
      }
      bool open = false;
      for (size_t i = 0; i < requests_.size(); ++i) {
        if (requests_[i].resolved) continue;
        open = true;
        if (step_ % 200 == 0) Submit(static_cast<int>(i), owner);
      }
      if (step_ < until - 10'000 && Chance(foreign_)) WriteForeign();
      for (int n = 0; n < 20; ++n) log_.Advance();
      for (Process& p : processes_) Step(p);
      const bool quiet = std::none_of(attempts_.begin(), attempts_.end(), [](const Attempt& a) {
        return a.outcome == Outcome::kUnderWay;
      });
      if (!open && quiet) return;
    }
    Violate("after healing, commands stay without a certain answer");
  }

  void Check();
  void Violate(std::string what) {
    if (result_.violation.empty()) result_.violation = std::move(what);
  }
  void Tally(const Process& p) {
    const Partition::Stats& stats = p.partition->stats();
    result_.ownerships += static_cast<int>(stats.ownerships);
    result_.doubts += static_cast<int>(stats.doubts);
    result_.gaps += static_cast<int>(stats.gaps);
    for (int v = 1; v < log::kVerdicts; ++v) {
      result_.void_records += static_cast<int>(stats.void_records[v]);
    }
  }
  void Collect() {
    for (Process& p : processes_) Tally(p);
    for (const Attempt& a : attempts_) {
      result_.acknowledged += a.outcome == Outcome::kAccepted;
      result_.refused += a.outcome == Outcome::kRefused;
      result_.unknown += a.outcome == Outcome::kUnknown;
    }
    closing_ = true;
  }

  Random random_;
  log::SimulatedLog log_;
  const double foreign_;  // how often others write
  std::vector<Request> requests_;
  std::vector<Attempt> attempts_;
  SimulationResult result_;
  int64_t step_ = 0;
  int generation_ = 0;
  bool closing_ = false;
  std::vector<Process> processes_;  // last: commands that die with it report to the rest
};

ToyCommand::~ToyCommand() {
  // The process died with it: the client sees a broken connection.
  if (!replied && !simulation->closing_) {
    simulation->Answered(attempt, Refuse(reason::kOutcomeUnknown, "connection lost"), "");
  }
}

void ToyCommand::Reply(const absl::Status& status, std::string response) {
  if (replied) simulation->Violate("a command was answered twice");
  replied = true;
  simulation->Answered(attempt, status, response);
}

void Simulation::Answered(int number, const absl::Status& status, const std::string& response) {
  Attempt& attempt = attempts_[number];
  Request& request = requests_[attempt.request];
  attempt.answered = step_;
  const std::string reason = ReasonOf(status);
  if (status.ok()) {
    attempt.response.ParseFromString(response);
    attempt.revision = attempt.response.revision();
    const auto token = log::DecodeToken(attempt.response.consistency_token());
    if (token.ok()) attempt.offset = token->next_offset - 1;
    attempt.outcome = request.validate_only && !token.ok() ? Outcome::kRefused : Outcome::kAccepted;
    if (attempt.outcome == Outcome::kRefused) {
      // Accepted for validation: as much an answer without a record as a refusal.
      attempt.sum = attempt.response.allocation_count() - request.amount;
    }
    request.resolved = true;
  } else if (reason == "AMOUNT_OVERFLOW" || reason == "REVISION_MISMATCH") {
    attempt.outcome = Outcome::kRefused;
    (void)absl::SimpleAtoi(MetadataOf(status, "revision"), &attempt.revision);
    if (reason == "AMOUNT_OVERFLOW") {
      (void)absl::SimpleAtoi(MetadataOf(status, "sum"), &attempt.sum);
    }
    // Refusals are not remembered: a twin that is decided later may be accepted. Only a request
    // whose attempts have all ended is left alone.
    request.resolved = true;
  } else if (reason == "REQUEST_ID_REUSED") {
    attempt.outcome = Outcome::kReused;
    request.resolved = true;
  } else if (reason == "OUTCOME_UNKNOWN") {
    attempt.outcome = Outcome::kUnknown;
    request.maybe_recorded = true;
  } else {
    attempt.outcome = Outcome::kNotRecorded;
  }
}

// --- the checker: a second reading of the rule, and the invariants ------------------------------

using Sums = std::array<int64_t, kBooks>;

// What a commit changes; without events nothing.
Sums AmountsOf(const book::v1::Commit& commit) {
  Sums amounts = {};
  for (const auto& event : commit.events()) {
    amounts[event.has_billing() ? 0 : 1] += AmountOf(event);
  }
  return amounts;
}

// Of a commit that is to be of that request.
bool AreOf(const Request& request, const book::v1::Commit& commit) {
  Sums expected = {};
  expected[request.book] = request.amount;
  return AmountsOf(commit) == expected;
}

void Simulation::Check() {
  struct Effective {
    int64_t offset;
    book::v1::Commit commit;
    Sums sums;  // of the customer, after it
  };
  uint64_t epoch = 0, sequence = 0, key = 0;
  std::map<std::string, std::vector<Effective>> by_customer;  // by revision, from 1 on
  std::map<std::pair<std::string, std::string>, Effective> by_request;
  const auto& stored = log_.stored(0);
  for (size_t offset = 0; offset < stored.size(); ++offset) {
    book::v1::Record record;
    if (stored[offset].hole || !record.ParseFromString(stored[offset].value)) continue;
    if (record.has_owner_started()) {
      if (record.epoch() != epoch + 1 || record.chain_key() != key) continue;
      epoch = record.epoch();
      if (key == 0) key = log::ChainKey(record.owner_started().owner());
      continue;
    }
    if (epoch == 0 || record.epoch() != epoch || record.chain_key() != key) continue;
    if (record.confirmed_sequence() > sequence) {
      return Violate("a record says that more counts before it than does");
    }
    if (record.sequence() != sequence + 1) continue;
    sequence = record.sequence();
    if (!record.has_commit()) continue;
    const book::v1::Commit& commit = record.commit();
    auto& history = by_customer[commit.customer_id()];
    Sums sums = history.empty() ? Sums() : history.back().sums;
    for (int i = 0; i < kBooks; ++i) {
      sums[i] += AmountsOf(commit)[i];
      if (sums[i] < 0 || sums[i] > kMost) return Violate("a rule of a book is broken in the log");
    }
    const Effective effective{static_cast<int64_t>(offset), commit, sums};
    if (commit.events_size() > 0) history.push_back(effective);
    if (commit.revision() != static_cast<int64_t>(history.size())) {
      return Violate(
          absl::StrFormat("I5: revision %d at place %d", commit.revision(), history.size()));
    }
    if (!by_request.emplace(std::pair(commit.customer_id(), commit.request_id()), effective)
             .second) {
      return Violate(absl::StrCat("I2: request ", commit.request_id(), " took effect twice"));
    }
  }

  std::set<std::pair<std::string, std::string>> may_be_recorded;
  for (const Attempt& a : attempts_) {
    const Request& request = requests_[a.request];
    if (a.outcome == Outcome::kAccepted || a.outcome == Outcome::kUnknown ||
        a.outcome == Outcome::kReused) {
      may_be_recorded.insert({request.customer, request.id});
    }
  }
  for (const auto& [key, effective] : by_request) {
    if (!may_be_recorded.contains(key)) {
      return Violate(absl::StrCat("I3: request ", key.second,
                                  " is in the log, but every answer said that it is not"));
    }
  }

  for (const Attempt& a : attempts_) {
    const Request& request = requests_[a.request];
    const auto& history = by_customer[request.customer];
    const auto found = by_request.find({request.customer, request.id});
    if (a.outcome == Outcome::kAccepted) {
      if (found == by_request.end()) {
        return Violate(absl::StrCat("I1: request ", request.id, " was acknowledged and is lost"));
      }
      const Effective& e = found->second;
      RecordPaymentResponse answer;
      answer.ParseFromString(e.commit.answer());
      if (e.offset != a.offset || e.commit.revision() != a.revision ||
          answer.payment_id() != a.response.payment_id() ||
          answer.allocation_count() != a.response.allocation_count() || !AreOf(request, e.commit)) {
        return Violate(absl::StrCat("I1: request ", request.id,
                                    " was acknowledged otherwise than it is in the log"));
      }
      const int64_t before = a.revision - (e.commit.events_size() > 0 ? 1 : 0);
      if (request.expected_revision && *request.expected_revision != before) {
        return Violate(absl::StrFormat("request %s expected revision %d and was accepted at %d",
                                       request.id, *request.expected_revision, before));
      }
    } else if (a.outcome == Outcome::kReused) {
      if (found == by_request.end() || AreOf(request, found->second.commit)) {
        return Violate(absl::StrCat("request ", request.id, " was called reused and is not"));
      }
    } else if (a.outcome == Outcome::kRefused) {
      // I15: true on a prefix of what counts, ...
      if (a.revision < 0 || a.revision > static_cast<int64_t>(history.size())) {
        return Violate(
            absl::StrFormat("I15: request %s was refused at revision %d, which is not in "
                            "the log",
                            request.id, a.revision));
      }
      const int64_t sum = a.revision == 0 ? 0 : history[a.revision - 1].sums[request.book];
      if (a.sum >= 0 && a.sum != sum) {
        return Violate(
            absl::StrFormat("I15: request %s was refused on a sum of %d; at revision %d it "
                            "was %d",
                            request.id, a.sum, a.revision, sum));
      }
    }
  }

  // Real time: what was acknowledged before a command came in is before it, or in its prefix.
  for (const Attempt& a : attempts_) {
    if (a.outcome != Outcome::kAccepted) continue;
    for (const Attempt& b : attempts_) {
      if (b.submitted <= a.answered || a.request == b.request ||
          requests_[a.request].customer != requests_[b.request].customer) {
        continue;
      }
      if (b.outcome == Outcome::kRefused && b.revision < a.revision) {
        return Violate(absl::StrFormat(
            "I15: request %s was refused at revision %d after %s was "
            "acknowledged at %d",
            requests_[b.request].id, b.revision, requests_[a.request].id, a.revision));
      }
      const bool first_attempt =
          std::none_of(attempts_.begin(), attempts_.end(), [&](const Attempt& other) {
            return requests_[other.request].id == requests_[b.request].id &&
                   other.submitted < b.submitted;
          });
      // One that changes nothing repeats the revision that it was decided at.
      const int64_t raises = requests_[b.request].amount == 0 ? 0 : 1;
      if (b.outcome == Outcome::kAccepted && first_attempt && b.revision < a.revision + raises) {
        return Violate(absl::StrFormat("I5: %s came after %s was acknowledged and stands before it",
                                       requests_[b.request].id, requests_[a.request].id));
      }
    }
  }
}

}  // namespace

SimulationResult RunSimulation(uint64_t seed) { return Simulation(seed).Run(); }

}  // namespace daybook::command
