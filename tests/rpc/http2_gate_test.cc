#include "common/rpc/http2_gate.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/http2_frames.h"

namespace daybook::rpc {
namespace {

using namespace http2;

using Verdict = Http2Gate::Verdict;

constexpr uint32_t kMaxMessage = 4 << 20;
constexpr int64_t kPoolBytes = 32 << 20;
constexpr int kMaxCalls = 1024;

const std::string kAcknowledgement = Frame(kSettings, kAck, 0, "");

class Http2GateTest : public testing::Test {
 protected:
  Http2GateTest() { gate_ = NewGate("1"); }

  std::unique_ptr<Http2Gate> NewGate(const std::string& name) {
    auto gate =
        std::make_unique<Http2Gate>(name, Http2Gate::Limits{&pool_, absl::Seconds(60), kMaxCalls});
    EXPECT_EQ(gate->Received(kPreface, now_), Verdict::kGoOn);
    EXPECT_EQ(gate->Received(Frame(kSettings, 0, 0, ""), now_), Verdict::kGoOn);
    if (!acknowledges_) return gate;
    gate->Sending();
    EXPECT_EQ(gate->Received(kAcknowledgement, now_), Verdict::kGoOn);
    return gate;
  }

  // Calls, each a whole one, from the first stream on that nobody has used.
  Verdict SayCalls(int count) {
    Verdict verdict = Verdict::kGoOn;
    for (int i = 0; i < count; ++i, next_ += 2) {
      verdict = Say(Open(next_) + Frame(kData, kEndStream, next_, Message("request")));
    }
    return verdict;
  }

  Verdict Say(const std::string& bytes) { return gate_->Received(bytes, now_); }

  // What comes of frames said again and again, `most` times at most.
  Verdict SayTimes(int most, const std::string& bytes) {
    Verdict verdict = Verdict::kGoOn;
    for (int i = 0; i < most && verdict == Verdict::kGoOn; ++i) verdict = Say(bytes);
    return verdict;
  }

  std::string Open(uint32_t stream, int flags = kEndHeaders) {
    return Frame(kHeaders, flags, stream, std::string(100, 'h'));
  }

  Pool pool_{kPoolBytes};
  absl::Time now_ = absl::FromUnixSeconds(1000);
  bool acknowledges_ = true;
  uint32_t next_ = 1;
  std::unique_ptr<Http2Gate> gate_;
};

TEST_F(Http2GateTest, LetsCallsThrough) {
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    ASSERT_EQ(Say(Open(stream) + Frame(kData, kEndStream, stream, Message("request"))),
              Verdict::kGoOn);
    ASSERT_EQ(Say(Frame(kWindow, 0, 0, BigEndian(100, 4))), Verdict::kGoOn);
  }
  EXPECT_EQ(pool_.taken(), 0);
}

TEST_F(Http2GateTest, LetsLargeMessagesThroughOneAfterTheOther) {
  Say(Open(1));
  for (int i = 0; i < 20; ++i) {
    const std::string message = Message(std::string(kMaxMessage, 'x'));
    for (size_t at = 0; at < message.size(); at += 16384) {
      ASSERT_EQ(Say(Frame(kData, 0, 1, message.substr(at, 16384))), Verdict::kGoOn);
    }
    ASSERT_EQ(pool_.taken(), 0);
  }
}

TEST_F(Http2GateTest, EndsAHeaderTooLarge) {
  EXPECT_EQ(Say(Frame(kHeaders, kEndHeaders, 1, std::string(16384, 'h'))), Verdict::kGoOn);
  EXPECT_EQ(Say(Frame(kHeaders, 0, 3, std::string(16384, 'h'))), Verdict::kGoOn);
  EXPECT_EQ(Say(Frame(kContinuation, 0, 3, std::string(16384, 'h'))), Verdict::kHeaderTooLarge);
  EXPECT_EQ(Say(Open(5)), Verdict::kHeaderTooLarge) << "that is its last word";
}

TEST_F(Http2GateTest, EndsAHeaderTooLargeBeforeItHasCome) {
  std::string frame = Frame(kHeaders, 0, 1, "");
  frame[1] = static_cast<char>(0x90);  // of 36,864 bytes
  EXPECT_EQ(Say(frame), Verdict::kHeaderTooLarge);
}

TEST_F(Http2GateTest, EndsAHeaderContinuedByNothing) {
  Say(Frame(kHeaders, 0, 1, "h"));
  EXPECT_EQ(SayTimes(10'000, Frame(kContinuation, 0, 1, "")), Verdict::kHeaderTooLarge);
}

TEST_F(Http2GateTest, EndsMessagesThatNeverEnd) {
  std::string begun(1, '\0');
  begun += BigEndian(kMaxMessage, 4);
  Verdict verdict = Verdict::kGoOn;
  int64_t sent = 0;
  for (uint32_t stream = 1; stream < 1000 && verdict == Verdict::kGoOn; stream += 2) {
    verdict = Say(Open(stream) + Frame(kData, 0, stream, begun));
    for (int i = 0; i < 255 && verdict == Verdict::kGoOn; ++i) {
      verdict = Say(Frame(kData, 0, stream, std::string(16384, 'x')));
      sent += 16384;
    }
  }
  EXPECT_EQ(verdict, Verdict::kTooManyBytes);
  EXPECT_GT(sent, kPoolBytes / 2);
  EXPECT_LT(sent, kPoolBytes);
  EXPECT_EQ(pool_.taken(), 0) << "a connection that is ended holds nothing";
}

TEST_F(Http2GateTest, SharesThePoolAmongConnections) {
  const std::string begun = Message(std::string(kMaxMessage, 'x')).substr(0, 3 << 20);
  const auto fill = [&](Http2Gate& gate) {
    int messages = 0;
    for (uint32_t stream = 1;; stream += 2, ++messages) {
      if (gate.Received(Open(stream) + Frame(kData, 0, stream, begun), now_) != Verdict::kGoOn) {
        return messages;
      }
    }
  };
  // Just below what ends it.
  const int most = fill(*NewGate("2"));
  ASSERT_GT(most, 1);
  std::vector<std::unique_ptr<Http2Gate>> greedy;
  for (int i = 0; i < 3; ++i) {
    greedy.push_back(NewGate("greedy " + std::to_string(i)));
    for (int m = 0; m < most - 1; ++m) {
      greedy.back()->Received(Open(static_cast<uint32_t>(2 * m + 1)) +
                                  Frame(kData, 0, static_cast<uint32_t>(2 * m + 1), begun),
                              now_);
    }
  }
  const std::string small = Message(std::string(400'000, 'x')).substr(0, 300'000);
  EXPECT_EQ(Say(Open(1) + Frame(kData, 0, 1, small)), Verdict::kGoOn)
      << "room for one who comes late";
  for (const auto& gate : greedy) gate->Closed();
  gate_->Closed();
  EXPECT_EQ(pool_.taken(), 0);
}

TEST_F(Http2GateTest, GivesBackWhatIsNotAwaitedAnyMore) {
  const std::string begun = Message(std::string(kMaxMessage, 'x')).substr(0, 3 << 20);
  // The caller takes the call back; the server ends it; the server refuses it.
  for (const int how : {0, 1, 2}) {
    const auto stream = static_cast<uint32_t>(2 * how + 1);
    EXPECT_EQ(Say(Open(stream) + Frame(kData, 0, stream, begun)), Verdict::kGoOn);
    EXPECT_GT(pool_.taken(), 0);
    if (how == 0) Say(Frame(kRst, 0, stream, BigEndian(8, 4)));
    if (how == 1) gate_->Sent(Frame(kHeaders, kEndStream | kEndHeaders, stream, "trailers"));
    if (how == 2) gate_->Sent(Frame(kRst, 0, stream, BigEndian(0, 4)));
    EXPECT_EQ(pool_.taken(), 0) << how;
    EXPECT_EQ(Say(Frame(kData, 0, stream, std::string(1 << 20, 'x'))), Verdict::kGoOn);
    EXPECT_EQ(pool_.taken(), 0) << "what comes after is thrown away";
  }
}

// gRPC keeps them until they are whole, and refuses them then.
TEST_F(Http2GateTest, CountsMessagesThatAreTooLarge) {
  Say(Open(1));
  const std::string message = Message(std::string(kMaxMessage + 1, 'x'));
  EXPECT_EQ(Say(Frame(kData, 0, 1, message.substr(0, kMaxMessage))), Verdict::kGoOn);
  EXPECT_GT(pool_.taken(), kMaxMessage / 2);
  EXPECT_EQ(Say(Frame(kData, 0, 1, message.substr(kMaxMessage))), Verdict::kGoOn);
  EXPECT_EQ(pool_.taken(), 0);
  std::string begun(1, '\0');
  begun += BigEndian(0xffffffff, 4);
  Say(Open(3) + Frame(kData, 0, 3, begun));
  EXPECT_EQ(SayTimes(10'000, Frame(kData, 0, 3, std::string(16384, 'x'))), Verdict::kTooManyBytes);
}

TEST_F(Http2GateTest, CountsWhatAFrameCosts) {
  constexpr size_t kPayload = Http2Gate::kWorthwhile;
  std::string begun(1, '\0');
  begun += BigEndian(kMaxMessage, 4);
  Say(Open(1) + Frame(kData, 0, 1, begun));
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(Say(Frame(kData, 0, 1, std::string(kPayload, 'x'))), Verdict::kGoOn);
  }
  EXPECT_GT(pool_.taken(), 10'000 * static_cast<int64_t>(kPayload + Http2Gate::kFrameBytes / 2));
  Say(Frame(kRst, 0, 1, BigEndian(8, 4)));
  EXPECT_EQ(pool_.taken(), 0);
}

TEST_F(Http2GateTest, CountsCallsOfWhichNoMessageCame) {
  uint32_t stream = 1;
  Verdict verdict = Verdict::kGoOn;
  for (; stream < 20'000 && verdict == Verdict::kGoOn; stream += 2) verdict = Say(Open(stream));
  EXPECT_EQ(verdict, Verdict::kTooManyBytes);
  EXPECT_GT(stream / 2 * Http2Gate::kCallBytes, kPoolBytes / 2);
  EXPECT_EQ(pool_.taken(), 0);
  gate_ = NewGate("2");
  for (stream = 1; stream < 200; stream += 2) Say(Open(stream));
  EXPECT_GT(pool_.taken(), 0);
  for (stream = 1; stream < 200; stream += 2) Say(Frame(kData, 0, stream, Message("request")));
  EXPECT_EQ(pool_.taken(), 0);
}

TEST_F(Http2GateTest, EndsWhoDoesNotAcknowledgeBeforeItCallsMore) {
  acknowledges_ = false;
  gate_ = NewGate("1");
  gate_->Sending();
  EXPECT_EQ(SayCalls(kMaxCalls), Verdict::kGoOn);
  EXPECT_EQ(SayCalls(1), Verdict::kNotAcknowledged);
}

TEST_F(Http2GateTest, LetsCallsThroughThatComeBeforeTheAcknowledgement) {
  acknowledges_ = false;
  gate_ = NewGate("1");
  EXPECT_EQ(SayCalls(100), Verdict::kGoOn);
  gate_->Sending();
  EXPECT_EQ(SayCalls(kMaxCalls - 100), Verdict::kGoOn);
  EXPECT_EQ(Say(kAcknowledgement), Verdict::kGoOn);
  now_ += absl::Hours(1);
  EXPECT_EQ(SayCalls(3 * kMaxCalls), Verdict::kGoOn);
}

TEST_F(Http2GateTest, BelievesNoAcknowledgementOfWhatWasNotSent) {
  acknowledges_ = false;
  gate_ = NewGate("1");
  EXPECT_EQ(Say(kAcknowledgement), Verdict::kGoOn);
  gate_->Sending();
  EXPECT_EQ(SayCalls(kMaxCalls), Verdict::kGoOn);
  EXPECT_EQ(SayCalls(1), Verdict::kNotAcknowledged);
}

TEST_F(Http2GateTest, EndsWhoCallsAndDoesNotAcknowledgeInTime) {
  acknowledges_ = false;
  gate_ = NewGate("1");
  SayCalls(1);
  now_ += absl::Hours(1);
  EXPECT_EQ(SayCalls(1), Verdict::kGoOn) << "the server has sent none";
  gate_->Sending();
  SayCalls(1);
  now_ += Http2Gate::kAcknowledgeTime + absl::Seconds(1);
  EXPECT_EQ(gate_->Received(Open(next_) + kAcknowledgement, now_), Verdict::kGoOn)
      << "it stands behind";
  gate_ = NewGate("2");
  gate_->Sending();
  SayCalls(1);
  now_ += Http2Gate::kAcknowledgeTime + absl::Seconds(1);
  EXPECT_EQ(SayCalls(1), Verdict::kNotAcknowledged);
}

TEST_F(Http2GateTest, EndsAMessageThatIsNotWholeInTime) {
  Say(Open(1) + Frame(kData, 0, 1, Message("abc").substr(0, 6)));
  now_ += absl::Seconds(59);
  EXPECT_EQ(Say(Frame(kData, 0, 1, "b")), Verdict::kGoOn);
  now_ += absl::Seconds(2);
  EXPECT_EQ(Say(Frame(kPing, 1, 0, "12345678")), Verdict::kTooLate);
}

TEST_F(Http2GateTest, LetsAStreamRestBetweenMessages) {
  Say(Open(1) + Frame(kData, 0, 1, Message("abc")));
  now_ += absl::Hours(1);
  EXPECT_EQ(Say(Frame(kData, 0, 1, Message("abc"))), Verdict::kGoOn);
}

TEST_F(Http2GateTest, EndsFloodsOfFramesThatCarryNothing) {
  const std::vector<std::string> floods = {Frame(kRst, 0, 1, BigEndian(8, 4)),
                                           Frame(kPing, 0, 0, "12345678"),
                                           Frame(kSettings, 0, 0, ""),
                                           Frame(kPriority, 0, 1, "12345"),
                                           Frame(kData, 0, 1, ""),
                                           Frame(77, 0, 1, "what")};
  for (const std::string& flood : floods) {
    gate_ = NewGate("1");
    EXPECT_EQ(SayTimes(Http2Gate::kFramesAtOnce - 2, flood), Verdict::kGoOn);
    EXPECT_EQ(SayTimes(10, flood), Verdict::kTooManyFrames);
  }
}

TEST_F(Http2GateTest, LetsFramesThatCarryNothingThroughInTheirTime) {
  for (int i = 0; i < 20'000; ++i) {
    now_ += absl::Seconds(1) / (Http2Gate::kFramesPerSecond - 1);
    ASSERT_EQ(Say(Frame(kPing, 0, 0, "12345678")), Verdict::kGoOn);
  }
}

TEST_F(Http2GateTest, EndsFloodsOfDataThatGetsNoFurther) {
  std::string begun(1, '\0');
  begun += BigEndian(kMaxMessage, 4);
  const std::vector<std::string> floods = {
      Frame(kData, 0, 1, "x"),
      Frame(kData, 0, 1, std::string(Http2Gate::kWorthwhile - 1, 'x')),
      Frame(kData, 0, 3, "whole"),  // calls that are over
      Frame(kData, kEndStream, 3, "x"),
      Frame(kData, 0, 7, std::string(Http2Gate::kWorthwhile, 'x')),  // that have not begun
      Frame(kData, 0, 0, "x"),
  };
  for (const std::string& flood : floods) {
    gate_ = NewGate("1");
    Say(Open(1) + Frame(kData, 0, 1, begun) + Open(3) +
        Frame(kData, kEndStream, 3, Message("request")));
    EXPECT_EQ(SayTimes(Http2Gate::kFramesAtOnce, flood), Verdict::kGoOn);
    EXPECT_EQ(SayTimes(10, flood), Verdict::kTooManyFrames);
  }
}

// A prefix in a frame of its own, as some clients have it; what is left of a message longer than a
// frame.
TEST_F(Http2GateTest, LetsShortFramesThroughThatGetFurther) {
  Say(Open(1));
  const std::string message = Message(std::string(16380, 'x'));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(Say(Frame(kData, 0, 1, Message("ab").substr(0, 5)) + Frame(kData, 0, 1, "ab")),
              Verdict::kGoOn);
    ASSERT_EQ(Say(Frame(kData, 0, 1, message.substr(0, 16384)) + Frame(kData, 0, 1, "x")),
              Verdict::kGoOn);
  }
}

// Where a window ends there is a short frame.
TEST_F(Http2GateTest, LetsShortFramesThroughAmongLongOnes) {
  Say(Open(1));
  const std::string message = Message(std::string(kMaxMessage, 'x'));
  for (int i = 0; i < 40; ++i) {
    for (size_t at = 0; at < message.size(); at += 16384) {
      ASSERT_EQ(Say(Frame(kData, 0, 1, message.substr(at, 16380)) +
                    Frame(kData, 0, 1, message.substr(std::min(at + 16380, message.size()), 4))),
                Verdict::kGoOn);
    }
  }
}

// The server refuses, and the caller's message is on its way.
TEST_F(Http2GateTest, LetsThroughWhatIsLateForACallThatTheServerEnded) {
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    Say(Open(stream));
    gate_->Sent(Frame(kHeaders, kEndStream | kEndHeaders, stream, "trailers"));
    ASSERT_EQ(Say(Frame(kData, kEndStream, stream, Message("request"))), Verdict::kGoOn);
  }
}

TEST_F(Http2GateTest, EndsFloodsOfWindowUpdates) {
  const std::string update = Frame(kWindow, 0, 0, BigEndian(1, 4));
  EXPECT_EQ(SayTimes(Http2Gate::kFramesAtOnce, update), Verdict::kGoOn);
  EXPECT_EQ(SayTimes(10, update), Verdict::kTooManyFrames);
}

TEST_F(Http2GateTest, LetsWindowUpdatesThroughThatGiveBackWhatCame) {
  Say(Open(1));
  for (int i = 0; i < 20'000; ++i) gate_->Sent(Frame(kData, 0, 1, "answer"));
  const std::string update =
      Frame(kWindow, 0, 0, BigEndian(6, 4)) + Frame(kWindow, 0, 1, BigEndian(6, 4));
  EXPECT_EQ(SayTimes(20'000, update), Verdict::kGoOn);
  EXPECT_EQ(SayTimes(3'000, update), Verdict::kTooManyFrames);
}

// However the bytes are cut, and whatever they are.
TEST_F(Http2GateTest, SaysTheSameOfAnyPieces) {
  std::mt19937 random(20261130);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    const size_t frames = 1 + random() % 30;
    for (size_t i = 0; i < frames; ++i) {
      const auto stream = static_cast<uint32_t>(1 + 2 * (random() % 4));
      std::string payload(random() % 2 == 0 ? random() % 20 : random() % 20'000, 'x');
      if (random() % 2 == 0) payload = Message(payload).substr(0, 1 + random() % 100'000);
      bytes +=
          Frame(static_cast<int>(random() % 11), static_cast<int>(random() % 8), stream, payload);
    }
    if (random() % 4 == 0) bytes[random() % bytes.size()] = static_cast<char>(random());
    const Verdict whole = NewGate("whole")->Received(bytes, now_);
    const auto gate = NewGate("pieces");
    Verdict pieces = Verdict::kGoOn;
    for (size_t at = 0; at < bytes.size();) {
      const size_t piece = 1 + random() % (random() % 2 == 0 ? 3 : 5000);
      pieces = gate->Received(std::string_view(bytes).substr(at, piece), now_);
      at += piece;
    }
    EXPECT_EQ(whole, pieces) << round;
    gate->Closed();
    EXPECT_EQ(pool_.taken(), 0);
  }
}

}  // namespace
}  // namespace daybook::rpc
