// What children of the tests do until they are killed.
#pragma once

#include <string>
#include <vector>

namespace daybook::store {

bool IoErrorTask(const std::vector<std::string>& arguments);
bool IoStressTask(const std::vector<std::string>& arguments);

}  // namespace daybook::store
