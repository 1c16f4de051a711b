#include "common/serving/model_calls.h"

#include <memory>
#include <utility>

namespace daybook {
namespace {

void Ask(projection::Models& models, std::unique_ptr<rpc::Call> call) {
  rpc::Call& c = *call;
  models.Query(c.method(), c.request(), c.deadline(),
               [call = std::move(call)](const absl::Status& status,
                                        const google::protobuf::Message* response) {
                 if (status.ok()) {
                   call->Finish(*response);
                 } else {
                   call->FinishError(status);
                 }
               });
}

}  // namespace

std::vector<rpc::Service> Queries(projection::Models& models) {
  std::vector<rpc::Service> services;
  for (const auto* descriptor : models.services()) {
    rpc::Service service(descriptor);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      service.Handle(descriptor->method(i)->name(),
                     [&models](std::unique_ptr<rpc::Call> call) { Ask(models, std::move(call)); });
    }
    services.push_back(std::move(service));
  }
  return services;
}

}  // namespace daybook
