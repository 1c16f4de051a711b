// The partition by hand: one process on an honest log, every input placed. What races is in
// simulation_test.cc.
#include "common/command/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/fact_table.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/command/books.h"
#include "common/command/prepare.h"
#include "common/command/request_marks.h"
#include "common/log/token.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/record.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "services/billing/billing.h"
#include "services/customer/customer.h"

namespace daybook::command {
namespace {

using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;
using BillingPart = internal::billing::v1::State;
using testing::HasSubstr;
using testing::IsEmpty;

// A customer is a sum; a payment that would make it negative is refused.
absl::Time decided_at;

// Answers of the book have so many bytes more than they may have; negative: they are as they are.
int too_long_by = -1;

void MakeLonger(size_t bytes, RecordPaymentResponse& response) {
  while (response.ByteSizeLong() < bytes) response.mutable_payment_id()->push_back('x');
}

absl::Status Decide(const View& view, const google::protobuf::Message& message,
                    const Context& context, Decision* out) {
  decided_at = context.now;
  const auto& request = static_cast<const RecordPaymentRequest&>(message);
  const auto& billing = view.part<BillingPart>();
  const int64_t sum = billing.accounts_size() == 0 ? 0 : billing.accounts(0).received_minor();
  if (sum + request.amount().units() < 0) return Refuse(reason::kAmountOverflow, "too little");
  if (request.amount().units() != 0) {
    auto* payment = out->events.Add()->mutable_billing()->mutable_payment_recorded();
    payment->set_amount_minor(request.amount().units());
    payment->set_payer_reference(request.payer_reference());
  }
  RecordPaymentResponse response;
  response.set_allocation_count(static_cast<int>(sum + request.amount().units()));
  if (too_long_by >= 0) MakeLonger(kMaxAnswerBytes + too_long_by, response);
  response.SerializeToString(&out->answer);
  return absl::OkStatus();
}

bool Evolve(const EventMeta&, const book::v1::Event& event, Parts& parts,
            internal::book::v1::PartitionState&) {
  if (!event.has_billing()) return false;
  auto& billing = parts.Edit<BillingPart>();
  if (billing.accounts_size() == 0) billing.add_accounts();
  billing.mutable_accounts(0)->set_received_minor(
      billing.accounts(0).received_minor() + event.billing().payment_recorded().amount_minor());
  return true;
}

struct Answer {
  absl::Status status;
  RecordPaymentResponse response;
  std::string bytes;
};

// What an answer that was given before has behind the first one: `already_recorded`.
const std::string kAgain = "\x80\x01\x01";

class TestCommand : public Command {
 public:
  TestCommand(int number, std::map<int, Answer>* answers) : number_(number), answers_(answers) {}
  const google::protobuf::Message& request() const override { return message; }
  void Reply(const absl::Status& status, std::string response) override {
    ASSERT_FALSE(answers_->contains(number_)) << "answered twice";
    Answer& answer = (*answers_)[number_];
    answer.status = status;
    answer.bytes = response;
    EXPECT_TRUE(answer.response.ParseFromString(response));
  }
  RecordPaymentRequest message;

 private:
  int number_;
  std::map<int, Answer>* answers_;
};

struct Memory : CacheBacking {
  log::Position position() const override { return at; }
  absl::StatusOr<bool> Get(Table table, std::string_view key, std::string* value) override {
    if (!broken.ok()) return broken;
    if (table == Table::kReceipt) ++receipts_read;
    const auto it = rows.find({table, std::string(key)});
    if (it == rows.end()) return false;
    *value = it->second;
    bytes_read += value->size();
    return true;
  }
  absl::Status Scan(Table table, std::string_view prefix, bool, const Each& each) override {
    if (!broken.ok()) return broken;
    for (const auto& [key, value] : rows) {
      if (key.first == table && key.second.starts_with(prefix)) each(key.second, value);
    }
    return absl::OkStatus();
  }
  absl::Status Write(absl::Span<const Row> changed, const log::Position& position) override {
    if (!full.ok()) return full;
    for (const Row& row : changed) {
      rows[{row.table, std::string(row.key)}] = std::string(row.value);
      bytes_written += row.value.size();
    }
    at = position;
    return absl::OkStatus();
  }
  absl::Status Clear() override {
    rows.clear();
    at = {};
    broken = absl::OkStatus();
    return absl::OkStatus();
  }
  using Rows = std::map<std::pair<Table, std::string>, std::string>;
  static std::pair<Table, std::string> PartRow(const std::string& customer, int number) {
    std::string key;
    AppendPartKey(customer, number, &key);
    return {Table::kState, key};
  }
  static internal::book::v1::Stream StreamOf(const std::string& customer, const Rows& in) {
    internal::book::v1::Stream stream;
    EXPECT_TRUE(stream.ParseFromString(in.at({Table::kState, customer})));
    return stream;
  }
  internal::book::v1::Stream StreamOf(const std::string& customer) const {
    return StreamOf(customer, rows);
  }
  BillingPart BillingOf(const std::string& customer) const {
    constexpr int kNumber = internal::book::v1::State::kBillingFieldNumber;
    BillingPart part;
    EXPECT_TRUE(ParsePart(rows.at(PartRow(customer, kNumber)),
                          FindListed(StreamOf(customer), kNumber).value_or(-1), &part));
    return part;
  }
  Rows rows;
  log::Position at;
  absl::Status broken, full;
  int receipts_read = 0;
  size_t bytes_read = 0, bytes_written = 0;
};

class PartitionTest : public testing::Test, public PartitionHost {
 protected:
  PartitionTest() {
    method_.name = "Toy.Add";
    method_.decide = Decide;
    for (Fold& fold : book_.folds) fold = {Evolve, PartSet::Of<BillingPart>()};
    options_.instance = "me";
    options_.endpoint = [] { return std::string("me:1"); };
    Make();
  }

  // The process is there anew, over what was flushed.
  void Restart() {
    auto backing = std::make_unique<Memory>(*memory_);
    read_from_ = backing->at.next_offset;
    Make(std::move(backing));
    BecomeOwner();
  }
  void Make(std::unique_ptr<Memory> backing = std::make_unique<Memory>()) {
    memory_ = backing.get();
    partition_ = std::make_unique<Partition>(
        options_, &book_, std::make_unique<StateCache>(std::move(backing), cache_bytes_), this);
  }

  // A record of each of so many customers stands in the log.
  void RecordCustomers(int count) {
    BecomeOwner();
    for (int i = 0; i < count; ++i) {
      Submit("r", 1, absl::StrCat("c", i));
      if (i % 10 == 9) Settle();
    }
  }

  // PartitionHost: records go to `log_` at once; their reports wait in `reports_`.
  void OpenWriter() override {
    appended_ = 0;
    reports_.clear();
  }
  void DropWriter() override { reports_.clear(); }
  void Append(std::string_view key, std::string_view value) override {
    if (!lose_) {
      reports_.push_back({appended_, absl::OkStatus(), static_cast<int64_t>(log_.size())});
      if (options_.log_has_clock) reports_.back().stored_time = LogClock();
      log_.emplace_back(key, value);
    }
    ++appended_;
  }
  void ReadFrom(int64_t offset) override { read_from_ = offset; }
  absl::Status CheckHistory(const log::Position&) override { return history_; }
  void WriteCache(std::function<absl::Status()> write) override { cache_write_ = std::move(write); }
  void AwaitCache() override {
    if (const auto write = std::exchange(cache_write_, nullptr)) {
      partition_->OnCacheWritten(write());
    }
  }
  void Confirmed(absl::Duration) override {}
  void Say(std::string_view message) override { said_.emplace_back(message); }
  void Count(const Method&, const absl::Status&, bool repeated) override {
    ++counted_;
    repeated_ += repeated;
  }

  log::Batch Everything() {
    log::Batch batch;
    for (size_t i = read_from_; i < log_.size(); ++i) {
      const auto offset = static_cast<int64_t>(i);
      if (!holes_.contains(offset)) {
        batch.records.push_back({offset, log_[i].first, log_[i].second});
      }
    }
    read_from_ = batch.next_offset = static_cast<int64_t>(log_.size());
    batch.end = true;
    return batch;
  }
  void Read() {
    if (partition_->reading()) partition_->OnRead(Everything());
  }
  // Both clocks go on together, unless a test sets one.
  Moment Clocks() const { return {now_, now_ + set_back_ - absl::FromUnixSeconds(1'690'000'000)}; }
  // The time that it really is.
  absl::Time LogClock() const { return now_ + set_back_ + log_ahead_; }
  void SetClock(absl::Duration by) {
    now_ += by;
    set_back_ -= by;
  }
  void Tick() { partition_->Tick(Clocks(), ++fresh_); }
  void Report() {
    const auto reports = std::exchange(reports_, {});
    for (const auto& report : reports) partition_->OnReport(report);
  }
  void BecomeOwner() {
    partition_->Want(true);
    for (int i = 0; i < 8 && partition_->phase() != Partition::Phase::kOwn; ++i) {
      Tick();
      Read();
      now_ += absl::Milliseconds(50);  // a claim soon after another waits a moment
    }
    ASSERT_EQ(partition_->phase(), Partition::Phase::kOwn);
  }
  // Reports come, and barriers where they are due.
  void Settle() {
    for (int i = 0; i < 4; ++i) {
      Tick();
      Report();
      Tick();
      AwaitCache();
      now_ += absl::Milliseconds(10);
    }
  }

  int Submit(std::string id, int64_t amount, std::string customer = "c") {
    return Send(Make(std::move(id), amount, std::move(customer)));
  }
  std::unique_ptr<TestCommand> Make(std::string id, int64_t amount, std::string customer = "c") {
    auto command = std::make_unique<TestCommand>(++number_, &answers_);
    command->method = &method_;
    command->stream_id = std::move(customer);
    command->request_id = std::move(id);
    command->request_hash[0] = static_cast<char>(amount);
    command->message.mutable_amount()->set_units(amount);
    command->deadline = now_ + absl::Seconds(5);
    return command;
  }
  int Send(std::unique_ptr<TestCommand> command) {
    partition_->Submit(std::move(command));
    return number_;
  }
  bool Answered(int number) const { return answers_.contains(number); }
  std::string ReasonFor(int number) const {
    return Answered(number) ? ReasonOf(answers_.at(number).status) : "no answer";
  }
  // An offset that holds nothing.
  void Hole() {
    holes_.insert(static_cast<int64_t>(log_.size()));
    log_.emplace_back();
  }
  // What somebody else writes.
  void Foreign(const book::v1::Record& record) {
    log_.emplace_back("", record.SerializeAsString());
  }
  void ForeignOwner(uint64_t epoch) {
    book::v1::Record record;
    record.set_epoch(epoch);
    record.set_chain_key(partition_->position().chain_key);
    record.mutable_owner_started()->set_owner("other/1");
    record.mutable_owner_started()->set_endpoint("other:2");
    record.mutable_owner_started()->set_partition_count(1);
    Foreign(record);
  }

  Method method_;
  Book book_;
  PartitionOptions options_;
  size_t cache_bytes_ = 100'000;  // some hundred customers
  Memory* memory_ = nullptr;
  std::unique_ptr<Partition> partition_;
  std::map<int, Answer> answers_;
  std::vector<std::pair<std::string, std::string>> log_;
  std::set<int64_t> holes_;
  std::vector<log::Report> reports_;
  uint64_t appended_ = 0;
  bool lose_ = false;
  int64_t read_from_ = 0;
  absl::Status history_;
  std::function<absl::Status()> cache_write_;  // under way
  std::vector<std::string> said_;
  int counted_ = 0;
  int repeated_ = 0;
  int number_ = 0;
  uint64_t fresh_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  absl::Duration set_back_, log_ahead_;
};

TEST_F(PartitionTest, AnswersOnlyWhenTheLogHasConfirmed) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  Tick();
  EXPECT_FALSE(Answered(a));
  Report();
  Tick();
  ASSERT_TRUE(Answered(a));
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_EQ(answers_[a].response.revision(), 1);
  const auto token = log::DecodeToken(answers_[a].response.consistency_token());
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->next_offset, 2);
  EXPECT_EQ(token->log_id, "me");
}

// What a domain says to an event stands in the same record, and a replay folds it as it stands.
TEST_F(PartitionTest, AReactionIsPartOfTheCommit) {
  static int reacted;
  reacted = 0;
  std::vector<ReactTo> table(FactsOf<book::v1::Event>().size(), nullptr);
  table[*FactsOf<book::v1::Event>().IndexOf(*billing::v1::PaymentRecorded::descriptor())] =
      [](const View& after, const google::protobuf::Message& fact, const EventMeta&, const Context&,
         EventList* events) {
        ++reacted;
        const auto& payment = static_cast<const billing::v1::PaymentRecorded&>(fact);
        EXPECT_GE(after.part<BillingPart>().accounts(0).received_minor(), payment.amount_minor());
        auto* added = events->Add()->mutable_billing()->mutable_payment_recorded();
        added->set_amount_minor(1'000);
        // One that is too large for a record, of a large payment.
        if (payment.amount_minor() == 99) added->set_payment_id(std::string(1 << 20, 'x'));
      };
  book_.AddReaction({.to = table});
  BecomeOwner();
  const int a = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  book::v1::Record record;
  ASSERT_TRUE(record.ParseFromString(log_.back().second));
  EXPECT_EQ(record.commit().events_size(), 2);
  EXPECT_EQ(reacted, 1);

  // Refused whole: nothing of it is folded.
  const size_t records = log_.size();
  const int large = Submit("r2", 99);
  Settle();
  EXPECT_EQ(ReasonOf(answers_[large].status), "RECORD_TOO_LARGE");
  for (size_t i = records; i < log_.size(); ++i) {
    ASSERT_TRUE(record.ParseFromString(log_[i].second));
    EXPECT_FALSE(record.has_commit());
  }
  const int resent = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[resent].response.already_recorded());
  EXPECT_EQ(answers_[resent].response.revision(), 1);
  const int reactions = reacted;

  Make();
  read_from_ = 0;
  BecomeOwner();
  EXPECT_EQ(reacted, reactions) << "a replay reacts to nothing";
  Submit("r3", 5);
  Settle();
  ASSERT_TRUE(record.ParseFromString(log_.back().second));
  EXPECT_EQ(record.commit().revision(), 2);
}

TEST_F(PartitionTest, AResendGetsTheFirstAnswerByteForByte) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  Settle();
  Submit("r2", 7);
  Settle();
  EXPECT_EQ(repeated_, 0);
  const int again = Submit("r1", 5);
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[a].bytes + kAgain);
  EXPECT_EQ(partition_->stats().commits, 2);
  EXPECT_EQ(repeated_, 1);
}

TEST_F(PartitionTest, AResendIsKnownAfterARestartAndWithoutACache) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  Settle();
  Make();
  read_from_ = 0;
  BecomeOwner();
  const int again = Submit("r1", 5);
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[a].bytes + kAgain);
}

TEST_F(PartitionTest, ANewRequestIdIsNotLookedForInTheCache) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  const int first = Submit("r1", 5);
  Settle();
  partition_->LoseWriter("a test");  // everything comes from the backing store now
  BecomeOwner();
  Submit("r2", 5);
  Settle();
  EXPECT_EQ(memory_->receipts_read, 0);
  const int again = Submit("r1", 5);
  Settle();
  EXPECT_EQ(memory_->receipts_read, 1);
  EXPECT_EQ(answers_[again].bytes, answers_[first].bytes + kAgain);
}

TEST_F(PartitionTest, AResendIsKnownBehindMoreCommitsThanHaveMarks) {
  options_.flush_rows = 512;
  Make();
  BecomeOwner();
  const int first = Submit("r1", 5);
  for (int i = 0; i < kMaxRequestMarks; ++i) Submit(absl::StrCat("more", i), 1);
  Settle();
  partition_->LoseWriter("a test");
  BecomeOwner();
  const int again = Submit("r1", 5);
  const int fresh = Submit("new", 1);
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[first].bytes + kAgain);
  EXPECT_EQ(answers_[fresh].response.revision(), kMaxRequestMarks + 2);
}

TEST_F(PartitionTest, TheSameIdForSomethingElseIsRefused) {
  BecomeOwner();
  Submit("r1", 5);
  const int under_way = Submit("r1", 6);
  Settle();
  const int later = Submit("r1", 7);
  Settle();
  EXPECT_EQ(ReasonFor(under_way), "REQUEST_ID_REUSED");
  EXPECT_EQ(ReasonFor(later), "REQUEST_ID_REUSED");
}

TEST_F(PartitionTest, ARequestIdIsTheCustomersOwn) {
  BecomeOwner();
  const int a = Submit("r1", 5, "c");
  const int b = Submit("r1", 6, "d");
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_TRUE(answers_[b].status.ok());
}

TEST_F(PartitionTest, AHundredTwinsAreOneRecord) {
  BecomeOwner();
  std::vector<int> all;
  for (int i = 0; i < 100; ++i) all.push_back(Submit("r1", 5));
  Settle();
  for (const int i : all) {
    EXPECT_EQ(answers_[i].bytes, answers_[all[0]].bytes + (i == all[0] ? "" : kAgain));
  }
  EXPECT_EQ(partition_->stats().commits, 1);
}

TEST_F(PartitionTest, ARequestThatChangesNothingIsRememberedToo) {
  BecomeOwner();
  const int a = Submit("r1", 0);
  Settle();
  EXPECT_EQ(answers_[a].response.revision(), 0);
  EXPECT_NE(answers_[a].response.consistency_token(), "");
  const int again = Submit("r1", 0);
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[a].bytes + kAgain);
}

TEST_F(PartitionTest, ARefusalWaitsForARecordAfterTheDecision) {
  BecomeOwner();
  const int refused = Submit("r1", -1);
  Tick();
  EXPECT_FALSE(Answered(refused));
  EXPECT_EQ(partition_->stats().barriers, 1);
  Report();
  Tick();
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
}

TEST_F(PartitionTest, ACommandAfterARefusalSavesTheBarrier) {
  BecomeOwner();
  const int refused = Submit("r1", -1);
  Submit("r2", 1);
  Settle();
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
  EXPECT_EQ(partition_->stats().barriers, 0);
}

TEST_F(PartitionTest, ARefusalIsNotRemembered) {
  BecomeOwner();
  Submit("r1", -1);
  Settle();
  Submit("r2", 5);
  const int again = Submit("r1", -1);
  Settle();
  EXPECT_TRUE(answers_[again].status.ok());
}

TEST_F(PartitionTest, AnExclusiveLogNeedsNoBarrier) {
  options_.exclusive = true;
  Make();
  BecomeOwner();
  const int refused = Submit("r1", -1);
  Tick();
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
  EXPECT_EQ(partition_->stats().barriers, 0);
}

TEST_F(PartitionTest, ARefusalOnAnExclusiveLogWaitsForWhatItWasDecidedOn) {
  options_.exclusive = true;
  Make();
  BecomeOwner();
  const int first = Submit("r1", 5);
  const int refused = Submit("r2", -6);
  Tick();
  EXPECT_FALSE(Answered(refused));
  Report();
  Tick();
  EXPECT_TRUE(Answered(first));
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
}

TEST_F(PartitionTest, ValidateOnlyWritesNothingAndConsumesNoId) {
  BecomeOwner();
  auto command = Make("r1", 5);
  command->validate_only = true;
  const int tried = Send(std::move(command));
  Settle();
  EXPECT_TRUE(answers_[tried].status.ok());
  EXPECT_EQ(answers_[tried].response.revision(), 0);
  EXPECT_THAT(answers_[tried].response.consistency_token(), IsEmpty());
  EXPECT_EQ(partition_->stats().commits, 0);
  const int real = Submit("r1", 5);
  Settle();
  EXPECT_EQ(answers_[real].response.revision(), 1);
}

TEST_F(PartitionTest, OneWinnerPerExpectedRevision) {
  BecomeOwner();
  std::vector<int> all;
  for (int i = 0; i < 5; ++i) {
    auto command = Make(absl::StrCat("r", i), 1);
    command->expected_revision = 0;
    all.push_back(Send(std::move(command)));
  }
  Settle();
  EXPECT_TRUE(answers_[all[0]].status.ok());
  for (int i = 1; i < 5; ++i) {
    EXPECT_EQ(ReasonFor(all[i]), "REVISION_MISMATCH");
    EXPECT_EQ(MetadataOf(answers_[all[i]].status, "revision"), "1");
  }
}

TEST_F(PartitionTest, AnErrorPutsEverythingInDoubtAndResolvesItFromTheLog) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  Tick();
  reports_.back().status = absl::UnavailableError("timed out");  // though it is stored
  Report();
  Tick();
  EXPECT_EQ(partition_->stats().doubts, 1);
  EXPECT_FALSE(Answered(a));
  BecomeOwner();
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_EQ(partition_->stats().commits, 0) << "found in the log, not decided again";
}

TEST_F(PartitionTest, WhatNeverReachedTheLogIsDecidedAgain) {
  BecomeOwner();
  lose_ = true;
  const int a = Submit("r1", 5);
  Tick();
  lose_ = false;
  now_ += options_.report_timeout + absl::Seconds(1);
  EXPECT_FALSE(Answered(a));
  Tick();
  EXPECT_EQ(ReasonFor(a), "OUTCOME_UNKNOWN") << "its deadline has passed in silence";
  EXPECT_EQ(partition_->stats().doubts, 1);
  BecomeOwner();
  const int again = Submit("r1", 5);
  Settle();
  EXPECT_EQ(answers_[again].response.revision(), 1);
}

TEST_F(PartitionTest, AnOffsetThatIsTooLowIsADoubt) {
  BecomeOwner();
  Submit("r1", 5);
  Tick();
  reports_.back().offset = *reports_.back().offset - 1;
  Report();
  Tick();
  EXPECT_EQ(partition_->stats().doubts, 1);
}

// Nobody has written in between: the offset is wrong, and what stands there never comes.
TEST_F(PartitionTest, AnOffsetThatIsTooHighIsReadUpToAndConfirmsNothing) {
  BecomeOwner();
  lose_ = true;
  const int a = Submit("r1", 5);
  Tick();
  partition_->OnReport({1, absl::OkStatus(), 7});
  lose_ = false;
  Tick();
  Read();
  Tick();
  EXPECT_FALSE(Answered(a));
  now_ += options_.report_timeout + absl::Seconds(1);
  Tick();
  EXPECT_EQ(partition_->stats().doubts, 1);
  EXPECT_EQ(ReasonFor(a), "OUTCOME_UNKNOWN");
}

TEST_F(PartitionTest, WhatOthersWriteInBetweenIsReadThrough) {
  BecomeOwner();
  Submit("r0", 1);
  Settle();
  Hole();
  log_.emplace_back("", "junk");
  Hole();
  const int a = Submit("r1", 5);
  const int b = Submit("r2", 7);
  Tick();
  log_.emplace_back("k", "more junk");
  const int c = Submit("r3", 9);
  Tick();
  Hole();
  Report();
  Tick();
  EXPECT_EQ(partition_->stats().gaps, 1);
  EXPECT_FALSE(Answered(a)) << "nobody knows yet who wrote there";
  ASSERT_TRUE(partition_->reading());
  Read();
  Tick();
  for (const int n : {a, b, c}) EXPECT_TRUE(answers_[n].status.ok());
  EXPECT_EQ(log::DecodeToken(answers_[a].response.consistency_token())->next_offset, 6);
  EXPECT_EQ(log::DecodeToken(answers_[c].response.consistency_token())->next_offset, 9);
  EXPECT_FALSE(partition_->reading());
  const int d = Submit("r4", 1);
  Settle();
  EXPECT_TRUE(answers_[d].status.ok());
  EXPECT_EQ(partition_->stats().gaps, 1) << "the hole at the end had been read through as well";
  EXPECT_EQ(partition_->stats().doubts, 0);
  EXPECT_EQ(partition_->position().next_offset, 11);
  EXPECT_EQ(partition_->position().last_offset, 10);
  // And all of it is read back so.
  const log::Position before = partition_->position();
  Make();
  read_from_ = 0;
  Tick();
  Read();
  EXPECT_EQ(partition_->position(), before);
}

TEST_F(PartitionTest, TheCacheIsWrittenForWhereRecordsStandAtLast) {
  options_.flush_rows = 2;
  Make();
  BecomeOwner();
  log_.emplace_back("", "junk");
  Submit("r1", 5);
  Tick();  // a flush is frozen at the record, which was thought to stand at offset 1
  Submit("r2", 5);
  Tick();
  Hole();
  Report();
  Tick();
  EXPECT_EQ(cache_write_, nullptr);
  Read();
  Tick();
  AwaitCache();
  EXPECT_EQ(partition_->stats().gaps, 1);
  EXPECT_EQ(partition_->stats().doubts, 0);
  EXPECT_EQ(memory_->at.next_offset, 3);
  EXPECT_EQ(memory_->at.last_offset, 2);
  Submit("r3", 5);
  Settle();
  partition_->FlushCache();
  EXPECT_EQ(memory_->at, partition_->position());
  EXPECT_EQ(memory_->at.last_offset, 5);
}

TEST_F(PartitionTest, ARefusalBehindAGapWaitsForItsBarrier) {
  BecomeOwner();
  log_.emplace_back("", "junk");
  const int refused = Submit("r1", -1);
  Tick();
  Report();
  Tick();
  EXPECT_FALSE(Answered(refused));
  Read();
  Tick();
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
}

TEST_F(PartitionTest, AGapThatCannotBeReadIsADoubtInTheEnd) {
  BecomeOwner();
  log_.emplace_back("", "junk");
  Submit("r1", 5);
  Tick();
  Report();
  Tick();
  partition_->OnReadError(absl::UnavailableError("broker gone"));
  EXPECT_TRUE(partition_->reading()) << "it is tried again";
  EXPECT_EQ(read_from_, 0) << "from the newest record that is proven on";
  partition_->OnReadError(absl::OutOfRangeError("the log was cut"));
  EXPECT_EQ(partition_->stats().doubts, 1);
}

// Longer than the one that we own, so that an append looks like one behind a gap. What we have
// appended continues our chain there, and proves nothing.
TEST_F(PartitionTest, NothingIsConfirmedInALogThatStandsInThePlaceOfOurs) {
  for (const bool cached : {true, false}) {
    SCOPED_TRACE(cached);
    log_.clear();
    read_from_ = 0;
    Make();
    BecomeOwner();
    const int before = Submit("r1", 5);
    Settle();
    EXPECT_TRUE(answers_[before].status.ok());
    if (cached) partition_->FlushCache();
    log_.assign(5, {"", "another log's"});
    const int a = Submit("r2", 5);
    Tick();
    Report();
    for (int i = 0; i < 5; ++i) {
      Tick();
      Read();
      now_ += absl::Seconds(1);
    }
    EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
    EXPECT_THAT(partition_->halted().message(), HasSubstr("offset 1: what counted there"));
    EXPECT_EQ(log_.size(), 6u) << "nothing is claimed";
    EXPECT_EQ(ReasonFor(a), "OUTCOME_UNKNOWN");
  }
}

// A broker that has just become the leader may not know yet how far the log goes.
TEST_F(PartitionTest, ALogThatLooksShorterForAMomentIsWaitedFor) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  partition_->FlushCache();
  partition_->LoseWriter("the leader has changed");
  log::Batch nothing;
  nothing.next_offset = 1;
  nothing.end = true;
  for (int i = 0; i < 5; ++i) {
    partition_->OnRead(nothing);
    now_ += absl::Milliseconds(10);
    Tick();
  }
  EXPECT_EQ(log_.size(), 2u) << "nothing is claimed";
  BecomeOwner();
  const int a = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
}

TEST_F(PartitionTest, HolesAtTheEndDoNotKeepItFromOwning) {
  Hole();
  log_.emplace_back("", "junk");
  Hole();
  BecomeOwner();
  const int a = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  Hole();
  partition_->LoseWriter("a test");
  BecomeOwner();
  EXPECT_EQ(partition_->stats().doubts, 1);
}

TEST_F(PartitionTest, AClaimWithoutTheKeyOfTheNewestOneRedirectsNobody) {
  BecomeOwner();
  for (const uint64_t key : {uint64_t{0}, uint64_t{12345}}) {
    book::v1::Record record;
    record.set_epoch(2);
    record.set_chain_key(key);
    record.mutable_owner_started()->set_owner("evil");
    record.mutable_owner_started()->set_endpoint("evil:1");
    record.mutable_owner_started()->set_partition_count(1);
    record.mutable_owner_started()->set_format(2);
    Foreign(record);
  }
  const int a = Submit("r1", 5);
  Tick();
  Report();
  Tick();
  Read();
  Tick();
  EXPECT_TRUE(answers_[a].status.ok());
  partition_->LoseWriter("a test");
  BecomeOwner();
  EXPECT_EQ(partition_->position().epoch, 2u);
  EXPECT_EQ(partition_->stats().void_records[static_cast<int>(log::Verdict::kVoidForeign)], 4);
}

TEST_F(PartitionTest, ANewerOwnerIsSteppedDownForAndNamed) {
  BecomeOwner();
  ForeignOwner(2);
  const int a = Submit("r1", 5);  // lands behind the claim
  Tick();
  Report();
  Tick();
  Read();
  EXPECT_EQ(partition_->stats().doubts, 1);
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kFollow);
  Tick();
  EXPECT_EQ(ReasonFor(a), "NOT_RECORDED");
  EXPECT_EQ(MetadataOf(answers_[a].status, "endpoint"), "other:2");
  const int b = Submit("r2", 5);
  Tick();
  EXPECT_EQ(ReasonFor(b), "NOT_OWNER");
  EXPECT_EQ(partition_->waits_for(), "owned by other:2");
  for (int i = 0; i < 10; ++i) {
    now_ += absl::Seconds(10);
    Tick();
    Read();
  }
  EXPECT_EQ(partition_->phase(), Partition::Phase::kFollow) << "it must not depose the other";
  BecomeOwner();
  EXPECT_EQ(partition_->position().epoch, 3u);
}

TEST_F(PartitionTest, ALostRaceForTheFirstClaimIsALoss) {
  partition_->Want(true);
  Tick();
  Read();
  ForeignOwner(1);  // before ours
  Tick();
  ASSERT_EQ(log_.size(), 2u);
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kFollow);
}

TEST_F(PartitionTest, OwnersThatWereBeforeUsDoNotFrightenUs) {
  for (uint64_t epoch = 1; epoch <= 3; ++epoch) ForeignOwner(epoch);
  BecomeOwner();
  EXPECT_EQ(partition_->position().epoch, 4u);
}

TEST_F(PartitionTest, TheCacheIsNeverAheadOfTheLog) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  Submit("r1", 5);
  Tick();
  Submit("r2", 5);
  Tick();  // both are in flight: nothing may be written, and commands go on
  EXPECT_EQ(log_.size(), 3u);
  EXPECT_EQ(cache_write_, nullptr);
  Settle();
  EXPECT_EQ(memory_->at.next_offset, 3);
}

TEST_F(PartitionTest, AFlushHasEverythingAsItWasAtItsPosition) {
  options_.flush_rows = 2;
  Make();
  BecomeOwner();
  Submit("r1", 5);
  Tick();  // decided, and a flush begun at offset 2
  Submit("r2", 3);
  Tick();  // the same customer changes while its flush waits for the log
  Report();
  Tick();
  ASSERT_NE(cache_write_, nullptr);
  const int sum = Submit("r3", 1);
  Tick();
  Report();
  Tick();
  EXPECT_EQ(answers_[sum].response.allocation_count(), 9) << "commands see the newest state";
  const int again = Submit("r1", 5);
  Tick();
  EXPECT_TRUE(answers_[again].status.ok()) << "a receipt that is being written is found";
  AwaitCache();
  EXPECT_EQ(memory_->at.next_offset, 2);
  EXPECT_EQ(memory_->StreamOf("c").revision(), 1);
  EXPECT_EQ(memory_->BillingOf("c").accounts(0).received_minor(), 5);
  EXPECT_EQ(memory_->rows.count({CacheBacking::Table::kReceipt, std::string("c\0r2", 4)}), 0u);
  Settle();
  EXPECT_EQ(memory_->at.next_offset, 4);
}

TEST_F(PartitionTest, ReceiptsAreWrittenMoreOftenThanStates) {
  options_.flush_rows = 4;
  options_.flush_commits = 12;
  Make();
  BecomeOwner();
  const auto state = std::pair(CacheBacking::Table::kState, std::string("c"));
  for (int i = 0; i < 11; ++i) {
    Submit(absl::StrCat("r", i), 1);
    Settle();
  }
  EXPECT_EQ(memory_->rows.count(state), 0u);
  EXPECT_EQ(memory_->at.next_offset, 0) << "what states were not written for is folded again";
  EXPECT_EQ(memory_->rows.count({CacheBacking::Table::kReceipt, std::string("c\0r2", 4)}), 1u);
  EXPECT_EQ(ReceiptsPosition(*memory_)->next_offset, 10);
  Submit("r11", 1);
  Settle();
  EXPECT_EQ(memory_->rows.count(state), 1u) << "after so many commits";
  EXPECT_EQ(memory_->at.next_offset, 13);
  Submit("r12", 1);
  Settle();
  EXPECT_EQ(memory_->at.next_offset, 13);
  now_ += options_.flush_interval;
  Settle();
  EXPECT_EQ(memory_->at.next_offset, 14) << "after so long";
}

TEST_F(PartitionTest, ReceiptsBehindThePositionAreFoldedAgainAndKnown) {
  options_.flush_rows = 4;
  Make();
  BecomeOwner();
  std::vector<int> first;
  for (int i = 0; i < 9; ++i) {
    first.push_back(Submit(absl::StrCat("r", i), 1));
    Settle();
  }
  ASSERT_EQ(memory_->at.next_offset, 0);
  partition_->LoseWriter("a test");
  BecomeOwner();
  for (int i = 0; i < 9; ++i) {
    const int again = Submit(absl::StrCat("r", i), 1);
    Settle();
    EXPECT_EQ(answers_[again].bytes, answers_[first[static_cast<size_t>(i)]].bytes + kAgain) << i;
  }
  EXPECT_EQ(partition_->stats().commits, 9);
}

TEST_F(PartitionTest, ACacheThatCannotBeWrittenDoesNotStopCommands) {
  options_.flush_rows = 2;
  Make();
  BecomeOwner();
  memory_->full = absl::ResourceExhaustedError("no space");
  int last = 0;
  for (int i = 0; i < 5; ++i) {
    last = Submit(absl::StrCat("r", i), 1);
    Settle();
  }
  EXPECT_TRUE(answers_[last].status.ok());
  for (int i = 5; i < 40; ++i) {
    last = Submit(absl::StrCat("r", i), 1);
    Settle();
  }
  EXPECT_EQ(ReasonFor(last), "OVERLOADED") << "memory is bounded";
  memory_->full = absl::OkStatus();
  now_ += options_.flush_interval;
  Settle();
  last = Submit("last", 1);
  Settle();
  EXPECT_TRUE(answers_[last].status.ok());
}

// Written in vain, dropped by a doubt (once while the write is under way), folded again, written.
TEST_F(PartitionTest, ACacheThatCouldNotBeWrittenIsFoldedAgainAfterADoubt) {
  for (const bool under_way : {false, true}) {
    log_.clear();
    answers_.clear();
    options_.flush_rows = 2;
    Make();
    BecomeOwner();
    memory_->full = absl::ResourceExhaustedError("no space");
    for (int i = 0; i < 3; ++i) {
      Submit(absl::StrCat("r", i), 1);
      Settle();
    }
    EXPECT_EQ(memory_->at, log::Position());
    now_ += options_.flush_interval;
    Tick();
    ASSERT_NE(cache_write_, nullptr);
    if (!under_way) AwaitCache();

    const int lost = Submit("lost", 1);
    Tick();
    ASSERT_EQ(reports_.size(), 1u);
    reports_.back().status = absl::UnavailableError("no answer");
    Report();
    Tick();
    EXPECT_EQ(cache_write_, nullptr);
    EXPECT_EQ(partition_->stats().doubts, 1);
    EXPECT_EQ(read_from_, 0);
    BecomeOwner();
    Settle();
    EXPECT_TRUE(answers_[lost].status.ok());
    EXPECT_EQ(answers_[lost].response.revision(), 4);

    memory_->full = absl::OkStatus();
    now_ += options_.flush_interval;
    Settle();
    const int again = Submit("r0", 1);
    const int next = Submit("next", 1);
    Settle();
    EXPECT_EQ(answers_[again].response.revision(), 1) << "a receipt that was folded again";
    EXPECT_EQ(answers_[next].response.allocation_count(), 5) << "nothing was folded twice";
    partition_->FlushCache();
    EXPECT_EQ(memory_->at, partition_->position());
    EXPECT_EQ(memory_->BillingOf("c").accounts(0).received_minor(), 5);
    EXPECT_EQ(memory_->StreamOf("c").revision(), 5);
  }
}

TEST_F(PartitionTest, ABrokenCacheIsBuiltAgain) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  memory_->broken = absl::DataLossError("bad block");
  const int a = Submit("r2", 5, "another");
  Tick();
  BecomeOwner();
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  const int sum = Submit("r3", 1);
  Settle();
  EXPECT_EQ(answers_[sum].response.allocation_count(), 6);
}

TEST_F(PartitionTest, ACacheThatDoesNotAnswerIsAskedAgainAndNotEmptied) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  ASSERT_FALSE(memory_->rows.empty());
  memory_->broken = absl::UnavailableError("the disk is away");
  const int a = Submit("r2", 5, "another");
  for (int i = 0; i < 3; ++i) {
    Tick();
    Read();
    EXPECT_FALSE(Answered(a));
    EXPECT_NE(partition_->phase(), Partition::Phase::kHalted);
    EXPECT_THAT(partition_->waits_for(), testing::HasSubstr("the disk is away"));
    now_ += absl::Seconds(1);
  }
  EXPECT_FALSE(memory_->rows.empty());
  memory_->broken = absl::OkStatus();
  BecomeOwner();
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
}

TEST_F(PartitionTest, ACacheThatBeganAnewIsFilledAgainThoughAllIsInMemory) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  memory_->full = absl::DataLossError("the command cache began anew");
  Submit("r2", 7);
  Settle();
  memory_->full = absl::OkStatus();
  BecomeOwner();
  const int sum = Submit("r3", 1);
  Settle();
  EXPECT_EQ(answers_[sum].response.allocation_count(), 13);
  EXPECT_EQ(memory_->StreamOf("c").commit_count(), 3);
  EXPECT_TRUE(CheckWhole(*memory_).ok()) << CheckWhole(*memory_);
}

// What a cache says is not there must be certain.
TEST_F(PartitionTest, AReceiptThatIsMissingIsMissed) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  const int first = Submit("r1", 5);
  Settle();
  partition_->LoseWriter("a test");  // everything comes from the backing store now
  BecomeOwner();
  ASSERT_EQ(memory_->rows.erase({CacheBacking::Table::kReceipt, std::string("c\0r1", 4)}), 1u);
  const int again = Submit("r1", 5);
  Settle();
  BecomeOwner();
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[first].bytes + kAgain);
  EXPECT_EQ(partition_->stats().commits, 1);
}

TEST_F(PartitionTest, AReceiptThatIsMissingIsMissedBehindMoreCommitsThanHaveMarks) {
  options_.flush_rows = 512;
  Make();
  BecomeOwner();
  const int first = Submit("r1", 5);
  for (int i = 0; i < kMaxRequestMarks; ++i) Submit(absl::StrCat("more", i), 1);
  Settle();
  partition_->FlushCache();
  partition_->LoseWriter("a test");
  BecomeOwner();
  ASSERT_EQ(memory_->rows.erase({CacheBacking::Table::kReceipt, std::string("c\0r1", 4)}), 1u);
  const int again = Submit("r1", 5);
  Settle();
  BecomeOwner();
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[first].bytes + kAgain);
}

TEST_F(PartitionTest, ACacheKnowsHowMuchItHolds) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  for (int i = 0; i < 6; ++i) Submit(absl::StrCat("r", i), 1, absl::StrCat("c", i % 4));
  Settle();
  partition_->FlushCache();
  ASSERT_TRUE(CheckWhole(*memory_).ok()) << CheckWhole(*memory_);
  const auto whole = memory_->rows;
  const auto state = std::pair(CacheBacking::Table::kState, std::string("c1"));
  memory_->rows.erase(state);
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_))) << CheckWhole(*memory_);
  // Exchanged for an older one.
  internal::book::v1::Stream older = memory_->StreamOf("c1", whole);
  EXPECT_EQ(older.commit_count(), 2);
  older.set_commit_count(1);
  memory_->rows[state] = older.SerializeAsString();
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_)));
  memory_->rows[state] = "\xff";
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_)));
  memory_->rows = whole;
  memory_->rows.erase({CacheBacking::Table::kPartition, ""});
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_)));
  memory_->rows.clear();
  EXPECT_TRUE(CheckWhole(*memory_).ok());
}

constexpr int kBillingNumber = internal::book::v1::State::kBillingFieldNumber;

// A stream is its own row and one for each part, each of the time that the first says.
TEST_F(PartitionTest, ACacheKnowsWhichPartsItHolds) {
  options_.flush_rows = 1;
  Make();
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  partition_->FlushCache();
  const auto part = Memory::PartRow("c", kBillingNumber);
  const std::string older = memory_->rows.at(part);
  Submit("r2", 5);
  Settle();
  partition_->FlushCache();
  ASSERT_TRUE(CheckWhole(*memory_).ok()) << CheckWhole(*memory_);
  const auto whole = memory_->rows;
  ASSERT_NE(whole.at(part), older);

  memory_->rows.erase(part);
  EXPECT_THAT(CheckWhole(*memory_).message(), HasSubstr("a part of a customer's state is missing"));
  memory_->rows[part] = older;
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_)));
  memory_->rows[part] = "";
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_)));
  memory_->rows = whole;
  memory_->rows[Memory::PartRow("c", kBillingNumber + 1)] = whole.at(part);
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_))) << "one that the stream does not have";
  memory_->rows = whole;
  memory_->rows[Memory::PartRow("d", kBillingNumber)] = whole.at(part);
  EXPECT_TRUE(absl::IsDataLoss(CheckWhole(*memory_))) << "one without its stream";
}

// Whatever happened to the row of a part: it is not decided on.
TEST_F(PartitionTest, APartThatIsMissingOrOlderIsMissed) {
  for (const std::string spoilt : {"missing", "older", "broken"}) {
    options_.flush_rows = 1;
    Make();
    log_.clear();
    read_from_ = 0;
    said_.clear();
    BecomeOwner();
    Submit("r1", 5);
    Settle();
    partition_->FlushCache();
    const auto part = Memory::PartRow("c", kBillingNumber);
    const std::string older = memory_->rows.at(part);
    Submit("r2", 1);
    Settle();
    partition_->FlushCache();
    Restart();
    if (spoilt == "missing") memory_->rows.erase(part);
    if (spoilt == "older") memory_->rows[part] = older;
    if (spoilt == "broken") memory_->rows[part] += "\xff";
    const int sum = Submit("r3", 1);
    Settle();
    EXPECT_FALSE(Answered(sum)) << spoilt;
    EXPECT_THAT(said_, testing::Contains(HasSubstr("not whole: part 3 of customer 'c' is")));
    BecomeOwner();
    Settle();
    EXPECT_EQ(answers_[sum].response.allocation_count(), 7) << spoilt;
  }
}

// A domain that reacts looks at its part, which its command had no use for.
TEST_F(PartitionTest, AReactionHasItsPartThoughTheCommandDidNot) {
  using CustomerPart = internal::customer::v1::State;
  Method note;
  note.name = "Toy.Note";
  note.reads = PartSet::Of<CustomerPart>();
  note.decide = [](const View&, const google::protobuf::Message&, const Context&, Decision* out) {
    out->events.Add()->mutable_customer()->mutable_customer_archived();
    return absl::OkStatus();
  };
  book_.folds[book::v1::Event::kCustomer] = {[](const EventMeta&, const book::v1::Event&,
                                                Parts& parts, internal::book::v1::PartitionState&) {
                                               parts.Edit<CustomerPart>().set_registered(true);
                                               return true;
                                             },
                                             PartSet::Of<CustomerPart>()};
  std::vector<ReactTo> table(FactsOf<book::v1::Event>().size(), nullptr);
  table[*FactsOf<book::v1::Event>().IndexOf(*customer::v1::CustomerArchived::descriptor())] =
      [](const View& after, const google::protobuf::Message&, const EventMeta&, const Context&,
         EventList* events) {
        auto* added = events->Add()->mutable_billing()->mutable_payment_recorded();
        added->set_amount_minor(after.part<BillingPart>().accounts(0).received_minor() * 10);
      };
  book_.AddReaction({.to = table, .reads = PartSet::Of<BillingPart>()});
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  partition_->FlushCache();
  Restart();
  auto command = Make("r2", 0);
  command->method = &note;
  const int noted = Send(std::move(command));
  Settle();
  EXPECT_TRUE(answers_[noted].status.ok()) << answers_[noted].status;
  const int sum = Submit("r3", 1);
  Settle();
  EXPECT_EQ(answers_[sum].response.allocation_count(), 56);
  partition_->FlushCache();
  EXPECT_TRUE(CheckWhole(*memory_).ok()) << CheckWhole(*memory_);
}

// The books that there are, and what their commands read and write of a customer who has much.
class PartsOfCommandsTest : public PartitionTest {
 protected:
  struct BookCommand : TestCommand {
    using TestCommand::TestCommand;
    const google::protobuf::Message& request() const override { return *any; }
    std::unique_ptr<google::protobuf::Message> any;
  };

  void SetUp() override {
    auto book = Books<customer::Customer, billing::Billing>(
        {customer::v1::UpdateCustomerRequest::descriptor()->file()->service(0),
         RecordPaymentRequest::descriptor()->file()->service(0)});
    ASSERT_TRUE(book.ok()) << book.status();
    book_ = *std::move(book);
    cache_bytes_ = 10'000'000;
    Make();
    BecomeOwner();
    customer::v1::RegisterCustomerRequest registered;
    registered.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    registered.mutable_profile()->mutable_personal()->set_display_name("Ada");
    Accepted(Ask(registered));
    billing::v1::OpenAccountRequest open;
    open.set_account_id("main");
    open.set_currency_code("EUR");
    Accepted(Ask(open));
    for (int i = 0; i < 200; ++i) Accepted(Ask(Payment(i)));
    partition_->FlushCache();
    billing_bytes_ = memory_->rows.at(Memory::PartRow("c", kBillingNumber)).size();
    ASSERT_GT(billing_bytes_, 10'000u);
  }

  RecordPaymentRequest Payment(int number) {
    RecordPaymentRequest request;
    request.set_account_id("main");
    request.mutable_amount()->set_currency_code("EUR");
    request.mutable_amount()->set_units(7);
    request.set_method(billing::v1::PAYMENT_METHOD_BANK_TRANSFER);
    request.set_external_id(absl::StrCat("a-transfer-with-an-id-of-some-length-", number));
    return request;
  }
  customer::v1::UpdateCustomerRequest Update(const std::string& name) {
    customer::v1::UpdateCustomerRequest request;
    request.mutable_profile()->mutable_personal()->set_display_name(name);
    request.mutable_update_mask()->add_paths("personal.display_name");
    return request;
  }

  template <class Request>
  int Ask(Request request) {
    request.set_customer_id("c");
    request.set_request_id(absl::StrCat("request-", number_));
    auto command = std::make_unique<BookCommand>(++number_, &answers_);
    for (const Method& method : book_.methods) {
      if (method.descriptor->input_type() != Request::descriptor()) continue;
      EXPECT_TRUE(Prepare(method, request, command.get()).ok());
    }
    command->any = std::make_unique<Request>(std::move(request));
    command->deadline = now_ + absl::Seconds(5);
    partition_->Submit(std::move(command));
    Settle();
    return number_;
  }
  void Accepted(int number) {
    ASSERT_TRUE(Answered(number));
    ASSERT_TRUE(answers_[number].status.ok()) << answers_[number].status;
  }
  size_t BytesRead() { return std::exchange(memory_->bytes_read, 0); }

  size_t billing_bytes_ = 0;
};

TEST_F(PartsOfCommandsTest, AColdCommandReadsItsOwnPartAndThatOfItsGate) {
  Restart();
  BytesRead();
  Accepted(Ask(Update("Ada King")));
  EXPECT_LT(BytesRead(), 2'000u) << "an update has no use for " << billing_bytes_ << " bytes";
  memory_->bytes_written = 0;
  partition_->FlushCache();
  EXPECT_LT(memory_->bytes_written, 2'000u) << "what was not changed is not written again";

  // The customer is in memory by now, but not this part.
  Accepted(Ask(Payment(1'000)));
  EXPECT_GE(BytesRead(), billing_bytes_);
  memory_->bytes_written = 0;
  partition_->FlushCache();
  EXPECT_GE(memory_->bytes_written, billing_bytes_);
  EXPECT_LT(BytesRead(), 1u);

  Restart();
  BytesRead();
  const int held = Ask(customer::v1::ArchiveCustomerRequest());
  EXPECT_EQ(ReasonFor(held), "CUSTOMER_HAS_OPEN_ITEMS");
  EXPECT_EQ(MetadataOf(answers_[held].status, "open_payment_count"), "201");
  EXPECT_GE(BytesRead(), billing_bytes_) << "what is open is asked of all books";
  EXPECT_TRUE(CheckWhole(*memory_).ok()) << CheckWhole(*memory_);
}

// A first answer is found without any part.
TEST_F(PartsOfCommandsTest, AFollowerReadsNoPartToAnswerAgain) {
  Restart();
  partition_->Want(false);
  partition_->LoseWriter("a test");
  ForeignOwner(partition_->position().epoch + 1);
  Tick();
  Read();
  BytesRead();
  number_ = 10;  // the same request ids again
  answers_.clear();
  const int again = Ask(Payment(8));
  Accepted(again);
  EXPECT_TRUE(answers_[again].response.already_recorded());
  EXPECT_LT(BytesRead(), 2'000u);
}

TEST_F(PartitionTest, AFullQueueRefuses) {
  options_.max_queue = 3;
  Make();
  std::vector<int> all;
  for (int i = 0; i < 5; ++i) all.push_back(Submit(absl::StrCat("r", i), 1));
  EXPECT_FALSE(Answered(all[2]));
  EXPECT_EQ(ReasonFor(all[3]), "OVERLOADED");
  EXPECT_EQ(ReasonFor(all[4]), "OVERLOADED");
}

TEST_F(PartitionTest, EveryCommandEndsByItsDeadline) {
  const int waiting = Submit("r1", 1);
  partition_->Want(true);
  Tick();
  now_ += absl::Seconds(6);
  Tick();
  EXPECT_EQ(ReasonFor(waiting), "STARTING");
  BecomeOwner();
  const int unconfirmed = Submit("r2", 1);
  Tick();
  now_ += absl::Seconds(6);
  Tick();
  EXPECT_EQ(ReasonFor(unconfirmed), "OUTCOME_UNKNOWN");
  Settle();
  const int again = Submit("r2", 1);
  Settle();
  EXPECT_TRUE(answers_[again].status.ok());
  EXPECT_EQ(partition_->stats().commits, 1);
}

TEST_F(PartitionTest, ARecordOfANewerVersionStopsIt) {
  BecomeOwner();
  book::v1::Record record;
  record.set_epoch(2);
  record.set_chain_key(partition_->position().chain_key);
  Make();
  record.mutable_owner_started()->set_format(99);
  record.mutable_owner_started()->set_partition_count(1);
  Foreign(record);
  read_from_ = 0;
  Tick();
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
  EXPECT_THAT(std::string(partition_->halted().message()), HasSubstr("newer version"));
  EXPECT_EQ(ReasonFor(Submit("r", 1)), "LOG_UNAVAILABLE");
}

TEST_F(PartitionTest, AnotherNumberOfPartitionsStopsIt) {
  BecomeOwner();
  options_.partitions = 2;
  Make();
  read_from_ = 0;
  Tick();
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
  EXPECT_THAT(std::string(partition_->halted().message()), HasSubstr("partitions"));
}

TEST_F(PartitionTest, ForeignBytesAreVoidAndALogThatWasReplacedStopsIt) {
  ForeignOwner(1);  // of the format without keys
  log_.emplace_back("", "not a record");
  book::v1::Record future;
  future.set_epoch(9);
  future.mutable_barrier();
  Foreign(future);
  read_from_ = 0;
  Tick();
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kFollow);
  EXPECT_EQ(partition_->stats().void_records[static_cast<int>(log::Verdict::kVoidFuture)], 1);
  history_ = absl::FailedPreconditionError("the record at offset 0 is another one");
  now_ += absl::Seconds(2);
  Tick();
  Foreign(future);
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
}

TEST_F(PartitionTest, ALogThatLostAcknowledgedRecordsStopsIt) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  Submit("r2", 5);
  Tick();
  reports_.back().status = absl::UnavailableError("broker gone");
  Report();
  Tick();
  log_.pop_back();
  log_.pop_back();
  for (int i = 0; i < 30; ++i) {
    Read();
    now_ += absl::Seconds(10);
    Tick();
  }
  EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
  EXPECT_THAT(std::string(partition_->halted().message()), HasSubstr("lost"));
}

TEST_F(PartitionTest, TextThatNobodyCouldReadBackIsRefused) {
  BecomeOwner();
  auto command = Make("r1", 5);
  command->message.set_payer_reference("\xff\xfe");
  const int a = Send(std::move(command));
  Settle();
  EXPECT_EQ(ReasonFor(a), "INVALID_FIELDS");
  const int b = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[b].status.ok());
}

// A book that answers too much must not stop the server.
TEST_F(PartitionTest, AnAnswerThatIsTooLongIsRefusedAndNothingIsRecorded) {
  BecomeOwner();
  too_long_by = 0;
  const int fits = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[fits].status.ok());
  too_long_by = 1;
  const int recorded = Submit("r2", 5);
  auto validated = Make("r3", 5);
  validated->validate_only = true;
  const int only_validated = Send(std::move(validated));
  Settle();
  too_long_by = -1;
  EXPECT_EQ(ReasonFor(recorded), "ANSWER_TOO_LARGE");
  EXPECT_TRUE(absl::IsInternal(answers_[recorded].status));
  EXPECT_EQ(ReasonFor(only_validated), "ANSWER_TOO_LARGE");
  EXPECT_EQ(partition_->stats().commits, 1);
  const int again = Submit("r2", 5);
  Settle();
  EXPECT_EQ(answers_[again].response.revision(), 2) << "the id is free";
}

TEST_F(PartitionTest, RefusalsDoNotGrowTheLogWithoutBound) {
  BecomeOwner();
  const size_t before = log_.size();
  std::vector<int> refused;
  for (int i = 0; i < 3'000; ++i) {  // a minute of somebody who does not stop
    refused.push_back(Submit(absl::StrCat("w", i), -50));
    Tick();
    Report();
    now_ += absl::Milliseconds(20);
    Tick();
  }
  EXPECT_LT(log_.size() - before, options_.barrier_burst + 70);
  for (int i = 0; i < 20; ++i) {
    now_ += absl::Milliseconds(100);
    Settle();
  }
  for (const int i : refused) ASSERT_EQ(ReasonFor(i), "AMOUNT_OVERFLOW") << i;

  // One who is accepted does not wait for it, and takes the refused along.
  const int late = Submit("late", -50), accepted = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[accepted].status.ok());
  EXPECT_EQ(ReasonFor(late), "AMOUNT_OVERFLOW");
}

// --- clocks that are wrong ----------------------------------------------------------------------

constexpr absl::Duration kYear = absl::Hours(24 * 365);

TEST_F(PartitionTest, AClockThatGoesBackDoesNotMoveTheLogBack) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  const int64_t before = partition_->position().recorded_time_us;
  SetClock(-absl::Seconds(50));
  const int a = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_EQ(partition_->position().recorded_time_us, before);
}

TEST_F(PartitionTest, NothingIsRecordedBehindRecordsOfTheFuture) {
  SetClock(kYear);
  BecomeOwner();
  const int first = Submit("r1", 5);
  Settle();
  ASSERT_TRUE(answers_[first].status.ok());
  SetClock(-kYear);
  const size_t records = log_.size();
  const int a = Submit("r2", 5), again = Submit("r1", 5), refused = Submit("r3", -50);
  Settle();
  EXPECT_EQ(ReasonFor(a), "CLOCK_WRONG");
  EXPECT_EQ(ReasonFor(refused), "CLOCK_WRONG") << "a refusal may rest on the day, too";
  EXPECT_EQ(answers_[again].bytes, answers_[first].bytes + kAgain) << "accepted before";
  EXPECT_EQ(log_.size(), records);
  EXPECT_THAT(partition_->clock().why(), HasSubstr("ahead of this machine's clock"));

  SetClock(kYear - absl::Seconds(30));
  const int later = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[later].status.ok());
}

TEST_F(PartitionTest, ALogOfTheFutureIsNotClaimed) {
  SetClock(kYear);
  RecordCustomers(1);
  Settle();
  const auto log = log_;
  SetClock(-kYear);
  Make();
  partition_->Want(true);
  const int a = Submit("r2", 5, "c0"), again = Submit("r", 1, "c0");
  for (int i = 0; i < 20; ++i) {
    Tick();
    Read();
    now_ += absl::Milliseconds(50);
  }
  EXPECT_EQ(log_, log);
  EXPECT_EQ(partition_->phase(), Partition::Phase::kCatchUp);
  EXPECT_EQ(ReasonFor(a), "CLOCK_WRONG") << "at once: its deadline is far";
  EXPECT_TRUE(answers_[again].status.ok());

  SetClock(kYear);
  Tick();
  EXPECT_EQ(partition_->clock().why(), "");
  BecomeOwner();
}

TEST_F(PartitionTest, ClaimsAndBarriersLeaveNoTimeBehind) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  const int64_t recorded = partition_->position().recorded_time_us;
  SetClock(kYear);
  Make();  // the machine starts with a wrong clock
  BecomeOwner();
  Submit("r2", -50);  // refused, behind a barrier
  Settle();
  EXPECT_EQ(partition_->position().recorded_time_us, recorded);
  SetClock(-kYear);
  const int a = Submit("r3", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
}

TEST_F(PartitionTest, AClockThatIsSetForwardWhileServingRecordsNothing) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  const size_t records = log_.size();
  SetClock(kYear);
  const int a = Submit("r2", 5);
  Settle();
  EXPECT_EQ(ReasonFor(a), "CLOCK_WRONG");
  EXPECT_EQ(log_.size(), records);
  SetClock(-kYear);
  const int b = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[b].status.ok());

  SetClock(absl::Hours(3));
  partition_->ConfirmClock();
  const int c = Submit("r3", 5);
  Settle();
  EXPECT_TRUE(answers_[c].status.ok());
}

TEST_F(PartitionTest, BehindAcceptedRecordsOfTheFutureDaysAreOfTheClock) {
  SetClock(kYear);
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  const absl::Time future = absl::FromUnixMicros(partition_->position().recorded_time_us);
  SetClock(-kYear);
  options_.accepted_records = future;
  Make();
  BecomeOwner();
  const int a = Submit("r2", 5);
  const absl::Time now = now_;
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_EQ(decided_at, now) << "not a day of next year";
  book::v1::Record record;
  ASSERT_TRUE(record.ParseFromString(log_.back().second));
  EXPECT_EQ(MicrosOf(record.recorded_time()), absl::ToUnixMicros(future)) << "never back";
  EXPECT_EQ(MicrosOf(record.clock_time()), absl::ToUnixMicros(now));

  SetClock(kYear + absl::Hours(1));
  partition_->ConfirmClock();
  Submit("r3", 5);
  Settle();
  ASSERT_TRUE(record.ParseFromString(log_.back().second));
  EXPECT_GT(MicrosOf(record.recorded_time()), absl::ToUnixMicros(future));
  EXPECT_FALSE(record.has_clock_time());
}

// Only what counts does, which is not known before it is read: so all wait for each other.
TEST_F(PartitionTest, NothingIsRecordedBeforeAllPartitionsHaveToldTheTime) {
  options_.newest_record = std::make_shared<NewestRecord>(2);
  book::v1::Record future;
  SetMicros(absl::ToUnixMicros(now_ + kYear), future.mutable_recorded_time());
  future.set_epoch(1);
  future.set_sequence(1);
  future.mutable_barrier();
  Foreign(future);
  Make();
  partition_->Want(true);
  for (int i = 0; i < 8; ++i) {
    Tick();
    Read();
  }
  EXPECT_EQ(partition_->phase(), Partition::Phase::kCatchUp);
  EXPECT_EQ(log_.size(), 1u);
  options_.newest_record->PartitionRead();  // the other one
  BecomeOwner();
  const int a = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok()) << answers_[a].status;
}

TEST_F(PartitionTest, APartitionThatStopsKeepsNoOtherFromRecording) {
  options_.newest_record = std::make_shared<NewestRecord>(1);
  ForeignOwner(1);
  book::v1::Record altered;
  altered.set_epoch(1);
  altered.set_sequence(1);
  altered.mutable_barrier();
  Foreign(altered);
  Make();
  Tick();
  EXPECT_FALSE(options_.newest_record->complete());
  Read();
  EXPECT_EQ(partition_->phase(), Partition::Phase::kHalted);
  EXPECT_TRUE(options_.newest_record->complete());
}

TEST_F(PartitionTest, ACacheThatDoesNotAnswerKeepsNoOtherPartitionFromRecording) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  partition_->FlushCache();
  options_.newest_record = std::make_shared<NewestRecord>(1);
  partition_->Want(true);
  Make();
  memory_->broken = absl::UnavailableError("no disk");
  read_from_ = 0;
  Tick();
  Read();
  Tick();
  EXPECT_TRUE(options_.newest_record->complete());
}

TEST_F(PartitionTest, OnePartitionOfTheFutureContradictsTheClockForAll) {
  options_.newest_record = std::make_shared<NewestRecord>(1);
  Make();
  BecomeOwner();
  options_.newest_record->Raise(absl::ToUnixMicros(now_ + kYear));
  const int a = Submit("r1", 5);
  Settle();
  EXPECT_EQ(ReasonFor(a), "CLOCK_WRONG");
}

class LogWithClock : public PartitionTest {
 protected:
  LogWithClock() {
    options_.log_has_clock = true;
    Make();
  }
};

TEST_F(LogWithClock, IsComparedBeforeTheFirstFact) {
  SetClock(kYear);
  BecomeOwner();
  const int a = Submit("r1", 5);
  Tick();
  EXPECT_FALSE(answers_.contains(a)) << "the claim's report has not come";
  Settle();
  EXPECT_EQ(ReasonFor(a), "CLOCK_WRONG");
  EXPECT_EQ(partition_->position().recorded_time_us, 0);
  SetClock(-kYear);
  const int b = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[b].status.ok());
}

TEST_F(LogWithClock, IsAskedAgainIfTheClaimsReportIsLost) {
  BecomeOwner();
  reports_.clear();
  const int a = Submit("r1", 5);
  const size_t records = log_.size();
  Settle();
  EXPECT_EQ(log_.size(), records);
  now_ += absl::Seconds(2);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
}

TEST_F(LogWithClock, DecidesAboutAJump) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  SetClock(kYear);
  const size_t records = log_.size();
  std::vector<int> refused;
  for (int i = 0; i < 20; ++i) {
    refused.push_back(Submit(absl::StrCat("w", i), 5));
    Settle();
  }
  for (const int i : refused) EXPECT_EQ(ReasonFor(i), "CLOCK_WRONG");
  EXPECT_EQ(log_.size(), records + 1) << "one barrier, and none for each refusal";
  SetClock(-kYear);
  const int b = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[b].status.ok());
}

TEST_F(LogWithClock, AMachineThatWasPausedRefusesNothing) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  set_back_ -= absl::Hours(2);  // its steady clock stood still, and the log's went on
  now_ += absl::Hours(2);
  log_ahead_ += absl::Hours(2);
  const int a = Submit("r2", 5);
  Settle();
  EXPECT_TRUE(answers_[a].status.ok()) << answers_[a].status;
}

TEST_F(PartitionTest, DrainingAnswersAllAndTakesNoMore) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  partition_->Drain();
  EXPECT_EQ(ReasonFor(Submit("r2", 5)), "SHUTTING_DOWN");
  EXPECT_FALSE(partition_->idle());
  Settle();
  EXPECT_TRUE(answers_[a].status.ok());
  EXPECT_TRUE(partition_->idle());
  partition_->FlushCache();
  EXPECT_EQ(memory_->at, partition_->position());
}

TEST_F(PartitionTest, ACommandWithoutEffectDoesNotRaiseTheRevision) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  const size_t records = log_.size();
  const int nothing = Submit("r2", 0);
  Settle();
  EXPECT_EQ(answers_[nothing].response.revision(), 1);
  EXPECT_EQ(log_.size(), records + 1) << "it stands in the log all the same, for its request id";
  auto conditional = Make("r3", 2);
  conditional->expected_revision = 1;
  const int next = Send(std::move(conditional));
  Settle();
  EXPECT_EQ(answers_[next].response.revision(), 2) << answers_[next].status;

  Make();  // from the log
  BecomeOwner();
  const int again = Submit("r2", 0), last = Submit("r4", 1);
  Settle();
  EXPECT_EQ(answers_[again].bytes, answers_[nothing].bytes + kAgain);
  EXPECT_EQ(answers_[last].response.revision(), 3);
}

TEST_F(PartitionTest, ALogOfBeforeKeepsItsOwnRevisions) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  ForeignOwner(2);  // of a version that raised the revision in either case
  log::Chain chain;
  for (size_t i = 0; i < log_.size(); ++i) {
    log::v1::Frame frame;
    ASSERT_TRUE(log::ParseFrame(log_[i].second, &frame));
    ASSERT_TRUE(chain.Apply(static_cast<int64_t>(i), &frame, log_[i].second).ok());
  }
  book::v1::Record record;
  record.set_epoch(2);
  record.set_sequence(chain.at().sequence + 1);
  record.set_previous_hash(chain.at().hash.data(), 16);
  record.set_chain_key(chain.at().chain_key);
  record.mutable_commit()->set_customer_id("c");
  record.mutable_commit()->set_request_id("old");
  record.mutable_commit()->set_revision(2);
  log_.emplace_back("c", record.SerializeAsString());
  Make();
  BecomeOwner();
  const int nothing = Submit("r2", 0), next = Submit("r3", 1);
  Settle();
  EXPECT_EQ(answers_[nothing].response.revision(), 2);
  EXPECT_EQ(answers_[next].response.revision(), 3);
}

TEST_F(PartitionTest, NothingIsDecidedWhileTheLogIsInQuestion) {
  BecomeOwner();
  const int under_way = Submit("r1", 5);
  Tick();
  const int refused = Submit("r2", -9);
  Tick();
  partition_->Question(absl::FailedPreconditionError("the topic has 6 partitions"));
  const int known = Submit("r3", 5);
  const int fresh = Submit("r4", 5, "nobody has seen it");
  const size_t records = log_.size();
  Settle();
  EXPECT_TRUE(answers_[under_way].status.ok()) << "what stands in the log is confirmed";
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW") << "a barrier was under way for it";
  for (const int n : {known, fresh}) {
    EXPECT_EQ(ReasonFor(n), "LOG_UNAVAILABLE");
    EXPECT_THAT(std::string(answers_[n].status.message()), HasSubstr("6 partitions"));
  }
  EXPECT_EQ(log_.size(), records);
  EXPECT_TRUE(partition_->idle()) << "nothing is left that would hold up a Drain";
  partition_->Question(absl::OkStatus());
  const int again = Submit("r3", 5);
  Settle();
  EXPECT_TRUE(answers_[again].status.ok());
  EXPECT_EQ(answers_[again].response.revision(), 2);
}

TEST_F(PartitionTest, ARefusalWaitsForNoBarrierWhileTheLogIsInQuestion) {
  BecomeOwner();
  Submit("r1", -9);
  Tick();  // a barrier; the next may only come some milliseconds later
  Report();
  const int refused = Submit("r2", -9);
  Tick();
  ASSERT_FALSE(Answered(refused));
  partition_->Question(absl::FailedPreconditionError("the topic is gone"));
  Tick();
  EXPECT_EQ(ReasonFor(refused), "LOG_UNAVAILABLE");
  EXPECT_EQ(partition_->stats().barriers, 1);
  EXPECT_TRUE(partition_->idle());
}

TEST_F(PartitionTest, NothingIsClaimedWhileTheLogIsInQuestion) {
  partition_->Question(absl::FailedPreconditionError("the topic is gone"));
  partition_->Want(true);
  const int waiting = Submit("r1", 5);
  for (int i = 0; i < 5; ++i) {
    Tick();
    Read();
    now_ += absl::Seconds(1);
  }
  EXPECT_THAT(log_, IsEmpty());
  EXPECT_EQ(ReasonFor(waiting), "LOG_UNAVAILABLE");
  partition_->Question(absl::OkStatus());
  BecomeOwner();
}

TEST_F(PartitionTest, AHaltedPartitionLeavesTheCacheWhereItWas) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  partition_->FlushCache();
  const log::Position before = memory_->at;
  ForeignOwner(2);
  book::v1::Record record;
  record.set_epoch(2);
  record.set_sequence(partition_->position().sequence + 1);
  record.mutable_commit()->set_customer_id("c");
  record.mutable_commit()->set_revision(2);
  record.mutable_commit()->add_events();  // of a kind that nobody here knows
  Submit("r2", 1);
  Tick();
  reports_.back().status = absl::UnavailableError("gone");
  Report();
  Tick();
  Read();
  record.set_previous_hash(partition_->position().hash.data(), 16);
  record.set_chain_key(partition_->position().chain_key);
  record.set_sequence(partition_->position().sequence + 1);
  Foreign(record);
  Read();
  ASSERT_EQ(partition_->phase(), Partition::Phase::kHalted) << partition_->halted();
  partition_->Drain();
  partition_->FlushCache();
  EXPECT_EQ(memory_->at, before);
}

TEST_F(PartitionTest, AHaltAnswersWhatWasUnderWay) {
  BecomeOwner();
  const int a = Submit("r1", 5);
  const int refused = Submit("r2", -9);
  Tick();
  ForeignOwner(9);
  partition_->LoseWriter("test");
  history_ = absl::FailedPreconditionError("another log");
  Read();
  ASSERT_EQ(partition_->phase(), Partition::Phase::kHalted);
  EXPECT_EQ(ReasonFor(a), "OUTCOME_UNKNOWN");
  EXPECT_EQ(ReasonFor(refused), "LOG_UNAVAILABLE");
  EXPECT_TRUE(partition_->idle());
}

TEST_F(PartitionTest, CustomersThatAreOnlyAskedForDoNotFillTheMemory) {
  BecomeOwner();
  Submit("r0", 1, "real");
  Settle();
  partition_->FlushCache();
  size_t most = 0;
  for (int i = 0; i < 5'000; ++i) {
    Submit(absl::StrCat("r", i), -1, absl::StrCat("nobody-", i));
    if (i % 100 == 0) Settle();
    most = std::max(most, partition_->cached_customers());
  }
  EXPECT_LT(most, 1'500u);
}

TEST_F(PartitionTest, StatesAreWrittenBeforeTheirTimeWhenMemoryIsShort) {
  Make();
  BecomeOwner();
  size_t most = 0;
  for (int i = 0; i < 5'000; ++i) {
    Submit("r", 1, absl::StrCat("c", i));
    if (i % 10 == 9) Settle();
    most = std::max(most, partition_->cached_customers());
  }
  EXPECT_LT(most, 200u);
  const int poor = Submit("r2", -2, "c0");
  const int rich = Submit("r2", -1, "c1");
  Settle();
  EXPECT_EQ(ReasonFor(poor), "AMOUNT_OVERFLOW") << "they come back as they were";
  EXPECT_TRUE(answers_[rich].status.ok());
}

TEST_F(PartitionTest, ALogIsFollowedWithinTheMemory) {
  BecomeOwner();
  for (int i = 0; i < 5'000; ++i) {
    Submit("r", 1, absl::StrCat("c", i));
    if (i % 10 == 9) Settle();
  }
  options_.flush_interval = absl::Milliseconds(1);
  const auto all = log_;
  Make();
  partition_->Want(true);
  Tick();
  size_t most = 0;
  for (size_t n = 100; n <= all.size(); n += 100) {
    log_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    Read();
    AwaitCache();
    now_ += absl::Milliseconds(10);
    partition_->Tick(Clocks(), 16 * ++fresh_);
    most = std::max(most, partition_->cached_customers());
  }
  EXPECT_GT(most, 50u);
  EXPECT_LT(most, 400u);
}

TEST_F(PartitionTest, AFollowerWhoseMemoryIsFullWaitsForTheDisk) {
  RecordCustomers(500);
  const auto all = log_;
  Make();
  Tick();
  size_t read = 0;
  const auto follow = [&] {
    while (read < all.size() && partition_->has_room()) {
      log_.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(++read));
      Read();
      Tick();
    }
  };
  follow();
  EXPECT_LT(read, 200u) << "nothing was written";
  size_t most = 0;
  for (int waits = 0; read < all.size() && waits < 100; ++waits) {
    AwaitCache();
    Tick();
    EXPECT_TRUE(partition_->has_room());
    follow();
    most = std::max(most, partition_->cached_customers());
  }
  EXPECT_EQ(read, all.size());
  EXPECT_LT(most, 200u);
}

// What has been fetched ahead is not thrown away: the reader is given up by whoever does not read.
TEST_F(PartitionTest, AFollowerReadsOnAfterABatchThatIsMoreThanItHasRoomFor) {
  RecordCustomers(500);
  options_.flush_rows = 16;
  Make();
  Tick();
  Read();
  EXPECT_FALSE(partition_->has_room());
  EXPECT_TRUE(partition_->reading());
}

TEST_F(PartitionTest, AClockThatIsSetBackHoldsNothingUp) {
  BecomeOwner();
  Submit("r1", -1);
  Settle();
  SetClock(-absl::Hours(1));
  const int refused = Submit("r2", -1);
  Settle();
  EXPECT_EQ(ReasonFor(refused), "AMOUNT_OVERFLOW");
  EXPECT_LE(partition_->next_wake(), Clocks().steady + absl::Minutes(1));
}

TEST_F(PartitionTest, AFullDiskIsSaidAtOnceAndEndsByItself) {
  options_.exclusive = true;
  Make();
  BecomeOwner();
  const int a = Submit("r1", 5);
  Tick();
  reports_.back().status = absl::ResourceExhaustedError("12 MiB are free");
  log_.pop_back();  // refused before it was written
  Report();
  Tick();
  EXPECT_EQ(ReasonFor(a), "STORAGE_FULL");
  Tick();
  const int b = Submit("r2", 5);
  Tick();
  EXPECT_EQ(ReasonFor(b), "STORAGE_FULL");
  EXPECT_THAT(partition_->waits_for(), HasSubstr("12 MiB are free"));
  // A resend may be of a command that an earlier attempt recorded.
  EXPECT_THAT(std::string(answers_[b].status.message()),
              HasSubstr("this attempt recorded nothing"));
  BecomeOwner();
  EXPECT_EQ(partition_->waits_for(), "");
  const int again = Submit("r1", 5);
  Settle();
  EXPECT_TRUE(answers_[again].status.ok());
  EXPECT_EQ(answers_[again].response.revision(), 1);
}

TEST_F(PartitionTest, AFollowerWhoseCacheIsBrokenBuildsItAgain) {
  BecomeOwner();
  Submit("r1", 5);
  Settle();
  Make();
  read_from_ = 0;
  Tick();
  memory_->broken = absl::DataLossError("bad block");
  Read();
  EXPECT_NE(partition_->phase(), Partition::Phase::kHalted);
  BecomeOwner();
  const int sum = Submit("r2", 1);
  Settle();
  EXPECT_EQ(answers_[sum].response.allocation_count(), 6);
}

TEST_F(PartitionTest, ClaimsThatLeadNowhereSlowDown) {
  BecomeOwner();
  for (int i = 0; i < 200; ++i) {
    if (partition_->phase() == Partition::Phase::kOwn) {
      Submit(absl::StrCat("r", i), 1);
      Tick();
      if (!reports_.empty()) reports_.back().status = absl::UnavailableError("too large");
      Report();
    }
    Tick();
    Read();
    now_ += absl::Milliseconds(1);
  }
  EXPECT_LT(partition_->stats().claims, 8);
}

TEST_F(PartitionTest, GivesUpWhatItIsAskedToGiveUp) {
  BecomeOwner();
  partition_->Want(false);
  for (int i = 0; i < 5; ++i) {
    Tick();
    Read();
    now_ += absl::Seconds(1);
  }
  EXPECT_EQ(partition_->phase(), Partition::Phase::kFollow);
  EXPECT_EQ(ReasonFor(Submit("r1", 1)), "no answer");
  Tick();
  EXPECT_EQ(ReasonFor(number_), "NOT_OWNER");
}

TEST_F(PartitionTest, IdleWritesNothing) {
  BecomeOwner();
  const size_t records = log_.size();
  for (int i = 0; i < 100; ++i) {
    now_ += absl::Seconds(60);
    Tick();
  }
  EXPECT_EQ(log_.size(), records);
}

}  // namespace
}  // namespace daybook::command
