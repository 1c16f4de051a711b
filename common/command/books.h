// Makes a Book from domains:
//
//   // Of the descriptors of both services.
//   absl::StatusOr<Book> book = Books<customer::Customer, billing::Billing>(services);
//
// Where the events of a domain stand in book.v1.Event is read from descriptors: the field of type
// Domain::Event. For every rpc of the services there must be exactly one domain with that request
// in its Requests; otherwise, or if a message breaks the conventions of decider.h, the status says
// which.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/fact_table.h"
#include "common/base/status.h"
#include "common/command/book.h"
#include "common/command/decider.h"
#include "common/command/reasons.h"
#include "common/command/unusual.h"
#include "google/protobuf/arena.h"

namespace daybook::command {

// Conventions of a command's messages (decider.h); the status names what is missing.
absl::Status CheckConventions(const google::protobuf::MethodDescriptor& method);

namespace detail {

// One block that every answer fits (kMaxAnswerBytes serialised), so that a reset frees nothing.
inline google::protobuf::ArenaOptions AnswerArena() {
  thread_local char block[16 * 1024];
  google::protobuf::ArenaOptions options;
  options.initial_block = block;
  options.initial_block_size = sizeof(block);
  return options;
}
struct ResetLater {
  google::protobuf::Arena* arena;
  ~ResetLater() { arena->Reset(); }
};

// The day that it is where the request counts: by the domain's `TimeZoneOf(view, request)`, else
// UTC.
template <class Domain, class Request>
absl::CivilDay TodayOf(const View& view, const Request& request, absl::Time now) {
  if constexpr (requires { Domain::TimeZoneOf(view, request); }) {
    return absl::ToCivilDay(now, Domain::TimeZoneOf(view, request));
  } else {
    return absl::ToCivilDay(now, absl::UTCTimeZone());
  }
}

// The field of book.v1.Event that holds the domain's events; Books has seen that there is one.
template <class Domain>
const google::protobuf::FieldDescriptor* SlotOf() {
  static const google::protobuf::FieldDescriptor* const slot =
      FactsOf<book::v1::Event>().SlotOf(*Domain::Event::descriptor());
  return slot;
}

template <class Domain>
typename Domain::Event* MutablePart(book::v1::Event& event) {
  return static_cast<typename Domain::Event*>(
      event.GetReflection()->MutableMessage(&event, SlotOf<Domain>()));
}

// Null: the event is another domain's.
template <class Domain>
const typename Domain::Event* PartOf(const book::v1::Event& event) {
  const google::protobuf::FieldDescriptor* const slot = SlotOf<Domain>();
  if (static_cast<int>(event.event_case()) != slot->number()) return nullptr;
  return static_cast<const typename Domain::Event*>(
      &event.GetReflection()->GetMessage(event, slot));
}

// One number of the versions of all domains' states.
uint32_t StateVersionOf(
    const std::vector<std::pair<const google::protobuf::Descriptor*, int>>& versions);

template <class Domain>
void AppendEvents(Events<typename Domain::Event> events, EventList* out) {
  for (Dated<typename Domain::Event>& dated : events) {
    book::v1::Event* event = out->Add();
    event->mutable_effective_date()->set_year(static_cast<int>(dated.effective_date.year()));
    event->mutable_effective_date()->set_month(dated.effective_date.month());
    event->mutable_effective_date()->set_day(dated.effective_date.day());
    *MutablePart<Domain>(*event) = std::move(dated.event);
  }
}

template <class Domain, class Fact>
void ReactToOne(const View& after, const google::protobuf::Message& fact, const EventMeta& meta,
                const Context& context, EventList* out) {
  Context own = context;
  own.reacting = Domain::Event::descriptor()->full_name();
  Events<typename Domain::Event> events;
  Domain::React(after, static_cast<const Fact&>(fact), meta, own, &events);
  AppendEvents<Domain>(std::move(events), out);
}

// FAILED_PRECONDITION: no book's event holds the fact that the domain reacts to.
absl::Status ExpectFact(const google::protobuf::Descriptor& event_of_domain,
                        const google::protobuf::Descriptor& fact);

template <class Domain, class... Facts>
absl::Status AddReactions(FactList<Facts...>, Book* book) {
  const FactTable& known = FactsOf<book::v1::Event>();
  for (const auto* fact : {Facts::descriptor()...}) {
    RETURN_IF_ERROR(ExpectFact(*Domain::Event::descriptor(), *fact));
  }
  std::vector<ReactTo> table(known.size(), nullptr);
  ((table[*known.IndexOf(*Facts::descriptor())] = &ReactToOne<Domain, Facts>), ...);
  book->reactions.push_back(std::move(table));
  return absl::OkStatus();
}

// What the domain has beyond its methods and its fold.
template <class Domain>
absl::Status AddOptions(Book* book) {
  if constexpr (requires(const View& view) { Domain::Admit(view, Gate::kActive); }) {
    if (book->admit != nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("two domains admit streams; the second is that of ",
                       Domain::Event::descriptor()->full_name()));
    }
    book->admit = &Domain::Admit;
    book->gate_refusals = &Domain::GateRefusals;
  }
  if constexpr (requires { typename Domain::ReactsTo; }) {
    return AddReactions<Domain>(typename Domain::ReactsTo{}, book);
  }
  return absl::OkStatus();
}

// FAILED_PRECONDITION: book.v1.Event has no field for the domain's events.
absl::Status ExpectSlot(const google::protobuf::Descriptor& event_of_domain);

// Each once.
void AddRefusals(ReasonList reasons, std::vector<const Reason*>* all);

template <class Domain, class Request, class Response>
Method MakeMethod(const google::protobuf::MethodDescriptor* descriptor) {
  Method method;
  method.descriptor = descriptor;
  method.name = descriptor->full_name();
  method.stream_field = descriptor->input_type()->FindFieldByNumber(kStreamField)->name();
  if constexpr (requires { Domain::kGate; }) method.gate = Domain::kGate;
  AddRefusals(Domain::Refusals(descriptor->name()), &method.refusals);
  method.check = [](const google::protobuf::Message& request) {
    return Domain::Check(static_cast<const Request&>(request));
  };
  method.decide = [](const View& view, const google::protobuf::Message& request,
                     const Context& context, Decision* out) -> absl::Status {
    static const DayFields* const days = new DayFields(*Request::descriptor());
    const auto today = [&] {
      return TodayOf<Domain>(view, static_cast<const Request&>(request), context.now);
    };
    RETURN_IF_ERROR(days->Check(request, today));
    // The answer lives until it is serialised: its parts are taken from memory that is kept.
    thread_local google::protobuf::Arena arena(AnswerArena());
    Response& response = *google::protobuf::Arena::CreateMessage<Response>(&arena);
    const ResetLater reset{&arena};
    auto events = Domain::Decide(view, static_cast<const Request&>(request), context, response);
    if (!events.ok()) return events.status();
    AppendEvents<Domain>(*std::move(events), &out->events);
    response.SerializeToString(&out->answer);
    return absl::OkStatus();
  };
  return method;
}

// The response type that Decide of (Domain, Request) fills, from its signature.
template <class Domain, class Request>
struct Decided {
  template <class Response>
  static Response Probe(absl::StatusOr<Events<typename Domain::Event>> (*)(
      const View&, const Request&, const Context&, Response&));
  using Response = decltype(Probe(&Domain::Decide));
};

template <class Domain, class... Requests>
void AddMethods(const google::protobuf::MethodDescriptor* descriptor, RequestList<Requests...>,
                std::vector<Method>* out) {
  (void)((descriptor->input_type() == Requests::descriptor() &&
          (out->push_back(
               MakeMethod<Domain, Requests, typename Decided<Domain, Requests>::Response>(
                   descriptor)),
           true)) ||
         ...);
}

template <class Domain>
bool EvolveIf(const EventMeta& meta, const book::v1::Event& event, internal::book::v1::State& state,
              internal::book::v1::PartitionState& partition_state) {
  const typename Domain::Event* own = PartOf<Domain>(event);
  if (own == nullptr || own->event_case() == 0) return false;
  Domain::Evolve(meta, *own, state, partition_state);
  return true;
}

}  // namespace detail

template <class... Domains>
absl::StatusOr<Book> Books(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  Book book;
  for (const auto* event : {Domains::Event::descriptor()...}) {
    RETURN_IF_ERROR(detail::ExpectSlot(*event));
  }
  book.state_version =
      detail::StateVersionOf({{Domains::Event::descriptor(), Domains::kStateVersion}...});
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* descriptor = service->method(i);
      RETURN_IF_ERROR(CheckConventions(*descriptor));
      const size_t before = book.methods.size();
      (detail::AddMethods<Domains>(descriptor, typename Domains::Requests{}, &book.methods), ...);
      if (book.methods.size() != before + 1) {
        return absl::FailedPreconditionError(
            absl::StrCat(descriptor->full_name(), " has ", book.methods.size() - before,
                         " handlers; list its request in exactly one domain's Requests"));
      }
    }
  }
  absl::Status options;
  (void)((options = detail::AddOptions<Domains>(&book), options.ok()) && ...);
  RETURN_IF_ERROR(options);
  book.find_open_items = &OpenItemsOf<Domains...>;
  for (Method& method : book.methods) {
    detail::AddRefusals(reason::kEngineReasons, &method.refusals);
    if (method.gate == Gate::kAny || book.gate_refusals == nullptr) continue;
    detail::AddRefusals(book.gate_refusals(method.gate), &method.refusals);
  }
  book.evolve = [](const EventMeta& meta, const book::v1::Event& event,
                   internal::book::v1::State& state,
                   internal::book::v1::PartitionState& partition_state) {
    return (detail::EvolveIf<Domains>(meta, event, state, partition_state) || ...);
  };
  return book;
}

}  // namespace daybook::command
