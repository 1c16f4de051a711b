// The domains as the engine sees them: a table of methods and one fold, without templates. Made
// from the domains' static functions by Books<...>() (books.h); tests may fill it by hand.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/command/decider.h"
#include "daybook/book/v1/record.pb.h"
#include "daybook/book/v1/state.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::command {

// What one decision comes to.
struct Decision {
  google::protobuf::RepeatedPtrField<book::v1::Event> events;
  std::string answer;  // the serialised response, without revision and token
};

// One method of one domain.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string name;  // full name, "daybook.billing.v1.BillingService.IssueInvoice"
  // What can be refused without any state: malformed fields, all at once.
  absl::Status (*check)(const google::protobuf::Message& request) = nullptr;
  absl::Status (*decide)(const View&, const google::protobuf::Message& request, const Context&,
                         Decision*) = nullptr;
};

struct Book {
  std::vector<Method> methods;
  // Folds one event; false: it is of a kind that this binary does not know.
  bool (*evolve)(const EventMeta&, const book::v1::Event&, book::v1::State&,
                 book::v1::PartitionState&) = nullptr;

  // Asks the processor for the memory of a state that a decision on it will look at. In steps from
  // 0 on: each may look at what the one before has asked for. Null: nothing to ask for.
  void (*prefetch)(const book::v1::State&, int step) = nullptr;
  static constexpr int kPrefetchSteps = 5;

  const Method* Find(const google::protobuf::MethodDescriptor* descriptor) const {
    for (const Method& method : methods) {
      if (method.descriptor == descriptor) return &method;
    }
    return nullptr;
  }
};

}  // namespace daybook::command
