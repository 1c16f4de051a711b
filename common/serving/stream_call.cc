#include "common/serving/stream_call.h"

#include <memory>
#include <utility>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/wire.h"
#include "common/command/prepare.h"
#include "common/serving/command_origin.h"

namespace daybook {
namespace {

using book::v1::ExecuteStreamRequest;
using book::v1::ExecuteStreamResponse;
using google::protobuf::Message;

const ExecuteStreamRequest& RequestOf(const rpc::StreamItem& item) {
  return static_cast<const ExecuteStreamRequest&>(item.message());
}

void Answer(rpc::StreamItem& item, int field, std::string_view result, bool already_recorded) {
  const std::string_view already = already_recorded ? kAlreadyRecorded : std::string_view();
  std::string response;
  response.reserve(result.size() + already.size() + 24);
  if (const uint64_t tag = RequestOf(item).tag(); tag != 0) {
    wire::AppendInt(ExecuteStreamResponse::kTagFieldNumber, static_cast<int64_t>(tag), &response);
  }
  wire::AppendBytesHeader(ExecuteStreamResponse::kResultFieldNumber,
                          wire::BytesSize(field, result.size()) + already.size(), &response);
  wire::AppendBytes(field, result, &response);
  response += already;
  item.Answer(std::move(response));
}

void AnswerError(rpc::StreamItem& item, const absl::Status& status) {
  Answer(item, book::v1::CommandResult::kStatusFieldNumber, StatusBytes(status, true), false);
}

class StreamCommand : public command::Command {
 public:
  StreamCommand(std::unique_ptr<rpc::StreamItem> item, const CommandKinds::Kind& kind)
      : item_(std::move(item)),
        kind_(kind),
        request_(CommandKinds::Request(kind, RequestOf(*item_).command())) {}
  const Message& request() const override { return request_; }
  void Reply(const absl::Status& status, std::string response) override {
    if (status.ok()) {
      Answer(*item_, CommandKinds::ResultField(kind_),
             CommandKinds::Result(kind_, std::move(response)), already_recorded);
    } else {
      AnswerError(*item_, status);
    }
  }

 private:
  const std::unique_ptr<rpc::StreamItem> item_;
  const CommandKinds::Kind& kind_;
  const Message& request_;
};

void Submit(command::Engine& engine, const CommandKinds& kinds, const CommandOrigin& origin,
            std::unique_ptr<rpc::StreamItem> item) {
  if (!item->problem().ok()) return AnswerError(*item, item->problem());
  const CommandKinds::Kind* kind = kinds.Of(RequestOf(*item).command());
  if (kind == nullptr) {
    FieldViolations bad;
    bad.Add("command.command", "is required");
    return AnswerError(*item, bad.ToStatus());
  }
  const absl::Time deadline = DecideBy(item->deadline(), WallNow());
  auto command = std::make_unique<StreamCommand>(std::move(item), *kind);
  origin.Fill(deadline, command.get());
  const absl::Status status = command::Prepare(*kind->method, command->request(), command.get());
  if (!status.ok()) return engine.Refuse(std::move(command), status);
  engine.Submit(std::move(command));
}

}  // namespace

absl::StatusOr<rpc::ItemHandler> OpenCommandStream(command::Engine& engine,
                                                   const CommandKinds& kinds, rpc::Caller& caller) {
  caller.SetDeadlineStatus(UnknownOutcome());
  ASSIGN_OR_RETURN(CommandOrigin origin, CommandOrigin::Of(caller));
  return [&engine, &kinds, origin = std::move(origin)](std::unique_ptr<rpc::StreamItem> item) {
    Submit(engine, kinds, origin, std::move(item));
  };
}

}  // namespace daybook
