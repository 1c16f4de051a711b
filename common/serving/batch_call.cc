#include "common/serving/batch_call.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/wire.h"
#include "common/command/prepare.h"
#include "common/serving/command_calls.h"
#include "common/serving/command_origin.h"

namespace daybook {
namespace {

using google::protobuf::Message;

// Details of refusals in one answer; those beyond it come without.
constexpr int64_t kMaxDetailBytes = 2 << 20;

// A call of ExecuteBatch until its last outcome is there. Results are kept serialised: the engine
// gives them so, and so they go out.
class BatchCall {
 public:
  explicit BatchCall(std::unique_ptr<rpc::Call> call)
      : call_(std::move(call)), results_(request().commands_size()), left_(results_.size()) {}

  const book::v1::ExecuteBatchRequest& request() const {
    return static_cast<const book::v1::ExecuteBatchRequest&>(call_->request());
  }

  // The outcome of command `index`, once each, from any thread. The last one answers the call.
  void Take(int index, int field, const absl::Status& status, std::string response,
            bool already_recorded) {
    if (status.ok()) {
      results_[index] = {field, std::move(response), already_recorded};
    } else {
      results_[index] = {book::v1::CommandResult::kStatusFieldNumber, Refusal(status), false};
    }
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) Answer();
  }

 private:
  struct Result {
    int field = 0;
    std::string bytes;
    bool already_recorded = false;

    size_t size() const {
      return wire::BytesSize(field, bytes.size()) +
             (already_recorded ? kAlreadyRecorded.size() : 0);
    }
  };

  std::string Refusal(const absl::Status& status) {
    if (details_room_.load(std::memory_order_relaxed) <= 0) return StatusBytes(status, false);
    std::string bytes = StatusBytes(status, true);
    const auto size = static_cast<int64_t>(bytes.size());
    if (details_room_.fetch_sub(size, std::memory_order_relaxed) > 0) return bytes;
    return StatusBytes(status, false);
  }

  void Answer() {
    constexpr int kResults = book::v1::ExecuteBatchResponse::kResultsFieldNumber;
    size_t bytes = 0;
    for (const Result& result : results_) {
      bytes += wire::BytesSize(kResults, result.size());
    }
    std::string response;
    response.reserve(bytes);
    for (const Result& result : results_) {
      wire::AppendBytesHeader(kResults, result.size(), &response);
      wire::AppendBytes(result.field, result.bytes, &response);
      if (result.already_recorded) response += kAlreadyRecorded;
    }
    call_->FinishSerialized(std::move(response));
  }

  const std::unique_ptr<rpc::Call> call_;
  std::vector<Result> results_;
  std::atomic<size_t> left_;
  std::atomic<int64_t> details_room_{kMaxDetailBytes};
};

const absl::Status& TooLate() {
  static const absl::Status* status = new absl::Status(
      Refuse(reason::kDeadlineExceeded,
             "the deadline came before this command was looked at; this attempt recorded nothing"));
  return *status;
}

class BatchItem : public command::Command {
 public:
  BatchItem(std::shared_ptr<BatchCall> batch, int index, const CommandKinds::Kind& kind,
            const Message& request)
      : batch_(std::move(batch)), index_(index), kind_(kind), request_(request) {}
  const Message& request() const override { return request_; }
  void Reply(const absl::Status& status, std::string response) override {
    batch_->Take(index_, CommandKinds::ResultField(kind_), status,
                 CommandKinds::Result(kind_, std::move(response)), already_recorded);
  }

 private:
  const std::shared_ptr<BatchCall> batch_;  // shared by its items: the last one answers
  const int index_;
  const CommandKinds::Kind& kind_;
  const Message& request_;
};

}  // namespace

void SubmitBatch(command::Engine& engine, const CommandKinds& kinds,
                 std::unique_ptr<rpc::Call> call) {
  call->SetDeadlineStatus(UnknownOutcome());
  const auto& request = static_cast<const book::v1::ExecuteBatchRequest&>(call->request());
  if (request.commands_size() < 1 || request.commands_size() > kMaxBatchCommands) {
    FieldViolations bad;
    bad.Add("commands", Cat("must be 1 to ", kMaxBatchCommands));
    return call->FinishError(bad.ToStatus());
  }
  const auto origin = CommandOrigin::Of(*call);
  if (!origin.ok()) return call->FinishError(origin.status());
  const absl::Time deadline = DecideBy(call->deadline(), WallNow());
  const auto batch = std::make_shared<BatchCall>(std::move(call));
  std::vector<std::unique_ptr<command::Command>> commands;
  commands.reserve(request.commands_size());
  for (int i = 0; i < request.commands_size(); ++i) {
    // Who waits no longer must not keep others waiting: this thread answers everybody.
    if (WallNow() >= deadline) {
      batch->Take(i, 0, TooLate(), {}, false);
      continue;
    }
    const CommandKinds::Kind* kind = kinds.Of(request.commands(i));
    if (kind == nullptr) {
      FieldViolations bad;
      bad.Add(Cat("commands[", i, "].command"), "is required");
      batch->Take(i, 0, bad.ToStatus(), {}, false);
      continue;
    }
    const Message& inner = CommandKinds::Request(*kind, request.commands(i));
    auto item = std::make_unique<BatchItem>(batch, i, *kind, inner);
    origin->Fill(deadline, item.get());
    const absl::Status status = command::Prepare(*kind->method, inner, item.get());
    if (status.ok()) {
      commands.push_back(std::move(item));
    } else {
      engine.Refuse(std::move(item), status);
    }
  }
  engine.Submit(std::move(commands));
}

}  // namespace daybook
