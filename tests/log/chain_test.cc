#include "common/log/chain.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "common/log/event_log.h"
#include "common/log/token.h"
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
  // A record as an honest owner of `epoch` would write it now.
  v1::Frame Next(uint64_t epoch, std::string commit = "c") const {
    v1::Frame frame;
    frame.set_epoch(epoch);
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

TEST_F(ChainTest, OffsetsMayBeMissingOnlyInFrontOfWhatCounts) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  const v1::Frame old = Next(1);
  ASSERT_EQ(*ApplyAt(5, Owner(2)), Verdict::kEffective);  // a gap, then a claim that counts
  ASSERT_EQ(*ApplyAt(9, old), Verdict::kVoidOldEpoch);    // a gap, then an old owner's: undecided
  ASSERT_EQ(*ApplyAt(10, Next(2)), Verdict::kEffective);  // and then one that counts
  v1::Frame wrong = Next(2);
  wrong.set_sequence(99);
  const auto verdict = ApplyAt(20, wrong);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(verdict.status().message().find("missing"), absl::string_view::npos);
}

TEST_F(ChainTest, AGapIsRememberedUntilSomethingCounts) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  const v1::Frame old = Next(1);
  ASSERT_TRUE(Apply(Owner(2)).ok());
  ASSERT_EQ(*ApplyAt(7, old), Verdict::kVoidOldEpoch);
  EXPECT_EQ(ApplyBytes("\xff").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(ChainTest, ABodyOfANewerVersionStops) {
  ASSERT_TRUE(Apply(Owner(1)).ok());
  v1::Frame frame = Next(1);
  frame.clear_body();
  const auto verdict = Apply(frame);
  EXPECT_EQ(verdict.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_NE(verdict.status().message().find("newer version"), absl::string_view::npos);
}

// Every sequence of up to five records over a small alphabet, against the rule written down a second
// time, as plainly as possible.
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
      const bool counts = kind.owner ? kind.epoch == e + 1
                                     : e > 0 && kind.epoch == e && kind.sequence == s + 1;
      const auto verdict =
          next.Apply(chain.at().next_offset, &frame, frame.SerializeAsString());
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

TEST(Token, IsOpaqueAndComesBack) {
  const std::string text = EncodeToken({"log-1", 3, 1'000'000});
  const auto token = DecodeToken(text);
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->log_id, "log-1");
  EXPECT_EQ(token->partition, 3);
  EXPECT_EQ(token->next_offset, 1'000'000);
  for (const char* forged : {"", "x", "AAAA", "not base64 !", "////"}) {
    EXPECT_FALSE(DecodeToken(forged).ok()) << forged;
  }
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
