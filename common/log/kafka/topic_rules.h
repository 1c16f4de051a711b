// What a topic must be like to hold history for ever. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace daybook::log {

struct TopicFacts {
  std::string name;
  int partitions = 0;
  int replication_factor = 0;  // of the partition that has the fewest
  std::map<std::string, std::string> properties;
};

// The properties that a topic is created with.
std::map<std::string, std::string> WantedProperties(int replication_factor);

// FAILED_PRECONDITION names every property, its value and the wanted one, and how to change it.
// Adds to `warnings` what is dangerous but not wrong.
absl::Status CheckTopic(const TopicFacts& topic, std::vector<std::string>* warnings);

}  // namespace daybook::log
