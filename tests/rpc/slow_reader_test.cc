// Callers who ask and do not read the answers: what they may hold of the server, and how long.
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "tests/rpc/serving.h"
#include "tests/support/http2_frames.h"
#include "tests/support/loopback.h"

namespace daybook::rpc {
namespace {

using http2::Frame;
using testing::HasSubstr;

// Speaks just enough HTTP/2 to call and to allow no byte of an answer.
class SlowReader {
 public:
  explicit SlowReader(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    EXPECT_TRUE(ConnectTo(socket_, port));
    // SETTINGS_INITIAL_WINDOW_SIZE = 0
    Send(http2::kPreface + Frame(http2::kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6)));
  }
  ~SlowReader() { close(socket_); }

  // A stream of so many empty messages.
  void Stream(const std::string& path, int messages) {
    std::string bytes =
        Frame(http2::kHeaders, http2::kEndHeaders, next_stream_, http2::CallHeaders(path));
    for (int i = 0; i < messages; ++i) {
      bytes += Frame(http2::kData, 0, next_stream_, http2::Message(""));
    }
    Send(bytes);
    next_stream_ += 2;
  }
  // An empty request of the method, without a deadline.
  void Call(const std::string& path) {
    Send(Frame(http2::kHeaders, http2::kEndHeaders, next_stream_, http2::CallHeaders(path)) +
         Frame(http2::kData, http2::kEndStream, next_stream_, http2::Message("")));
    next_stream_ += 2;
  }

 private:
  void Send(const std::string& bytes) {
    ASSERT_EQ(send(socket_, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }

  const int socket_;
  uint32_t next_stream_ = 1;
};

class RpcSlowReaders : public Serving {
 protected:
  void ServeLongAnswers() {
    Serve([](std::unique_ptr<Call> call) {
      IssueInvoiceResponse response;
      response.set_invoice_id(std::string(1 << 20, 'x'));
      call->Finish(response);
    });
  }
};

TEST_F(RpcSlowReaders, HoldNoMoreThanTheBytesOfTheBudget) {
  options_.max_unsent_bytes = 3'500'000;
  ServeLongAnswers();
  SlowReader slow(server_->port());
  for (int i = 0; i < 3; ++i) slow.Call(PathOf(IssueInvoice()));
  WaitForFigure("daybook_rpc_unsent_bytes", 3'000'000);
  const absl::Status refused = Ask("c-1");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_EQ(ReasonOf(refused), "OVERLOADED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("bytes of answers"));
}

TEST_F(RpcSlowReaders, AreDroppedSomeTimeAfterTheirDeadline) {
  options_.max_deadline = absl::Milliseconds(100);
  options_.max_unsent_bytes = 1'500'000;
  ServeLongAnswers();
  SlowReader slow(server_->port());
  slow.Call(PathOf(IssueInvoice()));
  WaitForFigure("daybook_rpc_answers_not_taken_total", 1);
  while (Figure("daybook_rpc_unsent_bytes") > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_TRUE(Ask("c-1").ok());
}

// Answers of 100 KB each.
class RpcSlowReadersOfStreams : public RpcSlowReaders {
 protected:
  void ServeStreams() {
    server_ = std::make_unique<Server>(options_);
    Service service("daybook.book.v1.CommandService");
    service.Decline("ExecuteBatch").HandleStream("ExecuteStream", [](Caller&) {
      return [](std::unique_ptr<StreamItem> item) { item->Answer(std::string(100'000, 'x')); };
    });
    server_->Add(std::move(service));
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void WaitUntilNothingIsHeld() {
    while (Figure("daybook_rpc_unsent_bytes") > 0 || Figure("daybook_rpc_streams") > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  static constexpr char kPath[] = "/daybook.book.v1.CommandService/ExecuteStream";
};

TEST_F(RpcSlowReadersOfStreams, HoldNoMoreThanTheBytesOfTheBudget) {
  options_.max_unsent_bytes = 3'000'000;
  ServeStreams();
  SlowReader slow(server_->port());
  slow.Stream(kPath, 10);
  WaitForFigure("daybook_rpc_unsent_bytes", 900'000);
  EXPECT_EQ(Figure("daybook_rpc_overloaded_total"), 0);
  slow.Stream(kPath, 200);
  WaitForFigure("daybook_rpc_overloaded_total", 1);
  // The one that was there before has what it had.
  while (Figure("daybook_rpc_streams") > 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GT(Figure("daybook_rpc_unsent_bytes"), 900'000);
  EXPECT_LT(Figure("daybook_rpc_unsent_bytes"), 1'100'000);
}

TEST_F(RpcSlowReadersOfStreams, AreDroppedWhenTheyTakeNothing) {
  options_.max_deadline = absl::Milliseconds(100);
  ServeStreams();
  SlowReader slow(server_->port());
  slow.Stream(kPath, 10);
  WaitForFigure("daybook_rpc_answers_not_taken_total", 1);
  WaitUntilNothingIsHeld();
}

}  // namespace
}  // namespace daybook::rpc
