// The printed number of an invoice, debit note or credit note: series, year, partition, sequence,
// such as `A-2026-03-000123`; the partition with at least two digits, the sequence with at least
// six.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daybook {

struct DocumentNumber {
  std::string_view series;
  int32_t year = 0;
  int32_t partition = 0;
  int64_t sequence = 0;

  // By series, year, partition, sequence.
  friend auto operator<=>(const DocumentNumber&, const DocumentNumber&) = default;
  friend bool operator==(const DocumentNumber&, const DocumentNumber&) = default;
};

std::string FormatNumber(const DocumentNumber& number);

// Of any message with these four fields.
template <class Message>
DocumentNumber NumberOf(const Message& number) {
  return {number.series(), number.year(), number.partition(), number.sequence()};
}

// The number that is printed exactly so; nullopt if none is. The series is a part of `text`.
std::optional<DocumentNumber> ParseNumber(std::string_view text);

}  // namespace daybook
