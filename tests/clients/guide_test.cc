// The integration guide says what the code does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "services/daybook/wiring/catalogue.h"

namespace daybook {
namespace {

constexpr char kGuide[] = DAYBOOK_PROTOS "/README.md";
constexpr char kHead[] = "| reason | code | when | what to do |\n|---|---|---|---|\n";

std::string Read() {
  std::ostringstream text;
  text << std::ifstream(kGuide).rdbuf();
  return text.str();
}

std::string Cell(std::string_view text) {
  return absl::StrReplaceAll(absl::string_view(text.data(), text.size()), {{"|", "\\|"}});
}

std::string TableOfTheCode() {
  std::string table = kHead;
  for (const Reason* reason : Catalogue()) {
    const Reason& row = *reason;
    absl::StrAppend(&table, "| `", std::string(row.name), "` | ",
                    absl::StatusCodeToString(row.code), " | ", Cell(row.meaning), " | ",
                    Cell(row.advice), " |\n");
  }
  return table;
}

// Where the table begins and ends.
std::pair<size_t, size_t> PlaceOfTheTable(const std::string& guide) {
  const size_t begin = guide.find(kHead);
  if (begin == std::string::npos) return {guide.size(), guide.size()};
  size_t end = begin;
  while (end < guide.size() && guide[end] == '|') end = guide.find('\n', end) + 1;
  return {begin, end};
}

// With DAYBOOK_TEST_WRITE_GUIDE set, the guide gets the table that it should have.
TEST(Guide, HasEveryReasonAsTheCodeHasIt) {
  std::string guide = Read();
  const auto [begin, end] = PlaceOfTheTable(guide);
  if (std::getenv("DAYBOOK_TEST_WRITE_GUIDE") != nullptr) {
    guide.replace(begin, end - begin, TableOfTheCode());
    std::ofstream(kGuide) << guide;
    return;
  }
  EXPECT_EQ(guide.substr(begin, end - begin), TableOfTheCode())
      << "make it anew: DAYBOOK_TEST_WRITE_GUIDE=1 test_clients --gtest_filter='Guide.*'";
}

}  // namespace
}  // namespace daybook
