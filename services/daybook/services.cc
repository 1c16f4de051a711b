#include "services/daybook/services.h"

#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/directory/v1/directory_service.pb.h"

namespace daybook {

std::vector<const google::protobuf::ServiceDescriptor*> CommandServices() {
  return {customer::v1::RegisterCustomerRequest::descriptor()->file()->service(0),
          billing::v1::OpenAccountRequest::descriptor()->file()->service(0)};
}

std::vector<const google::protobuf::ServiceDescriptor*> KnownServices() {
  auto all = CommandServices();
  all.push_back(book::v1::ExecuteBatchRequest::descriptor()->file()->service(0));
  all.push_back(balances::v1::GetBalanceRequest::descriptor()->file()->service(0));
  all.push_back(directory::v1::GetCustomerRequest::descriptor()->file()->service(0));
  return all;
}

}  // namespace daybook
