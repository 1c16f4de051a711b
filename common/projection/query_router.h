// From a query to its answer: which read model, which partitions, when, and on which thread.
//
// Operation. A request is checked, its consistency token is waited for, views of the partitions
// that it asks about are taken, and the answer is made of them (answer.h). A token may be of
// several partitions, and of any read model: those partitions are waited for that the query reads.
// A query that says that it scans is answered on a thread of its own.
//
// Concurrency: all methods from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/log/token.h"
#include "common/projection/queries.h"
#include "common/projection/scan_queue.h"
#include "common/projection/topology.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

// Who has the read models; a projection is named by its place in the topology. Any thread.
class ModelHolder {
 public:
  virtual ~ModelHolder() = default;

  // Of the log.
  virtual int partitions() const = 0;
  // How far the newest view is, and of which log (empty before anything was read); none while there
  // is no view.
  virtual std::optional<log::Token> Newest(size_t projection, int partition) const = 0;
  // What queries may look at, or why they may not.
  virtual absl::Status Read(size_t projection, int partition, PartitionReading* reading) const = 0;
  // Calls back when a view has `next_offset`: OK, or POSITION_NOT_REACHED at the deadline, or why
  // it cannot come to that. Perhaps on this thread.
  virtual void WaitFor(size_t projection, int partition, int64_t next_offset, absl::Time deadline,
                       absl::AnyInvocable<void(absl::Status)> callback) = 0;
  // A query has found rows that cannot be.
  virtual void Condemn(size_t projection, const absl::Status& why) = 0;
};

class QueryRouter {
 public:
  using Answer = absl::AnyInvocable<void(const absl::Status& status,
                                         const google::protobuf::Message* response)>;

  // Stops the process if an rpc of the topology's services has no method, or not the right one. All
  // must outlive the router.
  QueryRouter(const Topology& topology, ModelHolder& holder, std::function<absl::Time()> clock,
              ScanQueue& scans);

  // As Models::Query.
  void Query(const google::protobuf::MethodDescriptor& method,
             const google::protobuf::Message& request, absl::Time deadline, Answer answer);

 private:
  // A method that can be asked.
  struct Route {
    size_t projection = 0;
    const MethodInfo* method = nullptr;
    const google::protobuf::FieldDescriptor* customer_id = nullptr;        // null: all partitions
    const google::protobuf::FieldDescriptor* consistency_token = nullptr;  // null: never waits
  };
  struct Range {
    int first, last;  // [first, last)
  };

  void AddRoutes(size_t projection, const ServiceInfo& service);
  // Which partitions a request reads.
  Range PartitionsOf(const Route& route, const google::protobuf::Message& request) const;
  // The places of a request's token; none if it has none.
  absl::StatusOr<std::vector<log::Token>> TokenOf(const Route& route,
                                                  const google::protobuf::Message& request) const;
  absl::Status CheckToken(size_t projection, absl::Span<const log::Token> places) const;
  // Leaves those places that are read and have not been reached.
  void KeepAwaited(size_t projection, Range range, std::vector<log::Token>* places) const;
  void Await(size_t projection, const std::vector<log::Token>& places, absl::Time deadline,
             absl::AnyInvocable<void(absl::Status)> done);
  // The token is seen to: read.
  void Go(const Route& route, const google::protobuf::Message& request, absl::Time deadline,
          Answer answer);
  void Run(const Route& route, const google::protobuf::Message& request, absl::Time deadline,
           Answer& answer);
  absl::Status Collect(const Route& route, const google::protobuf::Message& request,
                       std::vector<PartitionReading>* partitions) const;

  ModelHolder& holder_;
  const std::function<absl::Time()> clock_;
  ScanQueue& scans_;
  absl::flat_hash_map<const google::protobuf::MethodDescriptor*, Route> routes_;
};

}  // namespace daybook::projection
