#include "common/projection/query_router.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/base/status.h"
#include "common/log/chain.h"
#include "common/projection/answer.h"
#include "common/projection/feed.h"
#include "common/projection/reasons.h"
#include "google/protobuf/arena.h"

namespace daybook::projection {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

const std::string& TextOf(const Message& message, const FieldDescriptor* field,
                          std::string* scratch) {
  return message.GetReflection()->GetStringReference(message, field, scratch);
}

// A text field of the request that the engine sees to; null if there is none.
const FieldDescriptor* TextField(const MethodInfo& method, const char* name) {
  const FieldDescriptor* found = method.request->FindFieldByName(name);
  DAYBOOK_CHECK(found == nullptr || found->cpp_type() == FieldDescriptor::CPPTYPE_STRING);
  return found;
}

// Memory for a response, used again by the next query of the thread.
class ResponseArena {
 public:
  ResponseArena() : mine_(!busy_) {
    if (mine_) busy_ = true;
  }
  ~ResponseArena() {
    if (!mine_) return;
    Shared().Reset();
    busy_ = false;
  }
  // A query within the answer of a query gets an arena of its own.
  google::protobuf::Arena* get() { return mine_ ? &Shared() : &own_; }

 private:
  static google::protobuf::Arena& Shared() {
    alignas(8) thread_local char first[16 * 1024];
    thread_local google::protobuf::Arena arena(first, sizeof(first));
    return arena;
  }
  static thread_local bool busy_;
  bool mine_;
  google::protobuf::Arena own_;
};
thread_local bool ResponseArena::busy_ = false;

}  // namespace

QueryRouter::QueryRouter(const Topology& topology, ModelHolder& holder,
                         std::function<absl::Time()> clock, ScanQueue& scans)
    : holder_(holder), clock_(std::move(clock)), scans_(scans) {
  for (size_t i = 0; i < topology.entries().size(); ++i) {
    AddRoutes(i, topology.entries()[i].service);
  }
}

// A method is found by the type of its request; every rpc must have one.
void QueryRouter::AddRoutes(size_t projection, const ServiceInfo& info) {
  const ServiceDescriptor& service = *DescriptorOf(info);
  for (const MethodInfo& method : info.methods) {
    const MethodDescriptor* rpc = nullptr;
    for (int m = 0; m < service.method_count(); ++m) {
      if (service.method(m)->input_type() == method.request) rpc = service.method(m);
    }
    DAYBOOK_CHECK(rpc != nullptr && rpc->output_type() == method.response->GetDescriptor());
    routes_[rpc] = {projection, &method, TextField(method, "customer_id"),
                    TextField(method, "consistency_token")};
  }
  for (int m = 0; m < service.method_count(); ++m) {
    DAYBOOK_CHECK(routes_.contains(service.method(m)));  // an rpc without an answer
  }
}

// ---------------------------------------------------------------------------------------- tokens

QueryRouter::Range QueryRouter::PartitionsOf(const Route& route, const Message& request) const {
  std::string scratch;
  if (route.customer_id != nullptr) {
    const std::string& customer = TextOf(request, route.customer_id, &scratch);
    if (!customer.empty() || !route.method->scattered()) {
      const int partition = log::PartitionOf(customer, holder_.partitions());
      return {partition, partition + 1};
    }
  }
  return {0, holder_.partitions()};
}

absl::StatusOr<std::vector<log::Token>> QueryRouter::TokenOf(const Route& route,
                                                             const Message& request) const {
  if (route.consistency_token == nullptr) return std::vector<log::Token>();
  std::string scratch;
  const std::string& text = TextOf(request, route.consistency_token, &scratch);
  if (text.empty()) return std::vector<log::Token>();
  return log::DecodeTokens(text);
}

absl::Status QueryRouter::CheckToken(size_t projection, absl::Span<const log::Token> places) const {
  for (const log::Token& place : places) {
    if (place.partition < holder_.partitions()) {
      const std::optional<log::Token> newest = holder_.Newest(projection, place.partition);
      if (!newest.has_value()) continue;  // refused for that later
      if (newest->log_id.empty() || newest->log_id == place.log_id) continue;
    }
    return Refuse(reason::kTokenOtherLog, "the consistency token belongs to another log",
                  {{"log_id", place.log_id}});
  }
  return absl::OkStatus();
}

void QueryRouter::KeepAwaited(size_t projection, Range range,
                              std::vector<log::Token>* places) const {
  std::erase_if(*places, [&](const log::Token& place) {
    if (place.partition < range.first || place.partition >= range.last) return true;
    const std::optional<log::Token> newest = holder_.Newest(projection, place.partition);
    return newest.has_value() && newest->next_offset >= place.next_offset;
  });
}

void QueryRouter::Await(size_t projection, const std::vector<log::Token>& places,
                        absl::Time deadline, absl::AnyInvocable<void(absl::Status)> done) {
  struct Waits {
    std::mutex mutex;
    size_t left;
    bool over = false;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  auto waits = std::make_shared<Waits>();
  waits->left = places.size();
  waits->done = std::move(done);
  for (const log::Token& place : places) {
    holder_.WaitFor(projection, place.partition, place.next_offset, deadline,
                    [waits](const absl::Status& status) {
                      {
                        const std::lock_guard lock(waits->mutex);
                        --waits->left;
                        if (waits->over || (status.ok() && waits->left > 0)) return;
                        waits->over = true;
                      }
                      waits->done(status);
                    });
  }
}

// --------------------------------------------------------------------------------------- answers

void QueryRouter::Query(const MethodDescriptor& method, const Message& request, absl::Time deadline,
                        Answer answer) {
  const auto found = routes_.find(&method);
  if (found == routes_.end()) {
    return answer(Refuse(reason::kUnsupported, "no such query"), nullptr);
  }
  const Route& route = found->second;
  if (const absl::Status valid = route.method->check(request); !valid.ok()) {
    return answer(valid, nullptr);
  }
  absl::StatusOr<std::vector<log::Token>> places = TokenOf(route, request);
  if (!places.ok()) return answer(places.status(), nullptr);
  if (places->empty()) return Go(route, request, deadline, std::move(answer));
  if (const absl::Status ours = CheckToken(route.projection, *places); !ours.ok()) {
    return answer(ours, nullptr);
  }
  KeepAwaited(route.projection, PartitionsOf(route, request), &*places);
  if (places->empty()) return Go(route, request, deadline, std::move(answer));
  Await(route.projection, *places, deadline,
        [this, &route, &request, deadline, places = *places,
         answer = std::move(answer)](absl::Status status) mutable {
          // The log's identity may have been read only now.
          if (status.ok()) status = CheckToken(route.projection, places);
          if (!status.ok()) return answer(status, nullptr);
          Go(route, request, deadline, std::move(answer));
        });
}

void QueryRouter::Go(const Route& route, const Message& request, absl::Time deadline,
                     Answer answer) {
  if (!route.method->scans(request)) return Run(route, request, deadline, answer);
  scans_.Add(route.method, [this, &route, &request, deadline,
                            answer = std::move(answer)](const absl::Status& status) mutable {
    if (!status.ok()) return answer(status, nullptr);
    Run(route, request, deadline, answer);
  });
}

void QueryRouter::Run(const Route& route, const Message& request, absl::Time deadline,
                      Answer& answer) {
  static thread_local std::vector<PartitionReading> reused;
  std::vector<PartitionReading> partitions = std::move(reused);
  partitions.clear();
  absl::Status status = Collect(route, request, &partitions);
  if (status.ok()) {
    ResponseArena arena;
    Message* response = route.method->response->New(arena.get());
    status = AnswerFrom(*route.method, request, {clock_(), deadline, partitions}, response);
    if (status.ok()) answer(status, response);
  }
  partitions.clear();
  reused = std::move(partitions);
  if (status.ok()) return;
  // What a query refuses has a reason; else a row could not be read, or cannot be.
  if (!ReasonOf(status).empty()) return answer(status, nullptr);
  if (absl::IsDataLoss(status)) holder_.Condemn(route.projection, status);
  answer(StoppedStatus(status), nullptr);
}

absl::Status QueryRouter::Collect(const Route& route, const Message& request,
                                  std::vector<PartitionReading>* partitions) const {
  const Range range = PartitionsOf(route, request);
  for (int partition = range.first; partition < range.last; ++partition) {
    PartitionReading reading;
    RETURN_IF_ERROR(holder_.Read(route.projection, partition, &reading));
    partitions->push_back(std::move(reading));
  }
  return absl::OkStatus();
}

}  // namespace daybook::projection
