#include "services/daybook/wiring/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

#include "common/base/status.h"
#include "common/command/book.h"
#include "services/daybook/wiring/books.h"

namespace daybook {
namespace {

TEST(Catalogue, HasEachReasonOnceAndSound) {
  std::set<std::string_view> names;
  for (const Reason* reason : Catalogue()) {
    const Reason& row = *reason;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              std::string_view::npos)
        << row.name;
    EXPECT_LE(row.name.size(), 63u);
    EXPECT_NE(row.code, absl::StatusCode::kOk);
    EXPECT_NE(row.code, absl::StatusCode::kUnknown);
    EXPECT_FALSE(row.meaning.empty() || row.advice.empty()) << row.name;
    const absl::Status refusal = Refuse(row, "no", {{"key", "value"}});
    EXPECT_EQ(refusal.code(), row.code);
    EXPECT_EQ(ReasonOf(refusal), row.name);
    EXPECT_EQ(MetadataOf(refusal, "key"), "value");
  }
}

// A reason that somebody gives and that is in no list would be known to nobody: the guide, the
// command line, the metrics.
TEST(Catalogue, HasEveryReasonOfTheTree) {
  std::set<std::string> listed, defined;
  for (const Reason* reason : Catalogue()) listed.emplace(reason->name);
  const std::regex definition("inline constexpr Reason k\\w+\\{\\s*\"([A-Z_]+)\"");
  for (const char* room : {"common", "services", "projections"}) {
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(std::string(DAYBOOK_TREE "/") + room)) {
      if (file.path().extension() != ".h") continue;
      std::ostringstream text;
      text << std::ifstream(file.path()).rdbuf();
      const std::string header = text.str();
      for (std::sregex_iterator it(header.begin(), header.end(), definition), end; it != end;
           ++it) {
        defined.insert((*it)[1]);
      }
    }
  }
  EXPECT_EQ(listed, defined);
  EXPECT_GT(defined.size(), 50u);
}

// What a command may be refused for is what its metrics have a series for.
TEST(Catalogue, HasWhatEachCommandMayBeRefusedFor) {
  const auto book = TheBook();
  ASSERT_TRUE(book.ok()) << book.status();
  size_t series = 0;
  for (const command::Method& method : book->methods) {
    series += method.refusals.size() + 3;  // accepted, repeated, OTHER
    for (const Reason* reason : method.refusals) {
      EXPECT_EQ(std::count(Catalogue().begin(), Catalogue().end(), reason), 1) << reason->name;
    }
  }
  // A reason that no command gives needs no series: with all of them there would be 2,500.
  EXPECT_LT(series, book->methods.size() * 30) << series;
  RecordProperty("series", static_cast<int>(series));
}

}  // namespace
}  // namespace daybook
