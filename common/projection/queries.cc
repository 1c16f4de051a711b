#include "common/projection/queries.h"

#include "common/base/status.h"

namespace daybook::projection {

const google::protobuf::ServiceDescriptor* DescriptorOf(const ServiceInfo& service) {
  const auto* found =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service.service);
  DAYBOOK_CHECK(found != nullptr);
  return found;
}

}  // namespace daybook::projection
