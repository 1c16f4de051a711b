// A server on a free port with handlers as a test wants them, and a client of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/metrics.h"
#include "common/base/status.h"
#include "common/rpc/client.h"
#include "common/rpc/server.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace daybook::rpc {

using billing::v1::IssueInvoiceRequest;
using billing::v1::IssueInvoiceResponse;

inline const google::protobuf::ServiceDescriptor* BillingDescriptor() {
  return IssueInvoiceRequest::descriptor()->file()->FindServiceByName("BillingService");
}

inline const google::protobuf::MethodDescriptor& IssueInvoice() {
  return *BillingDescriptor()->FindMethodByName("IssueInvoice");
}

// The service with `handler` behind IssueInvoice; the others answer UNIMPLEMENTED.
inline Service Billing(Handler handler) {
  Service service(BillingDescriptor());
  service.Handle("IssueInvoice", std::move(handler));
  for (int i = 0; i < BillingDescriptor()->method_count(); ++i) {
    const std::string& other = BillingDescriptor()->method(i)->name();
    if (other == "IssueInvoice") continue;
    service.Handle(other, [](std::unique_ptr<Call> call) {
      call->FinishError(Refuse(reason::kUnsupported, "not in this test"));
    });
  }
  return service;
}

// invoice_id = customer_id of the request.
inline void Echo(std::unique_ptr<Call> call) {
  const auto* request =
      google::protobuf::DynamicCastToGenerated<IssueInvoiceRequest>(&call->request());
  IssueInvoiceResponse response;
  response.set_invoice_id(request->customer_id());
  call->Finish(response);
}

class Serving : public testing::Test {
 protected:
  Serving() {
    options_.address = "127.0.0.1:0";
    options_.metrics = &metrics_;
  }

  void Serve(Handler handler) {
    server_ = std::make_unique<Server>(options_);
    server_->Add(Billing(std::move(handler)));
    const absl::Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started;
    client_ = NewClient();
  }

  std::unique_ptr<Client> NewClient(ClientOptions options = {}) {
    return std::make_unique<Client>("127.0.0.1:" + std::to_string(server_->port()), options);
  }

  // A call of IssueInvoice for `customer_id`.
  absl::Status Ask(std::string_view customer_id, IssueInvoiceResponse* response = nullptr,
                   absl::Duration timeout = absl::Seconds(20), const CallMetadata& metadata = {}) {
    IssueInvoiceRequest request;
    request.set_customer_id(std::string(customer_id));
    IssueInvoiceResponse unused;
    return client_->Call(IssueInvoice(), request, response == nullptr ? &unused : response,
                         absl::Now() + timeout, metadata);
  }

  absl::Status AskRaw(std::string_view bytes) {
    std::string response;
    return client_->CallRaw(PathOf(IssueInvoice()), bytes, &response,
                            absl::Now() + absl::Seconds(20));
  }

  // A figure as it is exposed, by its name or `name{labels}`; -1 if there is none.
  double Figure(const std::string& series) const {
    const std::string all = metrics_.Expose();
    const size_t at = all.find("\n" + series + " ");
    return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size() + 2));
  }
  void WaitForFigure(const std::string& series, double least) const {
    while (Figure(series) < least) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  Metrics metrics_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace daybook::rpc
