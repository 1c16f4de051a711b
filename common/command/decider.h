// What a domain gives to the write side: pure functions, found by overload.
//
//   struct Billing {
//     using Event = billing::v1::Event;
//     using Requests = RequestList<OpenAccountRequest, IssueInvoiceRequest, RecordPaymentRequest>;
//
//     // One overload of both per request. Check needs no state.
//     static absl::Status Check(const IssueInvoiceRequest&);
//     static absl::StatusOr<Events<Event>> Decide(const View&, const IssueInvoiceRequest&,
//                                                 const Context&, IssueInvoiceResponse&);
//
//     static void Evolve(const EventMeta&, const Event&, book::v1::State&,
//                        book::v1::PartitionState&);
//     // See book.h.
//     static void Prefetch(const book::v1::State&, int step);
//   };
//
// Decide never changes anything, Evolve never decides and never fails. Neither knows a clock, a
// file or a random number: everything they may use is in their arguments, so that a replay gives
// the same.
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
#include "daybook/book/v1/state.pb.h"

namespace daybook::command {

// What a decision may look at. References live as long as the call.
struct View {
  std::string_view customer_id;
  const book::v1::State& state;  // default instance if the customer was never heard of
  const book::v1::PartitionState& partition_state;
  int partition;
};

// What a decision may know of the world.
struct Context {
  absl::Time now;  // becomes the record's recorded_time
  std::string_view request_id;
  std::string_view actor;
  bool validate_only = false;

  // Id of the `ordinal`-th thing that this command makes: the same request makes the same ids
  // everywhere (UUIDv8 of SHA-256(customer, request_id, ordinal)).
  std::string NewId(const View& view, int ordinal) const;
};

// An id for a customer that was given none: UUIDv8 of SHA-256(request_id).
std::string DerivedCustomerId(std::string_view request_id);

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
  std::string_view customer_id;
  absl::CivilDay effective_date;
  absl::Time recorded_time;
  int partition;
};

template <class... Requests>
struct RequestList {};

// Conventions of the protos, checked at start for every rpc of a book:
//
//   request     string customer_id = 1;
//               string request_id = 13;
//               optional int64 expected_revision = 14;
//               bool validate_only = 15;
//               bool allow_unusual = 16;  where it has a day or an amount (unusual.h)
//   response    int64 revision = 14;
//               string consistency_token = 15;
//               bool already_recorded = 16;
inline constexpr int kCustomerIdField = 1;
inline constexpr int kRequestIdField = 13;
inline constexpr int kExpectedRevisionField = 14;
inline constexpr int kValidateOnlyField = 15;
inline constexpr int kRevisionField = 14;
inline constexpr int kConsistencyTokenField = 15;
inline constexpr int kAlreadyRecordedField = 16;

// Of CheckId's characters.
inline constexpr size_t kMaxRequestIdCharacters = 64;
inline constexpr size_t kMaxCustomerIdCharacters = 64;
inline constexpr size_t kMaxCommandBytes = 256 * 1024;
inline constexpr size_t kMaxAnswerBytes = 2048;

}  // namespace daybook::command
