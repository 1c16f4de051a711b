// What children of the tests do until they are killed.
#pragma once

#include <string>
#include <vector>

namespace daybook::projection {

inline constexpr int kStoryPartitions = 3;
inline constexpr int kStorySteps = 2500;

// Both tell the story first; argument: directory of the models.
bool RebuildTask(const std::vector<std::string>& arguments);
bool ServeTask(const std::vector<std::string>& arguments);

}  // namespace daybook::projection
