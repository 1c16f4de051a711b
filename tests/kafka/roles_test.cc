// One deployment in several processes on a real broker: one takes commands, others keep read
// models. What one of them says must hold at the others, whoever is killed meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/log/token.h"
#include "common/rpc/client.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/directory/v1/directory_service.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "tests/kafka/server_on_kafka.h"
#include "tests/support/history_checker.h"
#include "tests/support/load.h"
#include "tests/support/loopback.h"
#include "tests/support/read_history.h"
#include "tests/support/stream_client.h"

namespace daybook {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kBilling[] = "/daybook.billing.v1.BillingService/";
constexpr char kCustomers[] = "/daybook.customer.v1.CustomerService/";
constexpr char kBalances[] = "/daybook.balances.v1.BalancesService/";
constexpr char kDirectory[] = "/daybook.directory.v1.DirectoryService/";
constexpr char kBook[] = "/daybook.book.v1.CommandService/";

template <class Response>
absl::Status Call(const std::string& address, const std::string& path,
                  const google::protobuf::Message& request, Response* response) {
  rpc::Client client(address);
  std::string bytes;
  RETURN_IF_ERROR(
      client.CallRaw(path, request.SerializeAsString(), &bytes, WallNow() + absl::Seconds(20)));
  return response->ParseFromString(bytes) ? absl::OkStatus() : absl::InternalError("no answer");
}

// The page at `path`, with its head.
std::string HttpGet(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string answer;
  if (ConnectTo(fd, port) && send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char piece[4096];
    for (ssize_t n; (n = recv(fd, piece, sizeof piece, 0)) > 0;) answer.append(piece, n);
  }
  close(fd);
  return answer;
}

class RolesOnKafka : public ServerOnKafka {
 protected:
  // Not started; on this test's topic, in a directory of its own. `http`: HOST:PORT, or none.
  std::unique_ptr<DaybookProcess> Server(const std::string& roles, const std::string& http = "") {
    return std::make_unique<DaybookProcess>(ProcessOptions{
        .data_dir = Directory(absl::StrCat("data-", servers_++)),
        .partitions = kPartitions,
        .http_listen = http,
        .arguments = {"--roles=" + roles, "--log=kafka", "--kafka-brokers=" + broker_->address(),
                      "--kafka-topic-prefix=" + Prefix()}});
  }

  static customer::v1::RegisterCustomerRequest Customer(const std::string& id) {
    customer::v1::RegisterCustomerRequest request;
    request.set_customer_id(id);
    request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    request.mutable_profile()->mutable_personal()->set_display_name("Somebody");
    request.set_request_id("register");
    return request;
  }
  // A customer with an account in GBP, at the process that takes commands.
  static absl::Status Open(const DaybookProcess& commands, const std::string& customer) {
    customer::v1::RegisterCustomerResponse registered;
    RETURN_IF_ERROR(Call(commands.address(), absl::StrCat(kCustomers, "RegisterCustomer"),
                         Customer(customer), &registered));
    billing::v1::OpenAccountRequest request;
    request.set_customer_id(customer);
    request.set_currency_code("GBP");
    request.set_time_zone("Europe/London");
    request.mutable_terms()->set_net_days(30);
    request.set_request_id("open");
    billing::v1::OpenAccountResponse opened;
    return Call(commands.address(), absl::StrCat(kBilling, "OpenAccount"), request, &opened);
  }
  // Records `pounds` in cash; the token of it.
  static absl::StatusOr<std::string> Pay(const DaybookProcess& commands,
                                         const std::string& customer, int pounds,
                                         const std::string& request_id) {
    billing::v1::RecordPaymentRequest request;
    request.set_customer_id(customer);
    request.set_request_id(request_id);
    request.set_method(billing::v1::PAYMENT_METHOD_CASH);
    request.mutable_amount()->set_currency_code("GBP");
    request.mutable_amount()->set_units(pounds);
    billing::v1::RecordPaymentResponse response;
    RETURN_IF_ERROR(
        Call(commands.address(), absl::StrCat(kBilling, "RecordPayment"), request, &response));
    return response.consistency_token();
  }
  // What stands to the customer's credit, at the process that keeps balances.
  static absl::StatusOr<int64_t> Credit(const DaybookProcess& balances, const std::string& customer,
                                        const std::string& token) {
    balances::v1::GetBalanceRequest request;
    request.set_customer_id(customer);
    request.set_consistency_token(token);
    balances::v1::GetBalanceResponse response;
    RETURN_IF_ERROR(
        Call(balances.address(), absl::StrCat(kBalances, "GetBalance"), request, &response));
    return response.unapplied().units();
  }

  static bool IsServing(const DaybookProcess& server, const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    const absl::Status status =
        Call(server.address(), "/grpc.health.v1.Health/Check", request, &response);
    EXPECT_TRUE(status.ok()) << service << ": " << status;
    return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  }

  static void ExpectNotServed(const absl::Status& status, const std::string& what,
                              const std::string& endpoint) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ReasonOf(status), "NOT_SERVED_HERE") << status;
    EXPECT_EQ(MetadataOf(status, "what"), what) << status;
    EXPECT_EQ(MetadataOf(status, "endpoint"), endpoint) << status;
  }
  // A command for `customer` at a process that takes none.
  static absl::Status Misplaced(const DaybookProcess& server, const std::string& customer) {
    customer::v1::RegisterCustomerResponse response;
    return Call(server.address(), absl::StrCat(kCustomers, "RegisterCustomer"), Customer(customer),
                &response);
  }
  // The same once the owner was found; a few seconds at most.
  static absl::Status MisplacedAndKnown(const DaybookProcess& server, const std::string& customer,
                                        const std::string& not_this = "") {
    absl::Status status;
    for (int i = 0; i < 100; ++i, absl::SleepFor(absl::Milliseconds(100))) {
      status = Misplaced(server, customer);
      const std::string endpoint = MetadataOf(status, "endpoint");
      if (!endpoint.empty() && endpoint != not_this) break;
    }
    return status;
  }

  int servers_ = 0;
};

TEST_F(RolesOnKafka, CommandsHereQueriesThereAndTokensHold) {
  const int commands_http = UnusedPort(), balances_http = UnusedPort();
  const auto early = Server("projections:balances")->StartInVain();
  ASSERT_IS_OK(early.status());
  EXPECT_THAT(*early, HasSubstr("there is no topic"));

  const auto commands = Server("commands", absl::StrCat("127.0.0.1:", commands_http));
  const auto balances = Server("projections:balances", absl::StrCat("127.0.0.1:", balances_http));
  const auto others = Server("projections:directory+journal");
  ASSERT_IS_OK(commands->StartAndWait());
  ASSERT_IS_OK(balances->StartAndWait());
  ASSERT_IS_OK(others->StartAndWait());

  // Each answer of a query holds what the token in it stands for.
  int64_t paid[3] = {};
  for (int c = 0; c < 3; ++c) ASSERT_IS_OK(Open(*commands, absl::StrCat("c-", c)));
  std::string token;
  for (int i = 0; i < 60; ++i) {
    const std::string customer = absl::StrCat("c-", i % 3);
    const auto payment = Pay(*commands, customer, i + 1, absl::StrCat("pay-", i));
    ASSERT_IS_OK(payment.status());
    token = *payment;
    paid[i % 3] += i + 1;
    const auto credit = Credit(*balances, customer, token);
    ASSERT_IS_OK(credit.status());
    ASSERT_EQ(*credit, paid[i % 3]) << "after payment " << i;
  }
  directory::v1::GetCustomerRequest who;
  who.set_customer_id("c-2");
  who.set_consistency_token(token);
  directory::v1::GetCustomerResponse found;
  EXPECT_TRUE(Call(others->address(), absl::StrCat(kDirectory, "GetCustomer"), who, &found).ok());
  // A token of what nobody has written yet is one of another log, or of the future.
  auto future = log::DecodeToken(token);
  ASSERT_IS_OK(future.status());
  future->next_offset += 1'000'000;
  EXPECT_EQ(ReasonOf(Credit(*balances, "c-2", log::EncodeToken(*future)).status()),
            "CONSISTENCY_TOKEN_IN_FUTURE");

  // What is not here is named, with the owner's address as soon as it was found in the log.
  ExpectNotServed(MisplacedAndKnown(*balances, "c-9"), "commands", commands->address());
  ExpectNotServed(MisplacedAndKnown(*others, "c-9"), "commands", commands->address());
  book::v1::ExecuteBatchRequest batch;
  *batch.add_commands()->mutable_register_customer() = Customer("c-9");
  book::v1::ExecuteBatchResponse results;
  ExpectNotServed(Call(balances->address(), absl::StrCat(kBook, "ExecuteBatch"), batch, &results),
                  "commands", commands->address());
  StreamClient stream(balances->address(), absl::StrCat(kBook, "ExecuteStream"),
                      WallNow() + absl::Seconds(20));
  ExpectNotServed(stream.Finish(), "commands", "");
  ExpectNotServed(Credit(*commands, "c-1", "").status(), "projections:balances", "");
  ExpectNotServed(Credit(*others, "c-1", "").status(), "projections:balances", "");
  ExpectNotServed(Query(*balances, "c-1"), "projections:directory", "");
  // Nothing was recorded by that: the command is new where it belongs.
  customer::v1::RegisterCustomerResponse registered;
  EXPECT_TRUE(Call(commands->address(), absl::StrCat(kCustomers, "RegisterCustomer"),
                   Customer("c-9"), &registered)
                  .ok());
  EXPECT_EQ(registered.revision(), 1);

  // Health, readiness and metrics speak of what the process has.
  for (const auto* server : {&commands, &balances, &others}) EXPECT_TRUE(IsServing(**server, ""));
  const std::string kCommandService = "daybook.book.v1.CommandService";
  const std::string kBalancesService = "daybook.balances.v1.BalancesService";
  EXPECT_TRUE(IsServing(*commands, kCommandService));
  EXPECT_FALSE(IsServing(*commands, kBalancesService));
  EXPECT_FALSE(IsServing(*commands, "balances"));
  EXPECT_FALSE(IsServing(*balances, kCommandService));
  EXPECT_TRUE(IsServing(*balances, kBalancesService));
  EXPECT_TRUE(IsServing(*balances, "balances"));
  EXPECT_FALSE(IsServing(*balances, "journal"));
  EXPECT_TRUE(IsServing(*others, "journal"));
  for (const int port : {commands_http, balances_http}) {
    EXPECT_THAT(HttpGet(port, "/readyz"), HasSubstr("\r\n\r\nready\n"));
  }
  EXPECT_EQ(HttpGet(commands_http, "/metrics").find("daybook_projection_"), std::string::npos);
  std::string metrics;
  for (int i = 0; i < 100; ++i, absl::SleepFor(absl::Milliseconds(100))) {
    metrics = HttpGet(balances_http, "/metrics");
    // It was read to the end: nobody writes any more.
    if (metrics.find("lag_records{projection=\"balances\"} 0\n") != metrics.npos) break;
  }
  EXPECT_NE(metrics.find("lag_records{projection=\"balances\"} 0\n"), metrics.npos);
  EXPECT_EQ(metrics.find("projection=\"journal\""), metrics.npos);
  EXPECT_EQ(metrics.find("daybook_partition_owned"), metrics.npos);
  ASSERT_NO_FATAL_FAILURE(ExpectIdle(*balances));

  // Another owner is found, too; and one that has gone leaves its address behind.
  const auto successor = Server("commands");
  ASSERT_IS_OK(successor->StartAndWait());
  ExpectNotServed(MisplacedAndKnown(*balances, "c-9", commands->address()), "commands",
                  successor->address());
  // Who was started behind the claim has never read it.
  balances->Terminate();
  ASSERT_EQ(balances->WaitUntilEnded(absl::Seconds(20)), 0) << balances->words();
  ASSERT_IS_OK(balances->StartAndWait());
  ExpectNotServed(MisplacedAndKnown(*balances, "c-9"), "commands", successor->address());
}

// What was acknowledged is there for whoever shows its token, whoever was killed in between.
TEST_F(RolesOnKafka, TokensHoldOverKills) {
  const auto commands = Server("commands");
  const auto balances = Server("projections:balances");
  ASSERT_IS_OK(commands->StartAndWait());
  ASSERT_IS_OK(balances->StartAndWait());
  ASSERT_IS_OK(Open(*commands, "c-1"));
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const std::string request_id = absl::StrCat("pay-", round);
    const auto token = Pay(*commands, "c-1", 10, request_id);
    ASSERT_IS_OK(token.status());
    DaybookProcess& killed = round % 2 == 0 ? *balances : *commands;
    killed.Kill();
    ASSERT_IS_OK(killed.StartAndWait());
    const auto credit = Credit(*balances, "c-1", *token);
    ASSERT_IS_OK(credit.status());
    EXPECT_EQ(*credit, 10 * (round + 1));
    // Sent again it is the same command, with the same token.
    const auto again = Pay(*commands, "c-1", 10, request_id);
    ASSERT_IS_OK(again.status());
    EXPECT_EQ(*again, *token);
  }
}

TEST_F(RolesOnKafka, KilledInTurnUnderLoad) {
  const auto commands = Server("commands");
  const auto balances = Server("projections:balances");
  ASSERT_IS_OK(commands->StartAndWait());
  ASSERT_IS_OK(balances->StartAndWait());
  Load load({.endpoints = {commands->address()}, .name = Prefix(), .commands_per_second = 500});
  load.Connect(commands->address());
  load.Start();
  const auto progress = [&](int64_t count) {
    ASSERT_TRUE(load.WaitForAccepted(load.accepted() + count, absl::Seconds(40))) << load.Summary();
  };
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    ASSERT_NO_FATAL_FAILURE(progress(200));
    balances->Kill();
    ASSERT_NO_FATAL_FAILURE(progress(200));  // who takes commands does not care
    ASSERT_IS_OK(balances->StartAndWait());
    ASSERT_NO_FATAL_FAILURE(progress(100));

    commands->Kill();
    load.Disconnect(commands->address());
    // Queries go on, of what there is.
    balances::v1::GetControlTotalsResponse whole;
    ASSERT_IS_OK(Call(balances->address(), absl::StrCat(kBalances, "GetControlTotals"),
                      balances::v1::GetControlTotalsRequest(), &whole));
    EXPECT_GT(whole.customer_count(), 0);
    ASSERT_IS_OK(commands->StartAndWait());
    load.Connect(commands->address());
    ASSERT_NO_FATAL_FAILURE(progress(100));
  }
  EXPECT_TRUE(load.Finish(absl::Seconds(60))) << load.Summary();

  const auto records = ReadKafkaHistory(broker_->address(), Topic());
  ASSERT_TRUE(records.ok()) << records.status();
  const Checked checked = CheckHistory(*records, load.Commands());
  std::printf("  %s\n  %s\n", checked.Summary().c_str(), load.Summary().c_str());
  EXPECT_THAT(checked.violations->all(), IsEmpty());
  EXPECT_THAT(load.violations().all(), IsEmpty());
  // The end of every partition, so that the read model is asked for all of it.
  std::map<int, int64_t> ends;
  for (const StoredRecord& record : *records) {
    ends[record.partition] = std::max(ends[record.partition], record.offset + 1);
  }
  std::map<int, std::string> log_ids;
  for (const IssuedCommand& command : load.Commands()) {
    customer::v1::RegisterCustomerResponse response;
    if (command.outcome != IssuedCommand::Outcome::kAccepted) continue;
    if (!command.method.ends_with(".RegisterCustomer")) continue;
    ASSERT_TRUE(response.ParseFromString(command.response));
    const auto token = log::DecodeToken(response.consistency_token());
    ASSERT_IS_OK(token.status());
    log_ids[token->partition] = token->log_id;
  }
  for (const auto& [partition, end] : ends) {
    balances::v1::GetControlTotalsRequest request;
    request.set_consistency_token(log::EncodeToken(
        {.log_id = log_ids[partition], .partition = partition, .next_offset = end}));
    balances::v1::GetControlTotalsResponse response;
    ASSERT_IS_OK(
        Call(balances->address(), absl::StrCat(kBalances, "GetControlTotals"), request, &response));
  }
  rpc::Client client(balances->address());
  EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
}

}  // namespace
}  // namespace daybook
