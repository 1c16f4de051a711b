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
  // Parts that `decide` looks at, without those of open items; see Book::ReadsOf.
  PartSet reads = PartSet::All();
  bool asks_open_items = false;
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

// One more than the largest number of a field of book.v1.Event.
size_t EventNumbers();

// A domain that reacts.
struct Reaction {
  // By index in FactsOf<book::v1::Event>, null for what it does not listen to.
  std::vector<ReactTo> to;
  // Parts that it looks at, its own among them.
  PartSet reads = PartSet::All();
  // Indices of the facts that it says.
  std::vector<size_t> says = {};
};

// What the events of one book do.
struct Fold {
  // Folds one event into the part of its book, which must be held; false: it is of a kind that this
  // binary does not know. Null: so are all.
  bool (*evolve)(const EventMeta&, const book::v1::Event&, Parts&,
                 internal::book::v1::PartitionState&) = nullptr;
  // The part.
  PartSet changes = {};
};

struct Book {
  std::vector<Method> methods;
  // Of what `folds` make: another number, other states (a cache of them is folded anew).
  uint32_t state_version = 0;
  // One for each number of a field of book.v1.Event, where it has a book.
  std::vector<Fold> folds = std::vector<Fold>(EventNumbers());
  // Whether a stream may take commands of a gate; null: every stream may.
  absl::Status (*admit)(const View&, Gate) = nullptr;
  PartSet admit_reads = PartSet::All();
  // Why it says no; null: it does not.
  ReasonList (*gate_refusals)(Gate) = nullptr;
  // What is open in all books.
  FindOpenItems find_open_items = nullptr;
  PartSet open_items_read;

  // The next domain in wiring order that reacts.
  void AddReaction(Reaction reaction);
  bool has_reactions() const { return !reactions_.empty(); }

  const Method* Find(const google::protobuf::MethodDescriptor* descriptor) const {
    for (const Method& method : methods) {
      if (method.descriptor == descriptor) return &method;
    }
    return nullptr;
  }

  // The parts that a method's Decide looks at, and those that it and its gate do.
  PartSet ReadsOf(const Method& method) const;
  PartSet LoadsOf(const Method& method) const;
  bool Evolve(const EventMeta& meta, const book::v1::Event& event, Parts& parts,
              internal::book::v1::PartitionState& partition_state) const {
    const Fold& fold = folds[static_cast<size_t>(event.event_case())];
    return fold.evolve != nullptr && fold.evolve(meta, event, parts, partition_state);
  }
  // The parts that events change.
  PartSet ChangesOf(const EventList& events) const;
  // The parts that React looks at for these events, which stand in a decision: none if no domain
  // reacts to them.
  PartSet ReactionReads(const EventList& events) const;

  // What becomes of one command. First whether its stream is admitted, and what its domain decides:
  // refuses what the gate and the domain refuse. `view` must hold LoadsOf(method).
  absl::Status Decide(const Method& method, View view, const google::protobuf::Message& request,
                      const Context& context, Decision* decision) const;
  // Then what other domains say to that, in the same decision. `before` must hold
  // ReactionReads(*events) and ChangesOf(*events). The same arguments always make the same.
  void React(const View& before, const Context& context, EventList* events) const;

 private:
  std::vector<Reaction> reactions_;
  std::vector<PartSet> reaction_reads_;  // by index of a fact that a command says
};

}  // namespace daybook::command
