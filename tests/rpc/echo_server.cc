// A server for clients of other languages: BillingService, whose IssueInvoice gives the customer id
// back as invoice id, or refuses when it is empty. Prints its port; ends with its standard input.
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/rpc/server.h"
#include "daybook/billing/v1/billing_service.pb.h"

using namespace daybook;

int main() {
  rpc::Service billing("daybook.billing.v1.BillingService");
  billing.Handle("IssueInvoice", [](std::unique_ptr<rpc::Call> call) {
    const auto* request =
        google::protobuf::DynamicCastToGenerated<billing::v1::IssueInvoiceRequest>(
            &call->request());
    if (request->customer_id().empty()) {
      FieldViolations bad;
      bad.Add("customer_id", "is required");
      return call->FinishError(bad.ToStatus());
    }
    billing::v1::IssueInvoiceResponse response;
    response.set_invoice_id(
        absl::StrCat(request->customer_id(), std::string(call->metadata("x-suffix"))));
    call->Finish(response);
  });
  const auto* descriptor =
      billing::v1::IssueInvoiceRequest::descriptor()->file()->FindServiceByName("BillingService");
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const std::string& other = descriptor->method(i)->name();
    if (other == "IssueInvoice") continue;
    billing.Handle(other, [](std::unique_ptr<rpc::Call> call) {
      call->FinishError(Refuse(reason::kUnsupported, "not in this test"));
    });
  }
  rpc::ServerOptions options;
  options.address = "127.0.0.1:0";
  rpc::Server server(options);
  server.Add(std::move(billing));
  const absl::Status started = server.Start();
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.ToString().c_str());
    return 1;
  }
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server.Shutdown(absl::Now() + absl::Seconds(5));
  return 0;
}
