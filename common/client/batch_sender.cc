#include "common/client/batch_sender.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/rpc/details.h"

namespace daybook {
namespace {

// Of every request of a command.
constexpr int kCustomerIdField = 1;

const google::protobuf::MethodDescriptor& ExecuteBatch() {
  static const auto* method = book::v1::ExecuteBatchRequest::descriptor()
                                  ->file()
                                  ->FindServiceByName("CommandService")
                                  ->FindMethodByName("ExecuteBatch");
  return *method;
}

// Which of the commands at `sent` must go again: those without an outcome, and whatever stands
// behind one of them and is of the same customer.
std::vector<size_t> SendAgain(const std::vector<book::v1::Command>& commands,
                              const std::vector<size_t>& sent,
                              const std::vector<book::v1::CommandResult>& results) {
  std::vector<size_t> again;
  std::set<std::string_view> waiting;
  for (const size_t i : sent) {
    const std::string& customer = CustomerOf(commands[i]);
    if (WorthSendingAgain(static_cast<absl::StatusCode>(results[i].status().code()))) {
      waiting.insert(customer);
    }
    if (waiting.count(customer) > 0) again.push_back(i);
  }
  return again;
}

// The last error, and that there were many.
absl::Status GaveUp(const absl::Status& last, absl::Duration after) {
  absl::Status status(last.code(),
                      ToAbsl(Cat("gave up after ", absl::ToInt64Seconds(after),
                                 " s in which no command was taken: ", last.message())));
  last.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace

bool WorthSendingAgain(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kResourceExhausted ||
         code == absl::StatusCode::kDeadlineExceeded;
}

bool WorthSendingAgain(const absl::Status& status) {
  return WorthSendingAgain(status.code()) && ReasonOf(status) != reason::kNotServedHere.name;
}

const std::string& CustomerOf(const book::v1::Command& command) {
  static const std::string nobody;
  static thread_local std::string scratch;
  // Every request has its customer under the same number.
  const auto* which = command.GetReflection()->GetOneofFieldDescriptor(
      command, book::v1::Command::descriptor()->oneof_decl(0));
  if (which == nullptr) return nobody;
  const google::protobuf::Message& request = command.GetReflection()->GetMessage(command, which);
  const auto* field = request.GetDescriptor()->FindFieldByNumber(kCustomerIdField);
  return request.GetReflection()->GetStringReference(request, field, &scratch);
}

absl::Status StatusOf(const book::v1::CommandResult& result) {
  return rpc::DecodeDetails(static_cast<absl::StatusCode>(result.status().code()),
                            result.status().message(), result.status().SerializeAsString());
}

BatchSender::BatchSender(rpc::Client* client, BatchSenderOptions options)
    : client_(client), options_(options) {}

absl::StatusOr<std::vector<book::v1::CommandResult>> BatchSender::Send(
    const std::vector<book::v1::Command>& commands) {
  std::vector<book::v1::CommandResult> results(commands.size());
  std::vector<size_t> left(commands.size());
  std::iota(left.begin(), left.end(), 0);
  in_doubt_.assign(commands.size(), false);
  absl::Duration wait = options_.first_wait;
  absl::Time last_progress = WallNow();
  std::minstd_rand random(std::random_device{}());

  while (!left.empty()) {
    if (options_.stop != nullptr && options_.stop->load()) return absl::CancelledError("stopped");
    book::v1::ExecuteBatchRequest request;
    for (const size_t i : left) *request.add_commands() = commands[i];
    book::v1::ExecuteBatchResponse response;
    absl::Status status =
        client_->Call(ExecuteBatch(), request, &response, WallNow() + options_.call_deadline);
    if (status.ok() && response.results_size() != request.commands_size()) {
      return absl::InternalError(Cat("the server gave ", response.results_size(), " results for ",
                                     request.commands_size(), " commands"));
    }
    if (status.ok()) {
      for (size_t n = 0; n < left.size(); ++n) {
        results[left[n]] = std::move(*response.mutable_results(static_cast<int>(n)));
      }
      std::vector<size_t> again = SendAgain(commands, left, results);
      if (again.size() < left.size()) {
        last_progress = WallNow();
        wait = options_.first_wait;
        if (options_.notice != nullptr) options_.notice->Succeeded();
      }
      left = std::move(again);
      if (left.empty()) break;
      status = StatusOf(results[left[0]]);
    } else if (!WorthSendingAgain(status)) {
      return status;
    }
    for (const size_t i : left) in_doubt_[i] = true;
    const absl::Time now = WallNow();
    const absl::Time give_up = last_progress + options_.give_up;
    if (now > give_up) return GaveUp(status, now - last_progress);
    if (options_.notice != nullptr) options_.notice->Failed(status, last_progress, give_up, now);
    absl::SleepFor(wait * std::uniform_real_distribution<double>(0.5, 1.0)(random));
    wait = std::min(2 * wait, options_.longest_wait);
  }
  return results;
}

}  // namespace daybook
