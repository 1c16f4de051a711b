#include "common/serving/command_calls.h"

#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "common/command/prepare.h"
#include "common/serving/batch_call.h"
#include "common/serving/command_origin.h"
#include "common/serving/stream_call.h"

namespace daybook {
namespace {

using google::protobuf::Message;

class UnaryCommand : public command::Command {
 public:
  explicit UnaryCommand(std::unique_ptr<rpc::Call> call) : call_(std::move(call)) {}
  const Message& request() const override { return call_->request(); }
  void Reply(const absl::Status& status, std::string response) override {
    if (status.ok()) {
      call_->FinishSerialized(std::move(response));
    } else {
      call_->FinishError(status);
    }
  }
  rpc::Call& call() { return *call_; }

 private:
  const std::unique_ptr<rpc::Call> call_;
};

void SubmitUnary(command::Engine& engine, const command::Method& method,
                 std::unique_ptr<rpc::Call> call) {
  call->SetDeadlineStatus(UnknownOutcome());
  const auto origin = CommandOrigin::Of(*call);
  if (!origin.ok()) return call->FinishError(origin.status());
  auto command = std::make_unique<UnaryCommand>(std::move(call));
  origin->Fill(DecideBy(command->call().deadline(), WallNow()), command.get());
  const absl::Status status = command::Prepare(method, command->request(), command.get());
  if (!status.ok()) return engine.Refuse(std::move(command), status);
  engine.Submit(std::move(command));
}

}  // namespace

std::vector<rpc::Service> UnaryCommands(command::Engine& engine) {
  std::vector<rpc::Service> services;
  const google::protobuf::ServiceDescriptor* last = nullptr;
  for (const command::Method& method : engine.book().methods) {  // a domain's stand together
    if (method.descriptor->service() != last) {
      last = method.descriptor->service();
      services.emplace_back(last);
    }
    services.back().Handle(method.descriptor->name(),
                           [&engine, &method](std::unique_ptr<rpc::Call> call) {
                             SubmitUnary(engine, method, std::move(call));
                           });
  }
  return services;
}

rpc::Service WrappedCommands(command::Engine& engine) {
  const auto kinds = std::make_shared<const CommandKinds>(engine.book());
  rpc::Service service("daybook.book.v1.CommandService");
  service.Handle("ExecuteBatch", [&engine, kinds](std::unique_ptr<rpc::Call> call) {
    SubmitBatch(engine, *kinds, std::move(call));
  });
  service.HandleStream("ExecuteStream", [&engine, kinds](rpc::Caller& caller) {
    return OpenCommandStream(engine, *kinds, caller);
  });
  return service;
}

}  // namespace daybook
