#include <gtest/gtest.h>

#include "tests/projection/tasks.h"
#include "tests/support/killed.h"

int main(int argc, char** argv) {
  using namespace daybook::projection;
  if (daybook::IsChild(argc, argv)) {
    return daybook::RunChild(argc, argv, {{"rebuild", &RebuildTask}, {"serve", &ServeTask}});
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
