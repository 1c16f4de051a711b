#include "tests/support/load.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/status.h"

namespace daybook {
namespace {

using Outcome = IssuedCommand::Outcome;

constexpr absl::Duration kSendAgain = absl::Milliseconds(5);
// When there is nobody at the endpoint.
constexpr absl::Duration kSendAgainLater = absl::Milliseconds(50);

// What a client may conclude nothing from.
bool IsOpen(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return true;
    // What gRPC itself makes of a connection that breaks.
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return ReasonOf(status).empty();
    default:
      return false;
  }
}

std::string Label(const absl::Status& status) {
  if (status.ok()) return "OK";
  const std::string reason = ReasonOf(status);
  return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
}

std::string PathOf(const std::string& method) {
  const size_t dot = method.rfind('.');
  return absl::StrCat("/", method.substr(0, dot), "/", method.substr(dot + 1));
}

}  // namespace

Load::Load(LoadOptions options) : options_(std::move(options)), random_(options_.seed) {
  for (int i = 0; i < options_.customers; ++i) {
    customers_.push_back({LoadCustomer(options_.name, i), 0, 0});
  }
}

Load::~Load() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (pump_.joinable()) pump_.join();
  clients_.clear();  // their callbacks use what follows
}

void Load::Connect(const std::string& endpoint) {
  auto client = std::make_shared<rpc::Client>(
      endpoint, rpc::ClientOptions{.window = 4 * options_.in_flight + 64});
  {
    const std::lock_guard lock(mutex_);
    std::swap(clients_[endpoint], client);
  }
  changed_.notify_all();
}

void Load::Disconnect(const std::string& endpoint) {
  std::shared_ptr<rpc::Client> client;
  {
    const std::lock_guard lock(mutex_);
    const auto it = clients_.find(endpoint);
    if (it == clients_.end()) return;
    client = std::move(it->second);
    clients_.erase(it);
  }
}

void Load::Start() {
  pump_ = std::thread([this] { Pump(); });
}

bool Load::Finish(absl::Duration at_most) {
  std::unique_lock lock(mutex_);
  finishing_ = true;
  const bool done = changed_.wait_until(lock, absl::ToChronoTime(absl::Now() + at_most),
                                        [this] { return open_ == 0; });
  stop_ = true;
  lock.unlock();
  changed_.notify_all();
  pump_.join();
  std::map<std::string, std::shared_ptr<rpc::Client>> clients;
  {
    const std::lock_guard again(mutex_);
    std::swap(clients, clients_);
  }
  clients.clear();  // no callback comes after this
  return done;
}

int64_t Load::accepted() {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool Load::WaitForAccepted(int64_t count, absl::Duration at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, absl::ToChronoTime(absl::Now() + at_most),
                             [&] { return accepted_ >= count; });
}

std::vector<IssuedCommand> Load::Commands() const { return {commands_.begin(), commands_.end()}; }

std::string Load::Summary() {
  const std::lock_guard lock(mutex_);
  std::string text = absl::StrCat(commands_.size(), " commands, ", accepted_, " accepted, ", open_,
                                  " open, ", in_flight_, " under way; answers:");
  for (const auto& [label, count] : answers_) absl::StrAppend(&text, " ", label, " ", count);
  return text;
}

bool Load::AnyConnected() const {
  return std::any_of(clients_.begin(), clients_.end(),
                     [](const auto& entry) { return entry.second != nullptr; });
}

void Load::Pump() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    const absl::Time now = absl::Now();
    absl::Time wake = now + absl::Milliseconds(100);
    Job job;
    if (in_flight_ < options_.in_flight && AnyConnected() && NextJob(now, &job, &wake)) {
      if (!Send(job)) {
        job.not_before = now + kSendAgain;
        later_.push(job);
      }
      continue;
    }
    changed_.wait_until(lock, absl::ToChronoTime(wake));
  }
}

bool Load::NextJob(absl::Time now, Job* job, absl::Time* wake) {
  if (!later_.empty()) {
    if (later_.top().not_before <= now) {
      *job = later_.top();
      later_.pop();
      return true;
    }
    *wake = std::min(*wake, later_.top().not_before);
  }
  return NewCommand(now, job, wake);
}

bool Load::NewCommand(absl::Time now, Job* job, absl::Time* wake) {
  if (finishing_ || static_cast<int64_t>(commands_.size()) >= options_.max_commands) return false;
  if (next_new_ > now) {
    *wake = std::min(*wake, next_new_);
    return false;
  }
  std::uniform_int_distribution<size_t> any(0, customers_.size() - 1);
  for (int attempt = 0; attempt < 8; ++attempt) {
    const size_t chosen = any(random_);
    Customer& customer = customers_[chosen];
    if (customer.story.busy() || customer.in_flight >= options_.in_flight_per_customer) continue;
    // Pauses are not caught up with.
    next_new_ = std::max(next_new_, now - absl::Milliseconds(5)) +
                absl::Seconds(1) / options_.commands_per_second;
    IssuedCommand command =
        customer.story.Next(absl::StrCat(options_.name, "-", commands_.size()), random_);
    command.begun = ++clock_;
    commands_.push_back(std::move(command));
    customer_of_.push_back(chosen);
    ++customer.in_flight;
    ++open_;
    job->command = commands_.size() - 1;
    return true;
  }
  return false;
}

bool Load::Send(const Job& job) {
  Customer& customer = CustomerOf(job);
  // The next one that there is a connection to.
  size_t endpoint = customer.endpoint;
  std::shared_ptr<rpc::Client> client;
  for (size_t i = 0; i < options_.endpoints.size() && client == nullptr; ++i) {
    endpoint = (customer.endpoint + i) % options_.endpoints.size();
    const auto it = clients_.find(options_.endpoints[endpoint]);
    if (it != clients_.end()) client = it->second;
  }
  if (client == nullptr) return false;
  SendTo(endpoint, *client, job);
  if (!options_.to_all) return true;
  Job twin = job;
  twin.twin = true;
  for (size_t other = 0; other < options_.endpoints.size(); ++other) {
    if (other == endpoint) continue;
    const auto it = clients_.find(options_.endpoints[other]);
    if (it != clients_.end() && it->second != nullptr) SendTo(other, *it->second, twin);
  }
  return true;
}

void Load::SendTo(size_t endpoint, rpc::Client& client, const Job& job) {
  IssuedCommand& command = commands_[job.command];
  ++command.sends;
  ++in_flight_;
  client.CallAsync(PathOf(command.method), command.request, absl::Now() + options_.call_timeout,
                   [this, job, endpoint](const absl::Status& status, const std::string& response) {
                     OnAnswer(job, endpoint, status, response);
                   });
}

void Load::OnAnswer(const Job& job, size_t endpoint, const absl::Status& status,
                    const std::string& response) {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    ++answers_[(job.again ? "again " : "") + Label(status)];
    Customer& customer = CustomerOf(job);
    const IssuedCommand& command = commands_[job.command];
    const bool settled = !job.again && command.outcome != Outcome::kUnknown;
    if (settled || (job.twin && (job.again || IsOpen(status)))) {
      if (!IsOpen(status)) Compare(command, status, response);
    } else if (IsOpen(status)) {
      Redirect(customer, endpoint, status);
      const absl::Duration wait = ReasonOf(status).empty() ? kSendAgainLater : kSendAgain;
      later_.push({absl::Now() + wait, job.command, job.again});
    } else {
      customer.endpoint = endpoint;
      Settle(job, status, response);
    }
  }
  changed_.notify_all();
}

void Load::Settle(const Job& job, const absl::Status& status, const std::string& response) {
  IssuedCommand& command = commands_[job.command];
  --open_;
  if (job.again) return Compare(command, status, response);
  Customer& customer = CustomerOf(job);
  --customer.in_flight;
  command.ended = ++clock_;
  if (!status.ok()) {
    command.outcome = Outcome::kRefused;
    command.reason = Label(status);
    return;
  }
  command.outcome = Outcome::kAccepted;
  command.response = AsFirstGiven(response);
  ++accepted_;
  customer.story.Accepted(command);
  if (std::uniform_real_distribution<double>()(random_) < options_.resent) {
    ++open_;
    const auto delay = absl::Milliseconds(std::uniform_int_distribution<int>(0, 500)(random_));
    later_.push({absl::Now() + delay, job.command, true});
  }
}

void Load::Compare(const IssuedCommand& command, const absl::Status& status,
                   const std::string& response) {
  if (command.outcome == Outcome::kRefused) {
    if (Label(status) == command.reason) return;
    violations_.Add(absl::StrCat("command ", command.request_id, " was refused and, sent again, ",
                                 status.ok() ? "accepted" : status.ToString()));
  } else if (!status.ok()) {
    violations_.Add(absl::StrCat("command ", command.request_id,
                                 " was accepted and, sent again, refused: ", status.ToString()));
  } else if (AsFirstGiven(response) != command.response) {
    violations_.Add(absl::StrCat("command ", command.request_id,
                                 " was answered otherwise when it was sent again"));
  }
}

std::string AsFirstGiven(std::string response) {
  constexpr std::string_view kAlreadyRecorded = "\x80\x01\x01";  // field 16, true
  if (absl::EndsWith(response, {kAlreadyRecorded.data(), kAlreadyRecorded.size()})) {
    response.resize(response.size() - kAlreadyRecorded.size());
  }
  return response;
}

void Load::Redirect(Customer& customer, size_t endpoint, const absl::Status& status) {
  if (customer.endpoint != endpoint) return;  // another answer has moved it already
  const std::string named = MetadataOf(status, "endpoint");
  const auto it = std::find(options_.endpoints.begin(), options_.endpoints.end(), named);
  customer.endpoint = it != options_.endpoints.end()
                          ? static_cast<size_t>(it - options_.endpoints.begin())
                          : (endpoint + 1) % options_.endpoints.size();
}

}  // namespace daybook
