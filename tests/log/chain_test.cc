#include "common/log/chain.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/log/event_log.h"
#include "daybook/book/v1/record.pb.h"

namespace daybook::log {
namespace {

// Two verbs: what is in the log, and what the chain says of it.
class ChainTest : public testing::Test {
 protected:
  static v1::Frame Owner(uint64_t epoch, std::string id = "someone") {
    v1::Frame frame;
    frame.set_epoch(epoch);
    frame.mutable_owner_started()->set_owner(std::move(id));
    return frame;
  }
  // A claim of the format that has keys, by somebody who has read all so far.
  v1::Frame Keyed(uint64_t epoch, std::string id = "someone") const {
    v1::Frame frame = Owner(epoch, std::move(id));
    frame.mutable_owner_started()->set_format(2);
    frame.set_chain_key(chain_.at().chain_key);
    frame.set_confirmed_sequence(chain_.at().sequence);
    return frame;
  }
  // A record as an honest owner of `epoch` would write it now, all before it confirmed.
  v1::Frame Next(uint64_t epoch, std::string commit = "c") const {
    v1::Frame frame;
    frame.set_epoch(epoch);
    frame.set_chain_key(chain_.at().chain_key);
    frame.set_confirmed_sequence(chain_.at().chain_key == 0 ? 0 : chain_.at().sequence);
    frame.set_sequence(chain_.at().sequence + 1);
    frame.set_previous_hash(chain_.at().hash.data(), chain_.at().hash.size());
    frame.set_commit(std::move(commit));
    return frame;
  }
  absl::StatusOr<Verdict> ApplyAt(int64_t offset, const v1::Frame& frame) {
    return chain_.Apply(offset, &frame, frame.SerializeAsString());
  }
  absl::StatusOr<Verdict> Apply(const v1::Frame& frame) {
    return ApplyAt(chain_.at().next_offset, frame);
  }
  absl::StatusOr<Verdict> ApplyBytes(std::string_view bytes) {
    v1::Frame frame;
    const bool parsed = ParseFrame(bytes, &frame);
    return chain_.Apply(chain_.at().next_offset, parsed ? &frame : nullptr, bytes);
  }

  Chain chain_;
};

TEST_F(ChainTest, NothingCountsBeforeTheFirstOwner) {
  EXPECT_EQ(*Apply(Next(0)), Verdict::kVoidBeforeOwner);
  EXPECT_EQ(*Apply(Next(1)), Verdict::kVoidBeforeOwner);
  EXPECT_EQ(*Apply(Owner(2)), Verdict::kVoidFuture);
  EXPECT_EQ(chain_.at().sequence, 0u);
  EXPECT_EQ(*Apply(Owner(1)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Next(1)), Verdict::kEffective);
  EXPECT_EQ(chain_.at().sequence, 1u);
  EXPECT_EQ(chain_.at().next_offset, 5);
  EXPECT_EQ(chain_.at().last_offset, 4);
}

TEST_F(ChainTest, AClaimCountsOnlyAtTheNextEpoch) {
  ASSERT_EQ(*Apply(Owner(1)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Owner(1)), Verdict::kVoidStaleClaim);
  EXPECT_EQ(*Apply(Owner(3)), Verdict::kVoidFuture);
  EXPECT_EQ(*Apply(Owner(2)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Owner(2)), Verdict::kVoidStaleClaim);
}

TEST_F(ChainTest, AClaimDatedBeforeItsPredecessorsLastRecordDoesNotTurnTimeBack) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  v1::Frame record = Next(1);
  record.mutable_recorded_time()->set_seconds(20);
  ASSERT_EQ(*Apply(record), Verdict::kEffective);
  v1::Frame claim = Owner(2);
  claim.mutable_recorded_time()->set_seconds(10);
  ASSERT_EQ(*Apply(claim), Verdict::kEffective);
  EXPECT_EQ(chain_.at().recorded_time_us, 20'000'000);
}

TEST_F(ChainTest, AnOldOwnerAddsNothing) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  const v1::Frame late = Next(1);
  ASSERT_TRUE(Apply(Owner(2)).ok());
  EXPECT_EQ(*Apply(late), Verdict::kVoidOldEpoch);
  EXPECT_EQ(*Apply(Next(2)), Verdict::kEffective);
}

TEST_F(ChainTest, ADuplicateAndWhatFollowsAGapAreVoid) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  const v1::Frame first = Next(1);
  ASSERT_EQ(*Apply(first), Verdict::kEffective);
  EXPECT_EQ(*Apply(first), Verdict::kVoidSequence);
  v1::Frame skipping = Next(1);
  skipping.set_sequence(skipping.sequence() + 1);
  EXPECT_EQ(*Apply(skipping), Verdict::kVoidSequence);
  EXPECT_EQ(*Apply(Next(1)), Verdict::kEffective);
}

TEST_F(ChainTest, BytesThatAreNoRecordAreVoid) {
  EXPECT_EQ(*ApplyBytes("\xff\xff\xff"), Verdict::kVoidUnparsable);
  EXPECT_EQ(*ApplyBytes(""), Verdict::kVoidBeforeOwner);  // an empty message is one, of epoch 0
  ASSERT_TRUE(Apply(Owner(1)).ok());
  EXPECT_EQ(*ApplyBytes("not a record"), Verdict::kVoidUnparsable);
}

TEST_F(ChainTest, AnotherHistoryStops) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  v1::Frame frame = Next(1);
  frame.mutable_previous_hash()->at(3) ^= 1;
  const auto verdict = Apply(frame);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(verdict.status().message().find("offset 1"), absl::string_view::npos);
}

// Any byte of any record that counted, changed: the chain stops, or ends at another hash.
TEST_F(ChainTest, ATamperedByteIsNoticed) {
  std::vector<std::string> log;
  const auto add = [&](const v1::Frame& frame) {
    log.push_back(frame.SerializeAsString());
    ASSERT_EQ(*Apply(frame), Verdict::kEffective);
  };
  add(Owner(1));
  for (int i = 0; i < 3; ++i) add(Next(1, "commit " + std::to_string(i)));
  add(Owner(2));
  add(Next(2));
  const Position honest = chain_.at();
  for (size_t record = 0; record < log.size(); ++record) {
    for (size_t byte = 0; byte < log[record].size(); ++byte) {
      chain_ = Chain();
      bool stopped = false;
      for (size_t i = 0; i < log.size() && !stopped; ++i) {
        std::string bytes = log[i];
        if (i == record) bytes[byte] ^= 0x10;
        stopped = !ApplyBytes(bytes).ok();
      }
      EXPECT_TRUE(stopped || chain_.at().hash != honest.hash)
          << "record " << record << ", byte " << byte;
    }
  }
}

TEST_F(ChainTest, HolesAreHarmlessWhateverStandsBehindThem) {
  ASSERT_TRUE(Apply(Keyed(1)).ok());
  const v1::Frame old = Next(1);
  ASSERT_EQ(*ApplyAt(5, Keyed(2)), Verdict::kEffective);
  ASSERT_EQ(*ApplyAt(9, old), Verdict::kVoidOldEpoch);
  chain_.Pass(12);
  ASSERT_EQ(*ApplyBytes("\xff"), Verdict::kVoidUnparsable);
  ASSERT_EQ(*ApplyAt(20, Owner(9)), Verdict::kVoidForeign);
  v1::Frame later = Next(2);  // what was appended before it was never stored
  later.set_sequence(2);
  ASSERT_EQ(*ApplyAt(30, later), Verdict::kVoidSequence);
  ASSERT_EQ(*ApplyAt(40, Next(2)), Verdict::kEffective);
  EXPECT_EQ(chain_.at().next_offset, 41);
}

TEST_F(ChainTest, PassesNoRecordTwice) {
  ASSERT_TRUE(Apply(Keyed(1)).ok());
  chain_.Pass(0);
  EXPECT_EQ(chain_.at().next_offset, 1);
  const Position before = chain_.at();
  chain_.Pass(7);
  EXPECT_EQ(chain_.at().next_offset, 7);
  EXPECT_EQ(chain_.at().last_offset, before.last_offset);
  EXPECT_EQ(chain_.at().hash, before.hash);
}

// Of a log whose claims have no keys nothing else tells a loss from a hole.
TEST_F(ChainTest, WithoutKeysAHoleInFrontOfALaterSequenceStops) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  chain_.Pass(5);
  ASSERT_EQ(*ApplyBytes("junk"), Verdict::kVoidUnparsable);
  ASSERT_EQ(*Apply(Next(1)), Verdict::kEffective);
  chain_.Pass(9);
  v1::Frame later = Next(1);
  later.set_sequence(3);
  const auto verdict = Apply(later);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(verdict.status().message().find("missing"), absl::string_view::npos);
}

TEST_F(ChainTest, WhoDoesNotKnowTheKeyWritesNothingThatCounts) {
  ASSERT_EQ(*Apply(Keyed(1)), Verdict::kEffective);
  ASSERT_EQ(*Apply(Next(1)), Verdict::kEffective);
  for (const uint64_t key : {uint64_t{0}, uint64_t{7}, chain_.at().chain_key + 1}) {
    v1::Frame claim = Keyed(2);
    claim.set_chain_key(key);
    EXPECT_EQ(*Apply(claim), Verdict::kVoidForeign);
    v1::Frame commit = Next(1);
    commit.set_chain_key(key);
    EXPECT_EQ(*Apply(commit), Verdict::kVoidForeign);
    commit.set_previous_hash("of another history");
    commit.set_confirmed_sequence(1'000'000);
    EXPECT_EQ(*Apply(commit), Verdict::kVoidForeign);
  }
  EXPECT_EQ(*Apply(Next(1)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Keyed(2)), Verdict::kEffective);
}

// Another partition has had like epochs and sequences.
TEST_F(ChainTest, RecordsOfAnotherPartitionOfTheSameLogAreVoid) {
  Chain other;
  std::vector<v1::Frame> theirs;
  const auto write = [&](v1::Frame frame) {
    frame.set_chain_key(other.at().chain_key);
    if (!frame.has_owner_started()) {
      frame.set_sequence(other.at().sequence + 1);
      frame.set_previous_hash(other.at().hash.data(), other.at().hash.size());
    }
    ASSERT_TRUE(
        IsEffective(*other.Apply(other.at().next_offset, &frame, frame.SerializeAsString())));
    theirs.push_back(std::move(frame));
  };
  write(Keyed(1, "theirs"));
  for (int i = 0; i < 3; ++i) write(Next(1, "theirs"));
  write(Keyed(2, "theirs again"));
  write(Next(2, "theirs"));
  ASSERT_TRUE(Apply(Keyed(1, "ours")).ok());
  for (int round = 0; round < 4; ++round) {
    for (const v1::Frame& frame : theirs) ASSERT_FALSE(IsEffective(*Apply(frame)));
    ASSERT_EQ(*Apply(Next(1)), Verdict::kEffective);
  }
}

// Whatever is lost in the middle, claims or acknowledged records, is noticed by the next record of
// an owner that knew of it, wherever it was lost and whether the offsets show it or not.
TEST_F(ChainTest, ALossOfWhatWasKnownToCountStops) {
  std::vector<v1::Frame> log;
  const auto add = [&](const v1::Frame& frame) {
    ASSERT_EQ(*Apply(frame), Verdict::kEffective);
    log.push_back(frame);
  };
  add(Keyed(1));
  for (int i = 0; i < 4; ++i) add(Next(1));
  add(Keyed(2, "second"));
  for (int i = 0; i < 3; ++i) add(Next(2));
  add(Keyed(3, "third"));
  add(Next(3));
  for (size_t first = 1; first + 1 < log.size(); ++first) {
    for (size_t last = first; last + 1 < log.size(); ++last) {
      for (const bool hole : {true, false}) {
        chain_ = Chain();
        int64_t offset = 0;
        bool stopped = false;
        for (size_t i = 0; i < log.size() && !stopped; ++i) {
          if (i < first || i > last) {
            const auto verdict = ApplyAt(offset, log[i]);
            stopped = verdict.status().code() == absl::StatusCode::kDataLoss;
            EXPECT_EQ(stopped, i == last + 1) << first << " to " << last << ", at " << i;
          }
          offset += hole || i < first || i > last;
        }
        EXPECT_TRUE(stopped) << first << " to " << last << (hole ? ", with a hole" : "");
      }
    }
  }
}

// Records that were appended and never stored are no loss: nobody knew that they counted.
TEST_F(ChainTest, ARecordThatNeverArrivedVoidsWhatFollowsAndNothingStops) {
  ASSERT_TRUE(Apply(Keyed(1)).ok());
  ASSERT_TRUE(Apply(Next(1)).ok());
  v1::Frame second = Next(1);
  second.set_sequence(3);
  v1::Frame third = second;
  third.set_sequence(4);
  EXPECT_EQ(*Apply(second), Verdict::kVoidSequence);
  EXPECT_EQ(*ApplyAt(9, third), Verdict::kVoidSequence);
  EXPECT_EQ(*Apply(Keyed(2)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Next(2)), Verdict::kEffective);
}

TEST_F(ChainTest, ALogWithoutKeysGoesOnWithThem) {
  ASSERT_EQ(*Apply(Owner(1)), Verdict::kEffective);
  ASSERT_EQ(*Apply(Next(1)), Verdict::kEffective);
  ASSERT_EQ(*Apply(Owner(2)), Verdict::kEffective);
  EXPECT_EQ(chain_.at().chain_key, 0u);
  ASSERT_EQ(*Apply(Keyed(3)), Verdict::kEffective);
  const uint64_t key = chain_.at().chain_key;
  EXPECT_NE(key, 0u);
  EXPECT_EQ(*Apply(Owner(4)), Verdict::kVoidForeign) << "an old owner would have to know the key";
  EXPECT_EQ(*Apply(Next(3)), Verdict::kEffective);
  EXPECT_EQ(*Apply(Keyed(4, "later")), Verdict::kEffective);
  EXPECT_EQ(chain_.at().chain_key, key) << "made once";
}

TEST_F(ChainTest, ABodyOfANewerVersionStops) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  v1::Frame frame = Next(1);
  frame.clear_body();
  const auto verdict = Apply(frame);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(verdict.status().message().find("newer version"), absl::string_view::npos);
}

// Every sequence of up to five records over a small alphabet, against the rule written down a
// second time, as plainly as possible.
TEST(Chain, AgreesWithThePlainRuleOnEverySmallLog) {
  struct Kind {
    bool owner;
    uint64_t epoch;
    uint64_t sequence;
  };
  std::vector<Kind> alphabet;
  for (uint64_t epoch : {1, 2, 3}) alphabet.push_back({true, epoch, 0});
  for (uint64_t epoch : {1, 2}) {
    for (uint64_t sequence : {1, 2, 3}) alphabet.push_back({false, epoch, sequence});
  }
  int logs = 0;
  const auto explore = [&](auto&& self, const Chain& chain, uint64_t e, uint64_t s,
                           int depth) -> void {
    ++logs;
    if (depth == 0) return;
    for (const Kind& kind : alphabet) {
      Chain next = chain;
      v1::Frame frame;
      frame.set_epoch(kind.epoch);
      if (kind.owner) {
        frame.mutable_owner_started();
      } else {
        frame.set_sequence(kind.sequence);
        frame.set_previous_hash(chain.at().hash.data(), chain.at().hash.size());
        frame.mutable_barrier();
      }
      const bool counts =
          kind.owner ? kind.epoch == e + 1 : e > 0 && kind.epoch == e && kind.sequence == s + 1;
      const auto verdict = next.Apply(chain.at().next_offset, &frame, frame.SerializeAsString());
      ASSERT_TRUE(verdict.ok());
      ASSERT_EQ(IsEffective(*verdict), counts);
      ASSERT_EQ(next.at().hash != chain.at().hash, counts);
      self(self, next, counts && kind.owner ? kind.epoch : e,
           counts && !kind.owner ? kind.sequence : s, depth - 1);
    }
  };
  explore(explore, Chain(), 0, 0, 5);
  EXPECT_GT(logs, 60'000);
}

TEST(Chain, GoesOnFromAPositionAsIfItHadReadItself) {
  std::mt19937_64 random(1);
  Chain whole, half;
  for (int i = 0; i < 200; ++i) {
    v1::Frame frame;
    frame.set_epoch(whole.at().epoch + (random() % 20 == 0 || i == 0 ? 1 : 0));
    if (frame.epoch() > whole.at().epoch) {
      frame.mutable_owner_started();
    } else {
      frame.set_sequence(whole.at().sequence + 1 + random() % 4 / 3);
      frame.set_previous_hash(whole.at().hash.data(), whole.at().hash.size());
      frame.mutable_barrier();
    }
    if (i % 17 == 0) half = Chain(*FromProto(ToProto(whole.at())));
    const std::string bytes = frame.SerializeAsString();
    const auto one = whole.Apply(i, &frame, bytes);
    const auto other = half.Apply(i, &frame, bytes);
    ASSERT_EQ(*one, *other);
    ASSERT_EQ(whole.at(), half.at());
  }
}

// The log layer parses a Frame, everybody else a Record: the same bytes.
TEST(Frame, IsTheSameBytesAsARecord) {
  book::v1::Record record;
  record.set_epoch(7);
  record.set_sequence(8);
  record.set_previous_hash("0123456789abcdef");
  record.mutable_recorded_time()->set_seconds(1'700'000'000);
  record.mutable_recorded_time()->set_nanos(5'000);
  record.mutable_commit()->set_customer_id("c-1");
  record.mutable_commit()->add_events()->mutable_customer()->mutable_customer_registered();
  v1::Frame frame;
  ASSERT_TRUE(ParseFrame(record.SerializeAsString(), &frame));
  EXPECT_EQ(frame.epoch(), 7u);
  EXPECT_EQ(frame.sequence(), 8u);
  EXPECT_EQ(RecordedTimeUs(frame), 1'700'000'000'000'005);
  EXPECT_EQ(frame.commit(), record.commit().SerializeAsString());
  EXPECT_EQ(frame.SerializeAsString(), record.SerializeAsString());

  record.mutable_owner_started()->set_owner("o");
  ASSERT_TRUE(ParseFrame(record.SerializeAsString(), &frame));
  EXPECT_EQ(frame.owner_started().owner(), "o");
  record.mutable_barrier();
  ASSERT_TRUE(ParseFrame(record.SerializeAsString(), &frame));
  EXPECT_TRUE(frame.has_barrier());
  EXPECT_EQ(book::v1::Record::descriptor()->field_count(), v1::Frame::descriptor()->field_count());
}

// Values of org.apache.kafka.common.utils.Utils.murmur2 through the default partitioner.
TEST(PartitionOf, AgreesWithKafkasJavaClient) {
  // toPositive(murmur2(key)): "21" -> -973932308, "foobar" -> -790332482 (Kafka's own unit test).
  EXPECT_EQ(PartitionOf("21", 1'000'000), (-973932308 & 0x7fffffff) % 1'000'000);
  EXPECT_EQ(PartitionOf("foobar", 1'000'000), (-790332482 & 0x7fffffff) % 1'000'000);
  EXPECT_EQ(PartitionOf("a-little-bit-long-string", 1'000'000),
            (-985981536 & 0x7fffffff) % 1'000'000);
  EXPECT_EQ(PartitionOf("", 16), PartitionOf("", 16));
}

}  // namespace
}  // namespace daybook::log
