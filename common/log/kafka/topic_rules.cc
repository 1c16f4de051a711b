#include "common/log/kafka/topic_rules.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace daybook::log {
namespace {

constexpr int64_t kLeastMessageBytes = 1 << 20;

int64_t NumberOf(const TopicFacts& topic, const std::string& property) {
  const auto it = topic.properties.find(property);
  int64_t value = 0;
  return it != topic.properties.end() && absl::SimpleAtoi(it->second, &value) ? value : 0;
}

}  // namespace

std::map<std::string, std::string> WantedProperties(int replication_factor) {
  return {
      {"cleanup.policy", "delete"},
      {"retention.ms", "-1"},
      {"retention.bytes", "-1"},
      {"unclean.leader.election.enable", "false"},
      {"message.timestamp.type", "LogAppendTime"},
      {"max.message.bytes", absl::StrCat(kLeastMessageBytes)},
      {"min.insync.replicas", replication_factor >= 3 ? "2" : "1"},
  };
}

absl::Status CheckTopic(const TopicFacts& topic, std::vector<std::string>* warnings) {
  std::vector<std::string> wrong;
  std::vector<std::string> remedy;
  for (const auto& [property, wanted] : WantedProperties(topic.replication_factor)) {
    const auto it = topic.properties.find(property);
    const std::string value = it == topic.properties.end() ? "not known" : it->second;
    bool good = value == wanted;
    // More than enough is as good.
    if (property == "max.message.bytes" || property == "min.insync.replicas") {
      good = NumberOf(topic, property) >= std::atoll(wanted.c_str());
    }
    if (good) continue;
    wrong.push_back(absl::StrCat(property, " is ", value, ", must be ",
                                 property == "max.message.bytes" ? "at least " : "", wanted));
    remedy.push_back(absl::StrCat(property, "=", wanted));
  }
  if (!wrong.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("topic ", topic.name, " would lose history: ", absl::StrJoin(wrong, "; "),
                     ". Change it: kafka-configs.sh --alter --entity-type topics --entity-name ",
                     topic.name, " --add-config ", absl::StrJoin(remedy, ",")));
  }
  const int64_t in_sync = NumberOf(topic, "min.insync.replicas");
  if (in_sync > topic.replication_factor) {
    return absl::FailedPreconditionError(
        absl::StrCat("topic ", topic.name, " cannot be written: min.insync.replicas is ", in_sync,
                     ", its replication factor ", topic.replication_factor));
  }
  if (topic.replication_factor < 3) {
    warnings->push_back(
        absl::StrCat("topic ", topic.name, " has replication factor ", topic.replication_factor,
                     ": the loss of one broker may lose acknowledged records; production needs 3"));
  } else if (in_sync == topic.replication_factor) {
    warnings->push_back(absl::StrCat("topic ", topic.name, " has min.insync.replicas ", in_sync,
                                     ", all of its replicas: no broker may be down"));
  }
  return absl::OkStatus();
}

}  // namespace daybook::log
