#include "tests/kafka/server_on_kafka.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/rpc/client.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/directory/v1/directory_service.pb.h"

namespace daybook {
namespace {

// Processor time that a process has used, by the kernel.
absl::Duration ProcessorTime(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const std::vector<std::string> fields = absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  const double ticks = std::stod(fields[11]) + std::stod(fields[12]);
  return absl::Seconds(ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

ScratchDirectory* ServerOnKafka::scratch_ = nullptr;
KafkaBroker* ServerOnKafka::broker_ = nullptr;
std::string* ServerOnKafka::why_not_ = nullptr;

void ServerOnKafka::SetUpTestSuite() {
  scratch_ = new ScratchDirectory;
  auto broker = KafkaBroker::Start({.directory = scratch_->path() + "/broker"});
  if (broker.ok()) {
    broker_ = broker->release();
  } else {
    why_not_ = new std::string("skipped: no broker: " + broker.status().ToString());
  }
}

void ServerOnKafka::TearDownTestSuite() {
  delete broker_;
  delete scratch_;
  delete why_not_;
  broker_ = nullptr;
  scratch_ = nullptr;
  why_not_ = nullptr;
}

void ServerOnKafka::SetUp() {
  if (broker_ != nullptr) {
    stranger_ = std::make_unique<KafkaStranger>(broker_->address());
    return;
  }
  if (BrokerIsRequired()) FAIL() << *why_not_;
  GTEST_SKIP() << *why_not_;
}

std::vector<std::pair<std::string, std::string>> ServerOnKafka::Properties(
    const std::vector<std::pair<std::string, std::string>>& changed) {
  std::map<std::string, std::string> all = {{"cleanup.policy", "delete"},
                                            {"retention.ms", "-1"},
                                            {"retention.bytes", "-1"},
                                            {"unclean.leader.election.enable", "false"},
                                            {"message.timestamp.type", "LogAppendTime"},
                                            {"max.message.bytes", "1048576"},
                                            {"min.insync.replicas", "1"}};
  for (const auto& [name, value] : changed) all[name] = value;
  return {all.begin(), all.end()};
}

void ServerOnKafka::CreateTopic() {
  ASSERT_IS_OK(stranger_->CreateTopic(Topic(), kPartitions, Properties()));
}

void ServerOnKafka::ExpectIdle(const DaybookProcess& server) {
  const absl::Duration before = ProcessorTime(server.pid());
  absl::SleepFor(absl::Seconds(5));
  const absl::Duration used = ProcessorTime(server.pid()) - before;
  std::printf("  processor time in 5 s: %s\n", absl::FormatDuration(used).c_str());
  EXPECT_LT(used, absl::Seconds(2)) << "an idle server; a thread that spins takes all five";
}

std::string ServerOnKafka::Prefix() {
  return absl::StrCat(testing::UnitTest::GetInstance()->current_test_info()->name(), ".");
}

std::string ServerOnKafka::Directory(const std::string& name) const {
  return absl::StrCat(scratch_->path(), "/", Prefix(), name);
}

std::vector<std::string> ServerOnKafka::Place(const std::string& data_dir,
                                              const std::string& prefix) const {
  return {"--log=kafka", "--kafka-brokers=" + broker_->address(), "--kafka-topic-prefix=" + prefix,
          "--data-dir=" + Directory(data_dir)};
}

std::unique_ptr<DaybookProcess> ServerOnKafka::NewServer(const std::string& data_dir,
                                                         const std::string& prefix) {
  return std::make_unique<DaybookProcess>(
      ProcessOptions{.data_dir = Directory(data_dir),
                     .partitions = 0,
                     .arguments = {"--log=kafka", "--kafka-brokers=" + broker_->address(),
                                   "--kafka-topic-prefix=" + prefix}});
}

Ran ServerOnKafka::Run(std::vector<std::string> words, const std::string& data_dir) const {
  for (std::string& word : Place(data_dir)) words.push_back(std::move(word));
  return RunDaybook(std::move(words), absl::Minutes(1));
}

absl::Status ServerOnKafka::Register(const DaybookProcess& server, const std::string& customer) {
  customer::v1::RegisterCustomerRequest request;
  request.set_customer_id(customer);
  request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  request.mutable_profile()->mutable_personal()->set_display_name("Somebody");
  request.set_request_id(absl::StrCat("request-", requests_++));
  rpc::Client client(server.address());
  std::string response;
  return client.CallRaw("/daybook.customer.v1.CustomerService/RegisterCustomer",
                        request.SerializeAsString(), &response, absl::Now() + absl::Seconds(10));
}

void ServerOnKafka::RegisterSome(const DaybookProcess& server, int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_IS_OK(Register(server, absl::StrCat("c-", i)));
  }
}

absl::Status ServerOnKafka::Query(const DaybookProcess& server, const std::string& customer) {
  directory::v1::GetCustomerRequest request;
  request.set_customer_id(customer);
  rpc::Client client(server.address());
  std::string response;
  return client.CallRaw("/daybook.directory.v1.DirectoryService/GetCustomer",
                        request.SerializeAsString(), &response, absl::Now() + absl::Seconds(10));
}

}  // namespace daybook
