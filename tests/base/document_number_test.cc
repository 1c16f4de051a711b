#include "common/base/document_number.h"

#include <gtest/gtest.h>

#include <string>

namespace daybook {
namespace {

TEST(DocumentNumber, IsPrintedAndReadBack) {
  const std::pair<DocumentNumber, const char*> kPrinted[] = {
      {{"A", 2026, 3, 123}, "A-2026-03-000123"},
      {{"CN", 2026, 0, 1}, "CN-2026-00-000001"},
      {{"WEB7", 1999, 123, 1'234'567}, "WEB7-1999-123-1234567"},
  };
  for (const auto& [number, printed] : kPrinted) {
    EXPECT_EQ(FormatNumber(number), printed);
    EXPECT_EQ(ParseNumber(printed), number) << printed;
  }
}

TEST(DocumentNumber, OfAnotherSpellingIsNone) {
  for (const char* text :
       {"", "A", "A-2026-03", "-2026-03-000123", "A-2026-3-000123", "A-2026-03-123",
        "A-2026-03-0000123", "A-2026-+3-000123", "A-2026-03-000123 ", "A-2026-03--00123",
        "A-02026-03-000123", "A-2026-03-99999999999999999999", "A-2026-4294967299-000123"}) {
    EXPECT_FALSE(ParseNumber(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace daybook
