#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

using testing::HasSubstr;

// A certificate authority in a directory of its own, made with the openssl program.
class Authority {
 public:
  Authority() {
    std::string pattern = std::filesystem::temp_directory_path() / "daybook-tls-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority "
        "-keyout ca.key -out ca.pem");
  }
  ~Authority() { std::filesystem::remove_all(dir_); }

  // NAME.key and NAME.pem, for localhost.
  void Issue(const std::string& name) {
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name +
        " -addext subjectAltName=DNS:" + name + ",DNS:localhost -keyout " + name + ".key -out " +
        name + ".csr");
    Run("x509 -req -in " + name +
        ".csr -CA ca.pem -CAkey ca.key -days 2 -copy_extensions copy -out " + name + ".pem");
  }

  std::string File(const std::string& name) const { return dir_ + "/" + name; }

 private:
  void Run(const std::string& arguments) const {
    const std::string command = "cd " + dir_ + " && openssl " + arguments + " 2> log";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  std::string dir_;
};

class RpcTls : public Serving {
 protected:
  RpcTls() {
    authority_.Issue("server");
    authority_.Issue("clerk");
    options_.tls = TlsFiles{authority_.File("server.pem"), authority_.File("server.key")};
    trusting_.ca = authority_.File("ca.pem");
    trusting_.server_name = "localhost";
  }

  Handler NoteActor() {
    return [this](std::unique_ptr<Call> call) {
      actor_ = call->actor();
      Echo(std::move(call));
    };
  }

  Authority authority_;
  ClientOptions trusting_;
  std::string actor_ = "nobody called";
};

TEST_F(RpcTls, ServesThoseWhoTrustItsCertificate) {
  Serve(NoteActor());
  client_ = NewClient(trusting_);
  const absl::Status status = Ask("c-1");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(actor_, "");
  client_ = NewClient();  // plain text
  EXPECT_EQ(Ask("c-1").code(), absl::StatusCode::kUnavailable);
}

TEST_F(RpcTls, KnowsWhoCallsWhenClientsShowCertificates) {
  options_.tls->client_ca = authority_.File("ca.pem");
  Serve(NoteActor());
  client_ = NewClient(trusting_);
  EXPECT_EQ(Ask("c-1").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(actor_, "nobody called");
  trusting_.certificate_chain = authority_.File("clerk.pem");
  trusting_.private_key = authority_.File("clerk.key");
  client_ = NewClient(trusting_);
  const absl::Status status = Ask("c-1");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(actor_, "clerk");
}

TEST_F(RpcTls, AllowsAReachableAddress) {
  options_.address = "0.0.0.0:0";
  const absl::Status status = Server(options_).Start();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(RpcTls, NamesAFileThatCannotBeRead) {
  options_.tls->private_key = "/nowhere/server.key";
  const absl::Status status = Server(options_).Start();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/server.key"));
}

}  // namespace
}  // namespace daybook::rpc
