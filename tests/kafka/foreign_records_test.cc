// Others write into the topic of a log: transactions, which leave control records and with them
// offsets that hold nothing, junk of every kind, claims of other logs. It does no harm: the server
// goes on, starts again, and every subcommand reads through it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "daybook/book/v1/record.pb.h"
#include "tests/kafka/server_on_kafka.h"
#include "tests/support/history_checker.h"
#include "tests/support/load.h"
#include "tests/support/read_history.h"

namespace daybook {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using End = KafkaStranger::End;

constexpr int kCustomers = 20;

class ForeignRecords : public ServerOnKafka {
 protected:
  void Serve() {
    ASSERT_NO_FATAL_FAILURE(CreateTopic());
    server_ = NewServer();
    ASSERT_IS_OK(server_->StartAndWait());
    ASSERT_NO_FATAL_FAILURE(RegisterSome(*server_, kCustomers));
  }

  // In each partition, so that whatever is looked at has met it.
  void Everywhere(const std::function<absl::Status(int partition)>& write) {
    for (int p = 0; p < kPartitions; ++p) ASSERT_IS_OK(write(p));
  }

  // All customers are there, new ones can come, and queries see them.
  void ExpectServes() {
    const int round = rounds_++;
    for (int i = 0; i < kCustomers; ++i) {
      EXPECT_EQ(ReasonOf(Register(*server_, absl::StrCat("c-", i))), "CUSTOMER_EXISTS");
    }
    for (int i = 0; i < 8; ++i) {
      const absl::Status status = Register(*server_, absl::StrCat("n-", round, "-", i));
      EXPECT_TRUE(status.ok()) << status;
    }
    EXPECT_THAT(server_->words(), testing::Not(HasSubstr("stops")));
  }

  void Restart() {
    server_->Terminate();
    const auto code = server_->WaitUntilEnded(absl::Seconds(20));
    ASSERT_TRUE(code.has_value()) << "it does not end: " << server_->words();
    EXPECT_EQ(*code, 0) << server_->words();
    ASSERT_IS_OK(server_->StartAndWait());
  }

  // Every subcommand that reads the log comes to its end and finds nothing wrong.
  void ExpectToolsRead() {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"doctor"},
             {"history"},
             {"verify"},
             {"rebuild", "--dry-run", "--quiet"},
             {"copy", "--quiet", "--to=embedded:" + Directory("carried")}}) {
      const Ran ran = Run(words);
      EXPECT_EQ(ran.code, 0) << words[0] << ": " << ran.out << ran.err;
    }
  }

  // While served, after a restart, for every tool, and for a server that has no memory of it.
  void ExpectHarmless() {
    ASSERT_NO_FATAL_FAILURE(ExpectServes());
    ASSERT_NO_FATAL_FAILURE(Restart());
    ExpectServes();
    server_->Terminate();
    ASSERT_EQ(server_->WaitUntilEnded(absl::Seconds(20)), 0) << server_->words();
    ExpectToolsRead();
    server_ = NewServer("fresh");
    ASSERT_IS_OK(server_->StartAndWait());
    ExpectServes();
  }

  std::unique_ptr<DaybookProcess> server_;
  int rounds_ = 0;
};

std::string Claim(uint64_t epoch, int partitions, const std::string& log_id) {
  book::v1::Record record;
  record.set_epoch(epoch);
  record.mutable_owner_started()->set_owner("evil/1");
  record.mutable_owner_started()->set_endpoint("evil.example:1");
  record.mutable_owner_started()->set_log_id(log_id);
  record.mutable_owner_started()->set_partition_count(partitions);
  record.mutable_owner_started()->set_format(2);
  return record.SerializeAsString();
}

TEST_F(ForeignRecords, TransactionsThatWereAborted) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Everywhere([&](int p) {
    return stranger_->Transaction(Topic(), p, {{.value = "a"}, {.value = "b"}}, End::kAbort);
  });
  ExpectHarmless();
}

TEST_F(ForeignRecords, TransactionsThatWereCommitted) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Everywhere([&](int p) {
    for (int i = 0; i < 3; ++i) {
      if (const absl::Status status =
              stranger_->Transaction(Topic(), p, {{.key = "k", .value = "a"}}, End::kCommit);
          !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  });
  ExpectHarmless();
}

// The end is where the broker says it is, not where the last stable offset stands.
TEST_F(ForeignRecords, ATransactionThatStaysOpen) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Everywhere([&](int p) {
    return stranger_->Transaction(Topic(), p, {{.value = "hanging"}}, End::kOpen);
  });
  ExpectHarmless();
}

TEST_F(ForeignRecords, JunkOfEveryKindBehindATransaction) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Everywhere(
      [&](int p) { return stranger_->Transaction(Topic(), p, {{.value = "a"}}, End::kAbort); });
  book::v1::Record commit;  // of the owner's epoch, and next in sequence as likely as not
  commit.set_epoch(1);
  commit.set_previous_hash("0123456789abcdef");
  commit.mutable_commit()->set_customer_id("c-1");
  const std::vector<ForeignRecord> junk = {
      {.value = "junk"},
      {.key = "c-1"},  // a tombstone
      {},
      {.key = "", .value = ""},
      {.key = "c-1", .value = std::string("\xff\xfe\x00", 3), .headers = {{"h", "v"}, {"", ""}}},
      {.value = std::string(500'000, 'x')},
  };
  Everywhere([&](int p) { return stranger_->Write(Topic(), p, junk); });
  for (const char* codec : {"gzip", "snappy", "lz4", "zstd"}) {
    Everywhere([&](int p) {
      return stranger_->Write(Topic(), p, {{.value = codec}, {.value = std::string(9'999, 'z')}},
                              codec);
    });
  }
  // Dated ahead, in a log or without one: what does not count tells nobody the time.
  SetMicros(absl::ToUnixMicros(absl::Now() + absl::Hours(24 * 365)),
            commit.mutable_recorded_time());
  for (uint64_t sequence = 1; sequence < 20; ++sequence) {
    commit.set_sequence(sequence);
    Everywhere([&](int p) {
      return stranger_->Write(Topic(), p, {{.key = "c-1", .value = commit.SerializeAsString()}});
    });
  }
  ExpectHarmless();

  // Carried with them to an embedded log, where one partition's time holds for all.
  server_->Terminate();
  ASSERT_EQ(server_->WaitUntilEnded(absl::Seconds(20)), 0) << server_->words();
  const std::string directory = Directory("embedded");
  const Ran carried = Run({"copy", "--quiet", "--to=embedded:" + directory + "/log"});
  ASSERT_EQ(carried.code, 0) << carried.err;
  server_ =
      std::make_unique<DaybookProcess>(ProcessOptions{.data_dir = directory, .partitions = 0});
  ASSERT_IS_OK(server_->StartAndWait());
  ExpectServes();
  const Ran doctor = RunDaybook({"doctor", "--data-dir=" + directory});
  EXPECT_EQ(doctor.code, 0) << doctor.out;
}

TEST_F(ForeignRecords, ClaimsOfOtherLogsRedirectNobody) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  const auto claim_all = [&] {
    for (uint64_t epoch = 1; epoch < 9; ++epoch) {
      for (const char* log_id : {"another", ""}) {
        Everywhere([&](int p) {
          return stranger_->Write(Topic(), p, {{.value = Claim(epoch, 24, log_id)}});
        });
      }
    }
  };
  claim_all();
  ASSERT_NO_FATAL_FAILURE(ExpectServes());
  EXPECT_THAT(server_->words(), testing::Not(HasSubstr("evil.example")));
  ASSERT_NO_FATAL_FAILURE(Restart());
  claim_all();
  ExpectHarmless();
  EXPECT_THAT(server_->words(), testing::Not(HasSubstr("evil.example")));
}

// What one partition holds, written into the others: of the same log, of like epochs and sequences.
TEST_F(ForeignRecords, RecordsOfAnotherPartition) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  ASSERT_NO_FATAL_FAILURE(Restart());
  const auto records = ReadKafkaHistory(broker_->address(), Topic());
  ASSERT_TRUE(records.ok()) << records.status();
  for (const StoredRecord& record : *records) {
    for (int p = 0; p < kPartitions; ++p) {
      if (p == record.partition) continue;
      ASSERT_IS_OK(stranger_->Write(Topic(), p, {{.key = record.key, .value = record.value}}));
    }
  }
  ExpectHarmless();
}

// Nobody is busy with what is not there.
TEST_F(ForeignRecords, CostNoProcessorTimeOnceTheyAreRead) {
  ASSERT_NO_FATAL_FAILURE(Serve());
  Everywhere(
      [&](int p) { return stranger_->Transaction(Topic(), p, {{.value = "a"}}, End::kAbort); });
  ASSERT_NO_FATAL_FAILURE(ExpectServes());
  Everywhere(
      [&](int p) { return stranger_->Transaction(Topic(), p, {{.value = "a"}}, End::kAbort); });
  absl::SleepFor(absl::Seconds(2));
  ExpectIdle(*server_);
}

// Transactions and junk come all the time, under load, and an owner is killed in between.
TEST_F(ForeignRecords, AllTheTimeUnderLoad) {
  ASSERT_NO_FATAL_FAILURE(CreateTopic());
  server_ = NewServer();
  ASSERT_IS_OK(server_->StartAndWait());
  Load load({.endpoints = {server_->address()}, .name = "load", .commands_per_second = 1000});
  load.Connect(server_->address());
  load.Start();
  for (int round = 0; round < 60; ++round) {
    const int p = round % kPartitions;
    ASSERT_IS_OK(stranger_->Transaction(Topic(), p, {{.value = "x"}},
                                        round % 2 == 0 ? End::kAbort : End::kCommit));
    ASSERT_IS_OK(stranger_->Write(Topic(), (p + 1) % kPartitions, {{.value = "junk"}}));
    if (round == 30) {
      server_->Kill();
      load.Disconnect(server_->address());
      ASSERT_IS_OK(server_->StartAndWait());
      load.Connect(server_->address());
    }
    ASSERT_TRUE(load.WaitForAccepted(load.accepted() + 20, absl::Seconds(30))) << load.Summary();
  }
  EXPECT_TRUE(load.Finish(absl::Seconds(60))) << load.Summary();
  const auto records = ReadKafkaHistory(broker_->address(), Topic());
  ASSERT_TRUE(records.ok()) << records.status();
  const Checked checked = CheckHistory(*records, load.Commands());
  std::printf("  %s\n  %s\n", checked.Summary().c_str(), load.Summary().c_str());
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_THAT(load.violations().all(), IsEmpty());
}

}  // namespace
}  // namespace daybook
