// What a query service gives: pure functions of views, found by overload.
//
//   struct BalancesQueries {
//     static constexpr std::string_view kService = "daybook.balances.v1.BalancesService";
//     using Methods = MethodList<Method<GetBalanceRequest, GetBalanceResponse>, ...>;
//
//     // One overload of each per method. Check needs no view.
//     static absl::Status Check(const GetBalanceRequest&);
//     // True: the answer may take long and is not made on the caller's thread.
//     static bool Scans(const GetBalanceRequest&);
//     static absl::Status Answer(const GetBalanceRequest&, const Reading&, GetBalanceResponse*);
//   };
//
// The engine has seen to the consistency token before Answer is called. A method is found by the
// name of its request (`GetBalanceRequest` answers the rpc `GetBalance`). A request with a
// `customer_id` reads one partition; without the field, or with the field empty, it reads all of
// them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/store/store.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

// One partition as a query sees it.
struct PartitionReading {
  std::shared_ptr<const store::View> view;
  // The runner had seen the end of the partition then; what it holds was complete at that time.
  absl::Time complete_at = absl::InfinitePast();
  std::shared_ptr<const void> keeps = nullptr;  // the store open that the view reads
};

// What a query may look at.
struct Reading {
  absl::Time now;
  absl::Time deadline;                            // a scan gives up then: DEADLINE_EXCEEDED
  absl::Span<const PartitionReading> partitions;  // one for a customer's query, else all, in order
};

template <class Request, class Response>
struct Method {};
template <class... M>
struct MethodList {};

// A method, without its types.
struct MethodInfo {
  const google::protobuf::Descriptor* request = nullptr;
  const google::protobuf::Message* response = nullptr;  // prototype
  absl::Status (*check)(const google::protobuf::Message&) = nullptr;
  bool (*scans)(const google::protobuf::Message&) = nullptr;
  absl::Status (*answer)(const google::protobuf::Message&, const Reading&,
                         google::protobuf::Message*) = nullptr;
};

struct ServiceInfo {
  std::string service;  // full name
  std::vector<MethodInfo> methods;
};

namespace internal {

template <class Q, class Request, class Response>
MethodInfo InfoOfMethod(Method<Request, Response>) {
  return {Request::descriptor(), &Response::default_instance(),
          [](const google::protobuf::Message& request) {
            return Q::Check(static_cast<const Request&>(request));
          },
          [](const google::protobuf::Message& request) {
            return Q::Scans(static_cast<const Request&>(request));
          },
          [](const google::protobuf::Message& request, const Reading& reading,
             google::protobuf::Message* response) {
            return Q::Answer(static_cast<const Request&>(request), reading,
                             static_cast<Response*>(response));
          }};
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
