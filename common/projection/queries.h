// What a query service gives: pure functions of views, found by overload.
//
//   struct BalancesQueries {
//     static constexpr std::string_view kService = "daybook.balances.v1.BalancesService";
//     using Methods = MethodList<
//         Method<GetBalanceRequest, GetBalanceResponse>,
//         Scattered<GetControlTotalsRequest, ControlTotalsPart, GetControlTotalsResponse>>;
//
//     // One overload of each per method. Check needs no view.
//     static absl::Status Check(const GetBalanceRequest&);
//     // True: the answer may take long and is not made on the caller's thread.
//     static bool Scans(const GetBalanceRequest&);
//     // A Method: the customer's partition answers.
//     static absl::Status Answer(const GetBalanceRequest&, const Reading&, GetBalanceResponse*);
//     // A Scattered: each holder of partitions makes a part, and somebody merges them.
//     static absl::Status Part(const GetControlTotalsRequest&, const Reading&, ControlTotalsPart*);
//     static absl::Status Merge(const GetControlTotalsRequest&, Parts<ControlTotalsPart>,
//                               GetControlTotalsResponse*);
//   };
//
// A `Method` is about one customer: its request has a `customer_id`, and the reading is that
// customer's partition. A `Scattered` reads all partitions, or that of the customer if its request
// has a `customer_id` that is not empty.
//
// The law of Scattered: whatever way the partitions are split, Merge over the parts of the split
// gives the same answer. So a part is associative: it holds sums of 128 bits, counts, and rows with
// their keys, never Money and never text that was rounded; and what a part says of a partition
// depends on that partition and `Reading::now` alone. Lists: kit/list.h.
//
// Fields of requests and responses that the engine sees to, by their names (answer.h,
// query_router.h): `consistency_token` is waited for before a view is taken; a `read_time` later
// than now is refused; every response has a `position`, which the engine fills.
//
// A method is found by the name of its request (`GetBalanceRequest` answers the rpc `GetBalance`).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/projection/read_position.h"
#include "common/store/store.h"
#include "daybook/read/v1/read_position.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

// What a query may look at.
struct Reading {
  absl::Time now;                                 // of the query: the same for all of its parts
  absl::Time deadline;                            // a scan gives up then: DEADLINE_EXCEEDED
  absl::Span<const PartitionReading> partitions;  // in order
};

template <class Request, class Response>
struct Method {};
template <class Request, class Part, class Response>
struct Scattered {};
template <class... M>
struct MethodList {};

// The parts that are merged, in no order. Merge may take out of them what it needs.
template <class Part>
using Parts = absl::Span<Part* const>;

// A method, without its types.
struct MethodInfo {
  using Message = google::protobuf::Message;

  const google::protobuf::Descriptor* request = nullptr;
  const Message* response = nullptr;  // prototype
  absl::Status (*check)(const Message&) = nullptr;
  bool (*scans)(const Message&) = nullptr;
  // What a request knows: up to its `read_time`, else kEverything.
  int64_t (*read_us)(const Message&) = nullptr;
  read::v1::ReadPosition* (*position)(Message* response) = nullptr;

  // Of a Method.
  absl::Status (*answer)(const Message&, const Reading&, Message* response) = nullptr;
  // Of a Scattered.
  const Message* part = nullptr;  // prototype
  absl::Status (*make_part)(const Message&, const Reading&, Message* part) = nullptr;
  absl::Status (*merge)(const Message&, absl::Span<Message* const> parts,
                        Message* response) = nullptr;

  bool scattered() const { return part != nullptr; }
};

struct ServiceInfo {
  std::string service;  // full name
  std::vector<MethodInfo> methods;
};

// Stops the process if the service's proto is not linked in.
const google::protobuf::ServiceDescriptor* DescriptorOf(const ServiceInfo& service);

namespace internal {

template <class Q, class Request, class Response>
MethodInfo InfoOfAny() {
  using google::protobuf::Message;
  MethodInfo info;
  info.request = Request::descriptor();
  info.response = &Response::default_instance();
  info.check = [](const Message& request) {
    return Q::Check(static_cast<const Request&>(request));
  };
  info.scans = [](const Message& request) {
    return Q::Scans(static_cast<const Request&>(request));
  };
  info.read_us = [](const Message& request) {
    return ReadMicros(static_cast<const Request&>(request));
  };
  info.position = [](Message* response) {
    return static_cast<Response*>(response)->mutable_position();
  };
  return info;
}

template <class Q, class Request, class Response>
MethodInfo InfoOfMethod(Method<Request, Response>) {
  static_assert(
      requires(const Request& request) { request.customer_id(); },
      "a Method is about one customer: its request needs a customer_id; else it is Scattered");
  using google::protobuf::Message;
  MethodInfo info = InfoOfAny<Q, Request, Response>();
  info.answer = [](const Message& request, const Reading& reading, Message* response) {
    return Q::Answer(static_cast<const Request&>(request), reading,
                     static_cast<Response*>(response));
  };
  return info;
}

template <class Q, class Request, class Part, class Response>
MethodInfo InfoOfMethod(Scattered<Request, Part, Response>) {
  using google::protobuf::Message;
  MethodInfo info = InfoOfAny<Q, Request, Response>();
  info.part = &Part::default_instance();
  info.make_part = [](const Message& request, const Reading& reading, Message* part) {
    return Q::Part(static_cast<const Request&>(request), reading, static_cast<Part*>(part));
  };
  info.merge = [](const Message& request, absl::Span<Message* const> parts, Message* response) {
    absl::InlinedVector<Part*, 4> typed;
    for (Message* part : parts) typed.push_back(static_cast<Part*>(part));
    return Q::Merge(static_cast<const Request&>(request), Parts<Part>(typed),
                    static_cast<Response*>(response));
  };
  return info;
}

template <class Q, class... M>
std::vector<MethodInfo> MethodTable(MethodList<M...>) {
  return {InfoOfMethod<Q>(M{})...};
}

}  // namespace internal

template <class Q>
ServiceInfo QueriesOf() {
  return {std::string(Q::kService), internal::MethodTable<Q>(typename Q::Methods{})};
}

}  // namespace daybook::projection
