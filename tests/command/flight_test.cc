#include "common/command/flight.h"

#include <gtest/gtest.h>

namespace daybook::command {
namespace {

using Finding = Flight::Finding;

constexpr absl::Duration kNow = absl::Seconds(100);

log::Hash HashOf(uint64_t sequence) {
  log::Hash hash = {};
  hash[0] = static_cast<char>(sequence);
  return hash;
}

// An owner whose claim stands at offset 9 and is the third record that counts, with records 4 and 5
// in flight.
Flight TwoInFlight() {
  Flight flight;
  flight.Begin({.next_offset = 10, .last_offset = 9, .epoch = 2, .sequence = 3, .hash = HashOf(3)});
  for (uint64_t sequence : {4, 5}) {
    flight.Add({.sequence = sequence, .hash = HashOf(sequence), .at = kNow, .report = {}});
  }
  return flight;
}

log::Report Stored(uint64_t append, std::optional<int64_t> offset) {
  return {.append = append, .status = absl::OkStatus(), .offset = offset};
}

TEST(Flight, TheReportOfTheOldestTellsWhatItIs) {
  struct Row {
    const char* what;
    log::Report report;
    Finding finding;
  };
  const log::Report failed{.append = 1, .status = absl::UnavailableError("no"), .offset = 10};
  for (const Row& row : {Row{"at the next offset", Stored(1, 10), Finding::kProven},
                         Row{"somebody else wrote", Stored(1, 11), Finding::kGap},
                         Row{"where the claim stands", Stored(1, 9), Finding::kTooLow},
                         Row{"nobody knows where", Stored(1, std::nullopt), Finding::kNoOffset},
                         Row{"an error, whatever else it says", failed, Finding::kFailed},
                         Row{"of the record behind it", Stored(2, 10), Finding::kNothing},
                         Row{"of the claim", Stored(0, 10), Finding::kNothing},
                         Row{"of no record", Stored(3, 10), Finding::kNothing}}) {
    Flight flight = TwoInFlight();
    EXPECT_EQ(flight.Look(), Finding::kNothing);
    flight.OnReport(row.report);
    EXPECT_EQ(flight.Look(), row.finding) << row.what;
  }
}

TEST(Flight, TheFirstReportStands) {
  Flight flight = TwoInFlight();
  flight.OnReport(Stored(1, 10));
  flight.OnReport(Stored(1, 17));
  EXPECT_EQ(flight.Look(), Finding::kProven);
}

TEST(Flight, ReportsInAnyOrderProveInTheOrderOfAppends) {
  Flight flight = TwoInFlight();
  flight.OnReport(Stored(2, 11));
  EXPECT_EQ(flight.Look(), Finding::kNothing);
  flight.OnReport(Stored(1, 10));
  EXPECT_EQ(flight.Look(), Finding::kProven);
  EXPECT_EQ(flight.Confirm(10).sequence, 4u);
  EXPECT_EQ(flight.Look(), Finding::kProven);
  EXPECT_EQ(flight.Confirm(11).sequence, 5u);
  EXPECT_TRUE(flight.empty());
  EXPECT_EQ(flight.Look(), Finding::kNothing);
}

TEST(Flight, WhatIsConfirmedIsTheNewestPositionThatIsProven) {
  Flight flight = TwoInFlight();
  flight.Confirm(12);
  EXPECT_EQ(flight.proven().last_offset, 12);
  EXPECT_EQ(flight.proven().next_offset, 13);
  EXPECT_EQ(flight.proven().sequence, 4u);
  EXPECT_EQ(flight.proven().hash, HashOf(4));
  EXPECT_EQ(flight.proven().previous_hash, HashOf(3)) << "that record alone proves the hash";
  flight.OnReport(Stored(2, 14));
  EXPECT_EQ(flight.Look(), Finding::kGap);
  flight.Pass(14);
  EXPECT_EQ(flight.Look(), Finding::kProven);
}

TEST(Flight, ARecordOfWhichNothingIsHeardIsSilent) {
  Flight flight = TwoInFlight();
  EXPECT_FALSE(flight.Silent(kNow + absl::Seconds(30), absl::Seconds(30)));
  EXPECT_TRUE(flight.Silent(kNow + absl::Seconds(31), absl::Seconds(30)));
  flight.Clear();
  EXPECT_FALSE(flight.Silent(kNow + absl::Hours(1), absl::Seconds(30)));
  EXPECT_EQ(flight.proven().sequence, 3u) << "what is proven stays proven";
}

}  // namespace
}  // namespace daybook::command
