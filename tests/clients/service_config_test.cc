// proto/service_config.json says of every method that there is how it may be called again.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "google/protobuf/descriptor.pb.h"

namespace daybook {
namespace {

using nlohmann::json;

// The refusals that a resend under the same request_id may follow, whatever the method.
const std::set<std::string> kSafe = {"UNAVAILABLE", "RESOURCE_EXHAUSTED"};

json Config() {
  std::ifstream file(DAYBOOK_PROTOS "/service_config.json");
  return json::parse(file);
}

// Which entry a gRPC library takes for a method: the one that names it, else its service.
std::map<std::string, json> EntriesByName() {
  std::map<std::string, json> entries;
  const json config = Config();
  for (const json& entry : config.at("methodConfig")) {
    for (const json& name : entry.at("name")) {
      std::string key = name.at("service");
      if (name.contains("method")) key += "/" + name.at("method").get<std::string>();
      EXPECT_TRUE(entries.emplace(key, entry).second) << key << " is there twice";
    }
  }
  return entries;
}

google::protobuf::FileDescriptorSet Files() {
  google::protobuf::FileDescriptorSet files;
  std::ifstream file(DAYBOOK_DESCRIPTORS, std::ios::binary);
  EXPECT_TRUE(files.ParseFromIstream(&file));
  return files;
}

TEST(ServiceConfig, NamesEveryMethodAndNoOther) {
  std::map<std::string, json> entries = EntriesByName();
  std::set<std::string> used;
  const google::protobuf::FileDescriptorSet files = Files();
  for (const auto& file : files.file()) {
    if (!file.package().starts_with("daybook.")) continue;
    for (const auto& service : file.service()) {
      const std::string name = file.package() + "." + service.name();
      for (const auto& method : service.method()) {
        const std::string full = name + "/" + method.name();
        const std::string& key = entries.contains(full) ? full : name;
        ASSERT_TRUE(entries.contains(key)) << full << " is missing in proto/service_config.json";
        used.insert(key);
        // A stream is never sent again by a library: it cannot know what was answered.
        const bool streams = method.client_streaming() || method.server_streaming();
        EXPECT_EQ(entries[key].contains("retryPolicy"), !streams) << full;
        EXPECT_EQ(entries[key].contains("timeout"), !streams) << full;
      }
    }
  }
  for (const auto& [name, entry] : entries) EXPECT_TRUE(used.contains(name)) << name << ": nobody";
}

TEST(ServiceConfig, SendsAgainOnlyWhatIsSafe) {
  for (const auto& [name, entry] : EntriesByName()) {
    if (!entry.contains("retryPolicy")) continue;
    const json& policy = entry.at("retryPolicy");
    for (const std::string code : policy.at("retryableStatusCodes")) {
      EXPECT_TRUE(kSafe.contains(code)) << name << ": " << code;
    }
    EXPECT_GE(policy.at("maxAttempts"), 2) << name;
    EXPECT_LE(policy.at("maxAttempts"), 5) << name << ": libraries take no more";
  }
}

}  // namespace
}  // namespace daybook
