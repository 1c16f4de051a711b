// What a read model gives: pure functions, found by overload.
//
//   struct Balances {
//     // The name of its directory, and its name in messages.
//     static constexpr std::string_view kName = "balances";
//     // Of the rows: to be raised when On changes.
//     static constexpr int kVersion = 1;
//     static constexpr auto kTables = std::make_tuple(kCustomers, kTails);
//     using Listens = Facts<billing::v1::InvoiceIssued, billing::v1::PaymentRecorded>;
//
//     // One overload per fact in Listens.
//     static void On(const billing::v1::InvoiceIssued&, const Meta&, Shard&);
//     static void On(const billing::v1::PaymentRecorded&, const Meta&, Shard&);
//     // One overload per table: takes out of a row what depends on when it was recorded, for the
//     // business dump.
//     static void ClearRecorded(CustomerRow&);
//     static void ClearRecorded(TailRow&);
//
//     // Optional: version of a library that On's rows depend on, 0 to 9,999; as kVersion.
//     static int LibraryVersion();
//     // Optional, a hint: calls shard.Expect for rows that the fact's On will touch, those of the
//     // common facts; changes nothing.
//     static void Expect(const book::v1::Event&, const Meta&, Shard&);
//     // Optional: flush more seldom than each time that the log is read to its end.
//     static constexpr Pace kPace{.delay = absl::Milliseconds(250), .events = 50'000};
//     // Optional: what must be equal in two versions of the rows at the same positions.
//     static absl::Status ControlTotals(ViewSpan, std::map<std::string, std::string>*);
//   };
//
// Listed in Listens without an On: does not compile. A fact that no book's event holds stops the
// program at its start. On never fails, never reads a clock, and keeps
// nothing but rows; rows hold no partition, offset or process name and depend on nothing but the
// facts of the partition up to a position (and what the versions above say). No map fields in rows.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/fact_table.h"
#include "common/store/store.h"
#include "daybook/book/v1/record.pb.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

using store::Shard;
using store::Table;

// What On is told beside the fact.
struct Meta {
  std::string_view customer_id;
  absl::CivilDay effective_date;
  int64_t recorded_time_us;
  int64_t revision;  // of the customer, after the command
  int part;          // which of the command's events it is, from 0
};

template <class... Fact>
struct Facts {};

// How long rows may wait for their flush at the end of the log, while nobody waits for them by
// token: `delay` since the flush before, or `events`. A flush publishes each row that was edited
// once, so that a projection whose events share rows gains by a slow pace what its queries lose in
// freshness. The default: each time that the log has been read to its end.
struct Pace {
  absl::Duration delay = absl::ZeroDuration();
  uint64_t events = std::numeric_limits<uint64_t>::max();
};

// One table of a projection, without its type.
struct TableInfo {
  uint8_t id;
  std::string name;
  // A row's bytes without what depends on when it was recorded. False: bytes that do not parse.
  std::function<bool(std::string* bytes)> clear_recorded;
};

using ViewSpan = absl::Span<const std::shared_ptr<const store::View>>;
using ApplyFact = void (*)(const google::protobuf::Message& fact, const Meta&, Shard&);
using ExpectRows = void (*)(const book::v1::Event&, const Meta&, Shard&);

// A projection, without its type.
struct ProjectionInfo {
  std::string name;
  int version = 0;
  std::vector<TableInfo> tables;
  std::vector<ApplyFact> apply;  // by index in FactsOf<book::v1::Event>; null = not listened to
  ExpectRows expect = nullptr;   // null: nothing is known beforehand
  Pace pace;
  // Sums over all rows by name, from which two versions of the projection can be compared.
  absl::Status (*control_totals)(ViewSpan, std::map<std::string, std::string>*) = nullptr;
};

namespace internal {

template <class P, class Fact>
void ApplyOne(const google::protobuf::Message& held, const Meta& meta, Shard& shard) {
  static_assert(
      requires(const Fact& fact) { P::On(fact, meta, shard); },
      "the projection lists a fact in Listens but has no On for it");
  P::On(static_cast<const Fact&>(held), meta, shard);
}

// Stops the program if no book's event holds the fact.
size_t IndexOfFact(std::string_view projection, const google::protobuf::Descriptor& fact);

template <class P, class... Fact>
std::vector<ApplyFact> ApplyTable(Facts<Fact...>) {
  std::vector<ApplyFact> table(FactsOf<book::v1::Event>().size(), nullptr);
  ((table[IndexOfFact(P::kName, *Fact::descriptor())] = &ApplyOne<P, Fact>), ...);
  return table;
}

template <class P, class Row>
TableInfo InfoOfTable(Table<Row> table) {
  return {table.id, std::string(table.name), [](std::string* bytes) {
            Row row;
            if (!row.ParseFromString(*bytes)) return false;
            P::ClearRecorded(row);
            return row.SerializeToString(bytes);
          }};
}

}  // namespace internal

template <class P>
ProjectionInfo InfoOf() {
  ProjectionInfo info;
  info.name = P::kName;
  info.version = P::kVersion;
  if constexpr (requires { P::LibraryVersion(); }) {
    info.version = P::kVersion * 10'000 + P::LibraryVersion();
  }
  info.apply = internal::ApplyTable<P>(typename P::Listens{});
  if constexpr (requires { &P::Expect; }) info.expect = &P::Expect;
  if constexpr (requires { P::kPace; }) info.pace = P::kPace;
  if constexpr (requires { &P::ControlTotals; }) info.control_totals = &P::ControlTotals;
  std::apply(
      [&](const auto&... table) { (info.tables.push_back(internal::InfoOfTable<P>(table)), ...); },
      P::kTables);
  return info;
}

}  // namespace daybook::projection
