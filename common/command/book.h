// The domains as the engine sees them: a table of methods, one fold, and what domains say to the
// events of each other, without templates. Made from the domains' static functions by Books<...>()
// (books.h); tests may fill it by hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/reasons.h"
#include "common/command/decider.h"
#include "daybook/book/v1/record.pb.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace daybook::command {

using EventList = google::protobuf::RepeatedPtrField<book::v1::Event>;

// What one decision comes to.
struct Decision {
  EventList events;
  std::string answer;  // the serialised response, without revision and token
};

// One method of one domain.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string name;  // full name, "daybook.billing.v1.BillingService.IssueInvoice"
  // What the service calls its streams: `customer_id`, the name of field 1 of its requests.
  std::string stream_field;
  // Asked of the book that admits streams, before `decide`.
  Gate gate = Gate::kAny;
  // All reasons that it may be refused for: the engine's, the gate's and its domain's.
  std::vector<const Reason*> refusals;
  // What can be refused without any state: malformed fields, all at once.
  absl::Status (*check)(const google::protobuf::Message& request) = nullptr;
  absl::Status (*decide)(const View&, const google::protobuf::Message& request, const Context&,
                         Decision*) = nullptr;

  // A stream of the service, for people: "customer".
  std::string stream_noun() const;
};

// What a domain says to one fact of any book: appends its own events.
using ReactTo = void (*)(const View& after, const google::protobuf::Message& fact,
                         const EventMeta& meta, const Context& context, EventList* events);

struct Book {
  std::vector<Method> methods;
  // Of what `evolve` makes: another number, other states (a cache of them is folded anew).
  uint32_t state_version = 0;
  // Folds one event; false: it is of a kind that this binary does not know.
  bool (*evolve)(const EventMeta&, const book::v1::Event&, internal::book::v1::State&,
                 internal::book::v1::PartitionState&) = nullptr;
  // Whether a stream may take commands of a gate; null: every stream may.
  absl::Status (*admit)(const View&, Gate) = nullptr;
  // Why it says no; null: it does not.
  ReasonList (*gate_refusals)(Gate) = nullptr;
  // What is open in all books; null: nothing ever is.
  FindOpenItems find_open_items = nullptr;
  // One table for each domain that reacts, in wiring order: by index in FactsOf<book::v1::Event>,
  // null for what it does not listen to.
  std::vector<std::vector<ReactTo>> reactions;

  const Method* Find(const google::protobuf::MethodDescriptor* descriptor) const {
    for (const Method& method : methods) {
      if (method.descriptor == descriptor) return &method;
    }
    return nullptr;
  }

  // All that becomes of one command: whether its stream is admitted, what its domain decides, and
  // what other domains say to that, in one decision. Refuses what the gate and the domain refuse.
  // The same arguments always make the same decision.
  absl::Status Decide(const Method& method, View view, const google::protobuf::Message& request,
                      const Context& context, Decision* decision) const;

 private:
  bool IsReactedTo(const EventList& events) const;
  void React(const View& before, const Context& context, EventList* events) const;
};

}  // namespace daybook::command
