// Callers who speak HTTP/2 by hand and do not mean well: they are hung up on, and others are
// served.
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/authority.h"
#include "tests/rpc/serving.h"
#include "tests/support/http2_frames.h"
#include "tests/support/loopback.h"

namespace daybook::rpc {
namespace {

using http2::BigEndian;
using http2::Frame;

constexpr char kAnswered[] =
    "grpc_server_handled_total{grpc_type=\"unary\","
    "grpc_service=\"daybook.billing.v1.BillingService\",grpc_method=\"IssueInvoice\","
    "grpc_code=\"OK\"}";
constexpr char kGreedy[] = "daybook_rpc_connections_total{outcome=\"greedy\"}";

std::string Ended(const std::string& why) {
  return "daybook_rpc_connections_ended_total{why=\"" + why + "\"}";
}

// A connection, encrypted or not.
class Speaker {
 public:
  Speaker(int port, bool encrypted) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    EXPECT_TRUE(ConnectTo(socket_, port));
    if (encrypted) {
      context_ = SSL_CTX_new(TLS_client_method());
      ssl_ = SSL_new(context_);
      SSL_set_fd(ssl_, socket_);
      const std::string protocol = "\2h2";
      SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(protocol.data()), 3);
      EXPECT_EQ(SSL_connect(ssl_), 1);
    }
    EXPECT_TRUE(Say(http2::kPreface + Frame(http2::kSettings, 0, 0, "")));
  }
  ~Speaker() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(socket_);
  }

  // False: hung up on.
  bool Say(const std::string& bytes) {
    if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  void SayUntilHungUpOn(const std::string& bytes, int most) {
    for (int i = 0; i < most && Say(bytes); ++i) {
    }
  }
  // Reads until the server hangs up.
  void WaitForTheEnd() {
    char buffer[4096];
    while (::recv(socket_, buffer, sizeof buffer, 0) > 0) {
    }
  }

 private:
  const int socket_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

class RpcHostileCallers : public Serving, public testing::WithParamInterface<bool> {
 protected:
  RpcHostileCallers() {
    ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to who has hung up
    if (!encrypted()) return;
    authority_ = std::make_unique<Authority>();
    authority_->Issue("server");
    options_.tls = TlsFiles{authority_->File("server.pem"), authority_->File("server.key")};
    trusting_.ca = authority_->File("ca.pem");
    trusting_.server_name = "localhost";
  }
  static bool encrypted() { return GetParam(); }

  void ServeEcho() {
    Serve(Echo);
    client_ = NewClient(trusting_);
    ASSERT_TRUE(Ask("c-1").ok());
  }
  static std::string Call(uint32_t stream) {
    return Frame(http2::kHeaders, http2::kEndHeaders, stream,
                 http2::CallHeaders(PathOf(IssueInvoice()))) +
           Frame(http2::kData, http2::kEndStream, stream, http2::Message(""));
  }
  Speaker NewSpeaker() { return Speaker(server_->port(), encrypted()); }
  void ExpectEnded(const std::string& why) {
    EXPECT_EQ(Figure(Ended(why)), 1);
    EXPECT_TRUE(Ask("c-1").ok()) << "a connection that was there before";
    client_ = NewClient(trusting_);
    EXPECT_TRUE(Ask("c-1").ok()) << "a new one";
  }

  std::unique_ptr<Authority> authority_;
  ClientOptions trusting_;
};

TEST_P(RpcHostileCallers, WhoseHeaderNeverEndsAreHungUpOn) {
  ServeEcho();
  Speaker speaker = NewSpeaker();
  speaker.Say(Frame(http2::kHeaders, 0, 1, http2::CallHeaders(PathOf(IssueInvoice()))));
  // A value of 128 MiB.
  speaker.Say(Frame(http2::kContinuation, 0, 1, std::string("\0\1a\x7f\x81\xff\xff\x3f", 8)));
  speaker.SayUntilHungUpOn(Frame(http2::kContinuation, 0, 1, std::string(16384, 'v')), 1024);
  speaker.WaitForTheEnd();
  ExpectEnded("header");
}

TEST_P(RpcHostileCallers, WhoseMessagesNeverEndAreHungUpOn) {
  options_.max_in_flight_bytes = 4 << 20;
  ServeEcho();
  Speaker speaker = NewSpeaker();
  // Within the windows that a connection begins with: 64 KiB a stream and in all.
  std::string begun(1, '\0');
  begun += BigEndian(3 << 20, 4);
  bool there = true;
  for (uint32_t stream = 1; stream < 2000 && there; stream += 2) {
    there = speaker.Say(Frame(http2::kHeaders, http2::kEndHeaders, stream,
                              http2::CallHeaders(PathOf(IssueInvoice()))) +
                        Frame(http2::kData, 0, stream, begun + std::string(16000, 'x')));
  }
  speaker.WaitForTheEnd();
  EXPECT_TRUE(Ask("c-1").ok());
  EXPECT_EQ(Figure("daybook_rpc_unfinished_bytes"), 0);
}

TEST_P(RpcHostileCallers, WhoFloodAreHungUpOn) {
  ServeEcho();
  Speaker speaker = NewSpeaker();
  std::string resets;
  for (uint32_t stream = 1; stream < 400; stream += 2) {
    resets += Frame(http2::kSettings, 0, 0, "");
  }
  speaker.SayUntilHungUpOn(resets, 500);
  speaker.WaitForTheEnd();
  ExpectEnded("frames");
}

// gRPC then bounds nothing.
TEST_P(RpcHostileCallers, WhoAcknowledgeNoSettingsAreHungUpOn) {
  options_.max_calls_of_one_connection = 50;
  ServeEcho();
  Speaker speaker = NewSpeaker();
  bool there = true;
  for (uint32_t stream = 1; stream < 2000 && there; stream += 2) {
    there = speaker.Say(Call(stream));
  }
  speaker.WaitForTheEnd();
  ExpectEnded("settings");
}

TEST_P(RpcHostileCallers, WhoCallBeforeTheyAcknowledgeAreAnswered) {
  options_.max_calls_of_one_connection = 50;
  ServeEcho();
  Speaker speaker = NewSpeaker();
  std::string calls;
  for (uint32_t stream = 1; stream < 100; stream += 2) calls += Call(stream);
  EXPECT_TRUE(speaker.Say(calls));
  WaitForFigure(kAnswered, 1 + 50);  // and the one of ServeEcho
  EXPECT_TRUE(speaker.Say(Frame(http2::kSettings, http2::kAck, 0, "")));
  for (uint32_t stream = 101; stream < 400; stream += 2) {
    EXPECT_TRUE(speaker.Say(Call(stream)));
    WaitForFigure(kAnswered, 1 + (stream + 1) / 2);
  }
  EXPECT_EQ(Figure(Ended("settings")), 0);
}

TEST_P(RpcHostileCallers, WhoseMessagesComeByteByByteAreHungUpOn) {
  ServeEcho();
  Speaker speaker = NewSpeaker();
  std::string begun(1, '\0');
  begun += BigEndian(3 << 20, 4);
  speaker.Say(
      Frame(http2::kHeaders, http2::kEndHeaders, 1, http2::CallHeaders(PathOf(IssueInvoice()))) +
      Frame(http2::kData, 0, 1, begun));
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += Frame(http2::kData, 0, 1, "x");
  speaker.SayUntilHungUpOn(bytes, 600);
  speaker.WaitForTheEnd();
  ExpectEnded("frames");
}

TEST_P(RpcHostileCallers, WhoSendWindowUpdatesForNothingAreHungUpOn) {
  ServeEcho();
  Speaker speaker = NewSpeaker();
  std::string updates;
  for (int i = 0; i < 100; ++i) updates += Frame(http2::kWindow, 0, 0, BigEndian(1, 4));
  speaker.SayUntilHungUpOn(updates, 600);
  speaker.WaitForTheEnd();
  ExpectEnded("frames");
}

TEST_P(RpcHostileCallers, WhoCallAndSendNothingAreHungUpOn) {
  options_.max_in_flight_bytes = 2 << 20;
  ServeEcho();
  Speaker speaker = NewSpeaker();
  bool there = true;
  for (uint32_t stream = 1; stream < 1000 && there; stream += 2) {
    there = speaker.Say(Frame(http2::kHeaders, http2::kEndHeaders, stream,
                              http2::CallHeaders(PathOf(IssueInvoice()))));
  }
  speaker.WaitForTheEnd();
  ExpectEnded("bytes");
}

TEST_P(RpcHostileCallers, HaveTheShareOfTheirAddress) {
  options_.max_connections = 16;
  ServeEcho();
  std::vector<std::unique_ptr<Speaker>> speakers;
  std::vector<int> sockets;
  for (int i = 0; i < 32; ++i) {
    sockets.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_TRUE(ConnectTo(sockets.back(), server_->port()));
  }
  WaitForFigure(kGreedy, 32 - 16);
  EXPECT_TRUE(Ask("c-1").ok()) << "a connection that was there before";
  // Somebody else: their connection is not closed.
  const int other = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  ASSERT_EQ(::bind(other, reinterpret_cast<sockaddr*>(&from), sizeof from), 0);
  ASSERT_TRUE(ConnectTo(other, server_->port()));
  const double open = Figure("daybook_rpc_connections");
  EXPECT_LT(open, 16);
  WaitForFigure("daybook_rpc_connections", open);
  ::close(other);
  for (const int fd : sockets) ::close(fd);
  // Places are free again when connections are gone.
  while (Figure("daybook_rpc_connections") > 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  client_ = NewClient(trusting_);
  EXPECT_TRUE(Ask("c-1").ok());
}

INSTANTIATE_TEST_SUITE_P(Plain, RpcHostileCallers, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Encrypted, RpcHostileCallers, testing::Values(true));

}  // namespace
}  // namespace daybook::rpc
