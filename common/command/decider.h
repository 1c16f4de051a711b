// What a domain gives to the write side: pure functions, found by overload.
//
//   struct Billing {
//     using Event = billing::v1::Event;
//     // Of its part of the state: raise it when Evolve makes another state.
//     static constexpr int kStateVersion = 1;
//     using Requests = RequestList<OpenAccountRequest, IssueInvoiceRequest, RecordPaymentRequest>;
//
//     // One overload of both per request. Check needs no state.
//     static absl::Status Check(const IssueInvoiceRequest&);
//     static absl::StatusOr<Events<Event>> Decide(const View&, const IssueInvoiceRequest&,
//                                                 const Context&, IssueInvoiceResponse&);
//
//     // The reasons that a command, by the name of its rpc, is refused for by Check and Decide,
//     // beyond those of the engine and of the gate (kEngineReasons in reasons.h). Metrics have a
//     // series for each, and tests refuse one that is not listed.
//     static ReasonList Refusals(std::string_view command);
//
//     // Folds an event into the domain's part of the state: the field of internal.book.v1.State of
//     // this type.
//     static void Evolve(const EventMeta&, const Event&, internal::billing::v1::State&,
//                        internal::book::v1::PartitionState&);
//
//     // Optional: parts of other books that Decide, React, Admit and TimeZoneOf look at, beside
//     // its own.
//     using Reads = PartList<internal::customer::v1::State>;
//     // Optional: the requests whose Decide asks for View::open_items.
//     using AsksOpenItems = RequestList<CloseAccountRequest>;
//
//     // Optional: whom its commands may be about (gate.h); else anybody.
//     static constexpr Gate kGate = Gate::kActive;
//     // Optional, in one domain at most: what the gates mean, and why each says no.
//     static absl::Status Admit(const View&, Gate);
//     static ReasonList GateRefusals(Gate);
//     // Optional: what is open, so that the stream cannot be put aside (gate.h).
//     static void Blocks(const internal::billing::v1::State&, OpenItems*);
//     // Optional: where the days of a request begin and end; else in UTC.
//     static absl::TimeZone TimeZoneOf(const View&, const google::protobuf::Message& request);
//
//     // Optional: what it says to facts of other domains, one overload per fact.
//     using ReactsTo = FactList<customer::v1::CustomerArchived>;
//     static void React(const View& after, const customer::v1::CustomerArchived&, const EventMeta&,
//                       const Context&, Events<Event>*);
//   };
//
// Decide never changes anything, Evolve never decides and never fails. Neither knows a clock, a
// file or a random number: everything they may use is in their arguments, so that a replay gives
// the same.
//
// Parts. A state is in parts, one a book, and a decision is made on those that it reads: the
// domain's own (the type that Evolve has), those in Reads, and for what is in AsksOpenItems those
// of all domains with Blocks. The engine loads these and no others. A View has no others either,
// whatever is in memory: to look at a part that is not declared stops the program, in the first
// test that comes to it and not only where the part happens not to be loaded. An event changes the
// part of its own book alone; Evolve is given nothing else.
//
// React. When a command has events, each domain that listens to one of them may add events of its
// own to the same commit: they are recorded with the command or not at all, and the command's
// answer stays what it was. There is one pass over the domains in wiring order. A domain hears the
// events of the command and of the domains before it, never its own, so the pass ends; `after` has
// everything that was said so far. A replay folds what was recorded and calls no React. A commit
// that grows too large is refused whole (RECORD_TOO_LARGE).
//
// Streams. What a command is about is its stream, the unit of order: all events of one stream stand
// in one partition in one sequence, with one revision. Mostly it is a customer; a book may call it
// what it is. Ids of streams are one namespace within a log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/reasons.h"
#include "common/command/gate.h"
#include "common/command/parts.h"
#include "daybook/internal/book/v1/state.pb.h"

namespace daybook::command {

// What a decision may look at. References live as long as the call.
struct View {
  std::string_view stream_id;
  int64_t revision = 0;  // of the stream's newest commit; 0: it was never heard of
  const Parts& parts;    // looked at by part()
  const internal::book::v1::PartitionState& partition_state;
  int partition = 0;
  PartSet reads = PartSet::All();           // what is declared
  FindOpenItems find_open_items = nullptr;  // see open_items()

  // A part that is declared (see the head of this file); empty if nothing happened in its book.
  template <class Part>
  const Part& part() const {
    DAYBOOK_CHECK(reads.Has(IndexOfPart<Part>()));
    return parts.Get<Part>();
  }
  // What is open in all books. Only for requests in AsksOpenItems: else it stops the program, too.
  OpenItems open_items() const;
};

// What a decision may know of the world.
struct Context {
  absl::Time now;  // becomes the record's recorded_time
  std::string_view request_id;
  std::string_view actor;
  bool validate_only = false;
  std::string_view reacting = {};  // name of the domain that reacts; empty: the command's own

  // Id of the `ordinal`-th thing that this command makes, or that a domain makes which reacts to
  // it: the same request makes the same ids everywhere (UUIDv8 of SHA-256(stream, request_id,
  // ordinal, reacting)).
  std::string NewId(const View& view, int ordinal) const;
};

// An id for a stream that was given none: UUIDv8 of SHA-256(noun, request_id). `noun`: what it is,
// "customer".
std::string DerivedStreamId(std::string_view noun, std::string_view request_id);

// One event and the day it counts on.
template <class Event>
struct Dated {
  absl::CivilDay effective_date;
  Event event;
};
template <class Event>
using Events = std::vector<Dated<Event>>;  // empty = accepted, nothing changed

// What Evolve is told beside the event.
struct EventMeta {
  std::string_view stream_id;
  absl::CivilDay effective_date;
  absl::Time recorded_time;
  int partition;
};

template <class... Requests>
struct RequestList {};
template <class... Facts>
struct FactList {};
template <class... Parts>
struct PartList {};

// Conventions of the protos, checked at start for every rpc of a book. The stream is known by its
// number: `customer_id`, `policy_id`, the same name in all requests of a service.
//
//   request     string <stream>_id = 1;
//               string request_id = 13;
//               optional int64 expected_revision = 14;
//               bool validate_only = 15;
//               bool allow_unusual = 16;  where it has a day or an amount (unusual.h)
//   response    int64 revision = 14;
//               string consistency_token = 15;
//               bool already_recorded = 16;
inline constexpr int kStreamField = 1;
inline constexpr int kRequestIdField = 13;
inline constexpr int kExpectedRevisionField = 14;
inline constexpr int kValidateOnlyField = 15;
inline constexpr int kRevisionField = 14;
inline constexpr int kConsistencyTokenField = 15;
inline constexpr int kAlreadyRecordedField = 16;

// Of CheckId's characters.
inline constexpr size_t kMaxRequestIdCharacters = 64;
inline constexpr size_t kMaxStreamIdCharacters = 64;
inline constexpr size_t kMaxCommandBytes = 256 * 1024;
inline constexpr size_t kMaxAnswerBytes = 2048;

}  // namespace daybook::command
