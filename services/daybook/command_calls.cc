#include "services/daybook/command_calls.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/prepare.h"
#include "common/rpc/details.h"
#include "daybook/book/v1/command_service.pb.h"
#include "google/protobuf/wire_format_lite.h"
#include "google/rpc/status.pb.h"
#include "services/daybook/services.h"
#include "services/daybook/text.h"

namespace daybook {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::internal::WireFormatLite;

// Said by a caller in the metadata of a call, kept with every commit of it.
constexpr size_t kMaxMetadataBytes = 128;

constexpr absl::Duration kAnswerMargin = absl::Milliseconds(100);

// What a command inherits from the call that brought it.
absl::Status TakeOver(const rpc::Call& call, command::Command* command) {
  FieldViolations bad;
  const auto take = [&](std::string_view key) {
    const std::string_view value = call.metadata(key);
    if (value.size() > kMaxMetadataBytes) {
      bad.Add(Cat("metadata ", key), Cat("at most ", kMaxMetadataBytes, " bytes"));
    }
    return std::string(value);
  };
  // A little before the caller gives up: "not certain yet, ask again" is worth more than silence.
  const absl::Duration left = call.deadline() - absl::Now();
  command->deadline = call.deadline() - std::min(left / 10, kAnswerMargin);
  command->actor = call.actor();
  command->correlation_id = take("daybook-correlation-id");
  command->causation_id = take("daybook-causation-id");
  command->trace_context = take("traceparent");
  return bad.ToStatus();
}

// The server's word for a caller whose deadline nobody has met; made once, it is set on every call.
const absl::Status& UnknownOutcome() {
  static const absl::Status status =
      Refuse(Reason::kOutcomeUnknown,
             "the deadline came before the outcome was certain; send it again under the same "
             "request_id");
  return status;
}

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
  auto command = std::make_unique<UnaryCommand>(std::move(call));
  absl::Status status = TakeOver(command->call(), command.get());
  if (status.ok()) status = command::Prepare(method, command->request(), command.get());
  if (!status.ok()) return command->Reply(status, {});
  engine.Submit(std::move(command));
}

void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// A tag, a length and bytes: a message as field `number` of the one around it. By hand, for a stream
// onto a string would first fill all that the string has reserved.
void AppendField(int number, std::string_view bytes, std::string* out) {
  AppendVarint(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), out);
  AppendVarint(bytes.size(), out);
  out->append(bytes);
}

// A call of ExecuteBatch until its last outcome is there. Results are kept serialised: the engine
// gives them so, and so they go out.
class BatchCall {
 public:
  explicit BatchCall(std::unique_ptr<rpc::Call> call)
      : call_(std::move(call)), results_(request().commands_size()), left_(results_.size()) {}

  const book::v1::ExecuteBatchRequest& request() const {
    return static_cast<const book::v1::ExecuteBatchRequest&>(call_->request());
  }
  const rpc::Call& call() const { return *call_; }

  // The outcome of command `index`, once each, from any thread. The last one answers the call.
  void Take(int index, int field, const absl::Status& status, std::string_view response) {
    if (status.ok()) {
      AppendField(field, response, &results_[index]);
    } else {
      AppendField(book::v1::CommandResult::kStatusFieldNumber, StatusBytes(status),
                  &results_[index]);
    }
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) Answer();
  }

 private:
  // google.rpc.Status, with details while there is room for them in the answer.
  std::string StatusBytes(const absl::Status& status) {
    std::string details = rpc::EncodeDetails(status);
    if (!details.empty() && details_room_.fetch_sub(static_cast<int64_t>(details.size())) > 0) {
      return details;
    }
    google::rpc::Status bare;
    bare.set_code(static_cast<int>(status.code()));
    bare.set_message(rpc::HeaderMessage(ToStd(status.message()).substr(0, 100)));
    return bare.SerializeAsString();
  }

  void Answer() {
    std::string response;
    size_t bytes = 0;
    for (const std::string& result : results_) bytes += result.size() + 6;
    response.reserve(bytes);
    for (const std::string& result : results_) {
      AppendField(book::v1::ExecuteBatchResponse::kResultsFieldNumber, result, &response);
    }
    call_->FinishSerialized(std::move(response));
  }

  const std::unique_ptr<rpc::Call> call_;
  std::vector<std::string> results_;
  std::atomic<size_t> left_;
  std::atomic<int64_t> details_room_{2 << 20};
};

class BatchItem : public command::Command {
 public:
  BatchItem(std::shared_ptr<BatchCall> batch, int index, const FieldDescriptor* field,
            const Message& request)
      : batch_(std::move(batch)), index_(index), field_(field->number()), request_(request) {}
  const Message& request() const override { return request_; }
  void Reply(const absl::Status& status, std::string response) override {
    batch_->Take(index_, field_, status, response);
  }

 private:
  const std::shared_ptr<BatchCall> batch_;  // shared by its items: the last one answers
  const int index_;
  const int field_;
  const Message& request_;
};

const command::Method* MethodOf(const command::Book& book, const Message& request) {
  for (const command::Method& method : book.methods) {
    if (method.descriptor->input_type() == request.GetDescriptor()) return &method;
  }
  return nullptr;
}

void SubmitBatch(command::Engine& engine, std::unique_ptr<rpc::Call> call) {
  call->SetDeadlineStatus(UnknownOutcome());
  const auto& request = static_cast<const book::v1::ExecuteBatchRequest&>(call->request());
  if (request.commands_size() < 1 || request.commands_size() > kMaxBatchCommands) {
    FieldViolations bad;
    bad.Add("commands", Cat("must be 1 to ", kMaxBatchCommands));
    return call->FinishError(bad.ToStatus());
  }
  static const auto* kCommands = book::v1::Command::descriptor()->oneof_decl(0);
  const auto batch = std::make_shared<BatchCall>(std::move(call));
  std::vector<std::unique_ptr<command::Command>> commands;
  commands.reserve(request.commands_size());
  for (int i = 0; i < request.commands_size(); ++i) {
    const book::v1::Command& wrapped = request.commands(i);
    const auto* reflection = wrapped.GetReflection();
    const FieldDescriptor* field = reflection->GetOneofFieldDescriptor(wrapped, kCommands);
    if (field == nullptr) {
      FieldViolations bad;
      bad.Add(Cat("commands[", i, "].command"), "is required");
      batch->Take(i, 0, bad.ToStatus(), {});
      continue;
    }
    const Message& inner = reflection->GetMessage(wrapped, field);
    auto item = std::make_unique<BatchItem>(batch, i, field, inner);
    absl::Status status = TakeOver(batch->call(), item.get());
    const command::Method* method = MethodOf(engine.book(), inner);
    DAYBOOK_CHECK(method != nullptr);
    if (status.ok()) status = command::Prepare(*method, inner, item.get());
    if (status.ok()) {
      commands.push_back(std::move(item));
    } else {
      item->Reply(status, {});
    }
  }
  engine.Submit(std::move(commands));
}

}  // namespace

std::vector<rpc::Service> UnaryCommands(command::Engine& engine) {
  std::vector<rpc::Service> services;
  for (const auto* descriptor : CommandServices()) {
    rpc::Service service(descriptor);
    for (const command::Method& method : engine.book().methods) {
      if (method.descriptor->service() != descriptor) continue;
      service.Handle(method.descriptor->name(),
                     [&engine, &method](std::unique_ptr<rpc::Call> call) {
                       SubmitUnary(engine, method, std::move(call));
                     });
    }
    services.push_back(std::move(service));
  }
  return services;
}

rpc::Service BatchCommands(command::Engine& engine) {
  rpc::Service service("daybook.book.v1.CommandService");
  service.Handle("ExecuteBatch", [&engine](std::unique_ptr<rpc::Call> call) {
    SubmitBatch(engine, std::move(call));
  });
  service.Decline("ExecuteStream");
  return service;
}

}  // namespace daybook
