// What becomes of a server when connections take all descriptors of the process.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "tests/rpc/serving.h"
#include "tests/support/loopback.h"

namespace daybook::rpc {
namespace {

using testing::HasSubstr;

// A limit of this process, set back at the end.
class DescriptorLimit {
 public:
  DescriptorLimit() { getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  void Set(rlim_t descriptors) const {
    const rlimit limit = {descriptors, before_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  }

 private:
  rlimit before_;
};

// The descriptor that would be opened next.
int NextDescriptor() {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(fd);
  return fd;
}

// Sockets of callers, made before they connect, so that they need no descriptor later.
class Callers {
 public:
  explicit Callers(int count) {
    for (int i = 0; i < count; ++i) sockets_.push_back(socket(AF_INET, SOCK_STREAM, 0));
  }
  ~Callers() {
    for (const int fd : sockets_) close(fd);
  }
  void Connect(int port) const {
    for (const int fd : sockets_) ASSERT_TRUE(ConnectTo(fd, port));
  }

 private:
  std::vector<int> sockets_;
};

class RpcConnections : public Serving {};

constexpr char kTaken[] = "daybook_rpc_connections_total{outcome=\"taken\"}";
constexpr char kRefused[] = "daybook_rpc_connections_total{outcome=\"refused\"}";

TEST_F(RpcConnections, AreTakenAgainWhenThereAreDescriptorsAgain) {
  Serve(Echo);
  {
    const DescriptorLimit limit;
    const Callers callers(8);
    limit.Set(static_cast<rlim_t>(NextDescriptor()));  // accept(2) says EMFILE
    callers.Connect(server_->port());
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  const absl::Status answered = Ask("c-1");
  EXPECT_TRUE(answered.ok()) << answered;
}

TEST_F(RpcConnections, LeaveDescriptorsForFiles) {
  Serve(Echo);
  ASSERT_TRUE(Ask("c-1").ok());
  {
    const Callers spare(200);  // so that a quarter of the limit is more than a client needs
    const Callers callers(3);
    const DescriptorLimit limit;
    limit.Set(static_cast<rlim_t>(NextDescriptor()) * 5 / 4);
    callers.Connect(server_->port());
    WaitForFigure(kRefused, 3);
    EXPECT_TRUE(Ask("c-1").ok()) << "a connection that was there before";
    const absl::Status answered = NewClient()->Call(IssueInvoice(), IssueInvoiceRequest(),
                                                    std::make_unique<IssueInvoiceResponse>().get(),
                                                    absl::Now() + absl::Seconds(20));
    EXPECT_EQ(answered.code(), absl::StatusCode::kUnavailable) << answered;
  }
  EXPECT_EQ(Figure(kTaken), 1);
  const std::unique_ptr<Client> after = NewClient();
  IssueInvoiceResponse response;
  EXPECT_TRUE(
      after->Call(IssueInvoice(), IssueInvoiceRequest(), &response, absl::Now() + absl::Seconds(20))
          .ok());
  EXPECT_EQ(Figure(kTaken), 2);
}

TEST_F(RpcConnections, ComeByEveryAddressOfAName) {
  options_.address = "localhost:0";
  Serve(Echo);
  EXPECT_TRUE(Ask("c-1").ok()) << "by 127.0.0.1";
}

TEST_F(RpcConnections, ToAnAddressOfNobodyAreRefusedAtTheStart) {
  for (const auto& [address, why] :
       {std::pair{"192.0.2.1:0", "not one of this machine"}, {"name.invalid:0", "no such host"}}) {
    ServerOptions options = options_;
    options.address = address;
    options.insecure = true;
    Server server(options);
    server.Add(Billing(Echo));
    const absl::Status status = server.Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << address;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  }
}

}  // namespace
}  // namespace daybook::rpc
