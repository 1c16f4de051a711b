#include "services/daybook/wiring/services.h"

#include "common/base/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "projections/topology.h"

namespace daybook {

std::vector<const google::protobuf::ServiceDescriptor*> CommandServices() {
  return {customer::v1::RegisterCustomerRequest::descriptor()->file()->service(0),
          billing::v1::OpenAccountRequest::descriptor()->file()->service(0)};
}

std::vector<const google::protobuf::ServiceDescriptor*> AllCommandServices() {
  auto all = CommandServices();
  all.push_back(book::v1::ExecuteBatchRequest::descriptor()->file()->service(0));
  return all;
}

std::vector<const google::protobuf::ServiceDescriptor*> QueryServices(
    const std::vector<std::string>& projections) {
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  const projection::Topology topology = TheTopology().Only(projections);
  for (const auto& entry : topology.entries()) {
    const auto* queries = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
        entry.service.service);
    DAYBOOK_CHECK(queries != nullptr);  // the topology has it, so it is linked in
    services.push_back(queries);
  }
  return services;
}

std::vector<const google::protobuf::ServiceDescriptor*> KnownServices() {
  auto all = AllCommandServices();
  for (const auto* queries : QueryServices(TheTopology().names())) all.push_back(queries);
  return all;
}

}  // namespace daybook
