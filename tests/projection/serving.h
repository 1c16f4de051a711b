// Models over a log in memory, asked and awaited by tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "common/log/token.h"
#include "common/projection/models.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "projections/topology.h"
#include "tests/support/facts.h"
#include "tests/support/memory_log.h"
#include "tests/support/scratch.h"

namespace daybook::projection {

using balances::v1::GetBalanceRequest;
using balances::v1::GetBalanceResponse;
using balances::v1::GetControlTotalsRequest;
using balances::v1::GetControlTotalsResponse;

inline const google::protobuf::MethodDescriptor& MethodOf(const std::string& name) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "daybook.balances.v1.BalancesService");
  return *service->FindMethodByName(name);
}

// Asks and waits for the answer.
template <class Response, class Request>
absl::StatusOr<Response> Ask(Models& models, const std::string& method, const Request& request,
                             absl::Duration patience = absl::Seconds(20)) {
  std::promise<absl::StatusOr<Response>> promise;
  auto future = promise.get_future();
  models.Query(MethodOf(method), request, absl::Now() + patience,
               [&](const absl::Status& status, const google::protobuf::Message* response) {
                 if (status.ok()) {
                   promise.set_value(static_cast<const Response&>(*response));
                 } else {
                   promise.set_value(status);
                 }
               });
  return future.get();
}

inline GetBalanceRequest BalanceOf(const std::string& customer, const std::string& token = "") {
  GetBalanceRequest request;
  request.set_customer_id(customer);
  request.set_consistency_token(token);
  return request;
}

inline absl::StatusOr<GetBalanceResponse> AskBalance(Models& models,
                                                     const GetBalanceRequest& request) {
  return Ask<GetBalanceResponse>(models, "GetBalance", request);
}

// The token of the record at `offset` in the customer's partition.
inline std::string TokenOf(const MemoryLog& log, const LogPen& pen, const std::string& customer,
                           int64_t offset) {
  return log::EncodeToken({pen.log_id(), log::PartitionOf(customer, log.partitions()), offset + 1});
}

// Waits until every record that is in the log now has been flushed.
inline absl::Status AwaitAll(Models& models, log::EventLog& log) {
  for (int partition = 0; partition < log.partitions(); ++partition) {
    const auto extent = log.GetExtent(partition);
    if (!extent.ok()) return extent.status();
    std::promise<absl::Status> promise;
    auto future = promise.get_future();
    models.WaitFor(partition, extent->end, absl::Now() + absl::Seconds(30),
                   [&](const absl::Status& status) { promise.set_value(status); });
    if (absl::Status status = future.get(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

inline std::unique_ptr<Models> Started(log::EventLog& log, const std::string& directory,
                                       ModelsOptions options = {}) {
  options.directory = directory;
  auto models = Models::Open(log, TheTopology(), options);
  EXPECT_TRUE(models.ok()) << models.status();
  if (!models.ok()) return nullptr;
  (*models)->Start();
  return *std::move(models);
}

}  // namespace daybook::projection
