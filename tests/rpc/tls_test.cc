#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/rpc/authority.h"
#include "tests/rpc/serving.h"

namespace daybook::rpc {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RpcTls : public Serving {
 protected:
  RpcTls() {
    authority_.Issue("server");
    authority_.Issue("clerk");
    options_.tls = TlsFiles{authority_.File("server.pem"), authority_.File("server.key")};
    options_.say = [this](Notice notice, std::string_view message) {
      std::lock_guard lock(mutex_);
      said_ += absl::StrCat(notice == Notice::kInfo ? "info: " : "warning: ",
                            absl::string_view(message.data(), message.size()), "\n");
    };
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
  // A new connection of somebody who trusts `authority`.
  absl::Status AskTrusting(const Authority& authority) {
    trusting_.ca = authority.File("ca.pem");
    client_ = NewClient(trusting_);
    return Ask("c-1");
  }

  static void Put(const std::string& content, const std::string& file) {
    std::ofstream(file + ".new") << content;
    std::filesystem::rename(file + ".new", file);
  }
  static std::string Get(const std::string& file) {
    std::stringstream content;
    content << std::ifstream(file).rdbuf();
    return content.str();
  }
  void Replace(const std::string& name, const Authority& from, const std::string& other) {
    Put(Get(from.File(other)), authority_.File(name));
  }

  // What the server said, from any thread.
  std::string Said() {
    std::lock_guard lock(mutex_);
    return said_;
  }

  std::string actor_ = "nobody called";
  std::mutex mutex_;
  std::string said_;
};

TEST_F(RpcTls, ServesThoseWhoTrustItsCertificate) {
  Serve(NoteActor());
  client_ = NewClient(trusting_);
  const absl::Status status = Ask("c-1");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(actor_, "local");
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

TEST_F(RpcTls, KnowsCallersByTheNameInTheirCertificate) {
  options_.tls->client_ca = authority_.File("ca.pem");
  Serve(NoteActor());
  const std::vector<std::array<std::string, 3>> people = {
      {"/CN=payroll", "", "payroll"},
      {"/O=Blue Door/CN=payroll", "subjectAltName=DNS:localhost", "payroll"},
      {"/O=Blue Door", "subjectAltName=URI:spiffe://shop/payroll", "spiffe://shop/payroll"},
      {"/CN=Jörg Müller", "", "Jörg Müller"},
      {"/CN=local", "", "cn=local"},
      {"/O=Blue Door", "", "local"},  // nobody's name
  };
  for (const auto& [subject, extension, actor] : people) {
    authority_.IssueAs("somebody", subject, extension);
    trusting_.certificate_chain = authority_.File("somebody.pem");
    trusting_.private_key = authority_.File("somebody.key");
    client_ = NewClient(trusting_);
    const absl::Status status = Ask("c-1", nullptr, absl::Seconds(20), {{"actor", "ceo"}});
    ASSERT_TRUE(status.ok()) << subject << ": " << status;
    EXPECT_EQ(actor_, actor) << subject;
  }
}

TEST_F(RpcTls, AllowsAReachableAddress) {
  options_.address = "0.0.0.0:0";
  const absl::Status status = Server(options_).Start();
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(RpcTls, NamesAFileThatCannotBeUsed) {
  authority_.Issue("other");
  const TlsFiles good = *options_.tls;
  std::ofstream(authority_.File("garbage")) << "-----BEGIN CERTIFICATE-----\nno\n";
  const std::pair<TlsFiles, const char*> kCases[] = {
      {{good.certificate_chain, "/nowhere/server.key"}, "/nowhere/server.key' cannot be read"},
      {{"/nowhere/server.pem", good.private_key}, "/nowhere/server.pem' cannot be read"},
      {{authority_.File("garbage"), good.private_key}, "garbage' holds no certificate"},
      {{good.private_key, good.private_key}, "server.key' holds no certificate"},
      {{good.certificate_chain, authority_.File("garbage")}, "garbage' is no key"},
      {{good.certificate_chain, authority_.File("other.key")}, "is not that of the certificate"},
      {{good.certificate_chain, good.private_key, authority_.File("garbage")}, "client CA"},
  };
  for (const auto& [files, said] : kCases) {
    options_.tls = files;
    const absl::Status status = Server(options_).Start();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << said;
    EXPECT_THAT(std::string(status.message()), HasSubstr(said));
  }
}

TEST_F(RpcTls, TakesNewFilesWithoutARestart) {
  Serve(Echo);
  ASSERT_TRUE(AskTrusting(authority_).ok());
  const auto old_connection = std::move(client_);
  Authority next;
  next.Issue("server");
  Replace("server.key", next, "server.key");
  EXPECT_TRUE(AskTrusting(authority_).ok());  // half of it: the old one still
  EXPECT_THAT(Said(), AllOf(HasSubstr("is not that of the certificate"), Not(HasSubstr("info: "))));
  Replace("server.pem", next, "server.pem");
  EXPECT_FALSE(AskTrusting(authority_).ok());
  const absl::Status status = AskTrusting(next);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(Said(), HasSubstr("info: TLS: new connections get the new certificate"));
  client_ = NewClient();
  std::string response;
  EXPECT_TRUE(old_connection
                  ->CallRaw(PathOf(IssueInvoice()), "", &response, absl::Now() + absl::Seconds(20))
                  .ok());
}

TEST_F(RpcTls, KeepsTheOldFilesWhileTheNewAreBroken) {
  Serve(Echo);
  const std::string pem = authority_.File("server.pem"), good = Get(pem);
  for (const std::string& broken :
       {std::string(), std::string("-----BEGIN CERTIFICATE-----\nno\n"), good.substr(0, 200),
        good + "-----BEGIN CERTIFICATE-----\nno\n"}) {
    Put(broken, pem);
    EXPECT_TRUE(AskTrusting(authority_).ok());
    EXPECT_TRUE(AskTrusting(authority_).ok());
    EXPECT_THAT(Said(), HasSubstr(pem + "' holds no certificate"));
    const std::string said = Said();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
    said_.clear();
  }
  std::filesystem::remove(pem);
  EXPECT_TRUE(AskTrusting(authority_).ok());
  EXPECT_THAT(Said(), HasSubstr("cannot be read; the one before stays in use"));
  Put(good, pem);
  EXPECT_TRUE(AskTrusting(authority_).ok());
  EXPECT_THAT(metrics_.Expose(), HasSubstr("daybook_tls_certificate_expiry_time_seconds 1"));
}

TEST_F(RpcTls, DoesNotTakeACertificateThatIsOverForOneThatIsGood) {
  Serve(Echo);
  authority_.Issue("old", -1);
  Replace("server.key", authority_, "old.key");
  Replace("server.pem", authority_, "old.pem");
  EXPECT_TRUE(AskTrusting(authority_).ok());
  EXPECT_THAT(Said(), AllOf(HasSubstr("warning: "), HasSubstr("server.pem' is over since ")));
}

TEST_F(RpcTls, SaysAtTheStartThatItsCertificateIsOver) {
  authority_.Issue("server", -1);
  Serve(Echo);
  EXPECT_FALSE(AskTrusting(authority_).ok());
  EXPECT_THAT(Said(), AllOf(HasSubstr("warning: "), HasSubstr("server.pem' is over since ")));
}

TEST_F(RpcTls, TakesANewAuthorityOfClients) {
  options_.tls->client_ca = authority_.File("clients.pem");
  Replace("clients.pem", authority_, "ca.pem");
  Serve(NoteActor());
  trusting_.certificate_chain = authority_.File("clerk.pem");
  trusting_.private_key = authority_.File("clerk.key");
  EXPECT_TRUE(AskTrusting(authority_).ok());
  Authority next;
  next.Issue("cashier");
  Replace("clients.pem", next, "ca.pem");
  EXPECT_FALSE(AskTrusting(authority_).ok());
  trusting_.certificate_chain = next.File("cashier.pem");
  trusting_.private_key = next.File("cashier.key");
  const absl::Status status = AskTrusting(authority_);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(actor_, "cashier");
}

}  // namespace
}  // namespace daybook::rpc
