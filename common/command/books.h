// Makes a Book from domains:
//
//   // Of the descriptors of both services.
//   absl::StatusOr<Book> book = Books<customer::Customer, billing::Billing>(services);
//
// Where the events of a domain stand in book.v1.Event is read from descriptors: the field of type
// Domain::Event. So is where its part stands in State: the field of the type that Evolve has. For
// every rpc of the services there must be exactly one domain with that request in its Requests;
// otherwise, or if a message breaks the conventions of decider.h, the status says which.
#pragma once

#include <string>
#include <type_traits>
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

template <class Event, class Part>
Part PartIn(void (*)(const EventMeta&, const Event&, Part&, internal::book::v1::PartitionState&));
template <class... Parts>
PartSet SetOf(PartList<Parts...>) {
  return PartSet::Of<Parts...>();
}
template <class Request, class... Requests>
constexpr bool Has(RequestList<Requests...>) {
  return (std::is_same_v<Request, Requests> || ...);
}

}  // namespace detail

// The part of the state that the domain's events are folded into.
template <class Domain>
using OwnPart = decltype(detail::PartIn(&Domain::Evolve));

// The parts that the domain looks at: its own, and those that it declares.
template <class Domain>
PartSet PartsOf() {
  PartSet parts = PartSet::Of<OwnPart<Domain>>();
  if constexpr (requires { typename Domain::Reads; }) {
    parts |= detail::SetOf(typename Domain::Reads{});
  }
  return parts;
}

// Whether the Decide of such a request asks for what is open.
template <class Domain, class Request>
constexpr bool AsksOpenItems() {
  if constexpr (requires { typename Domain::AsksOpenItems; }) {
    return detail::Has<Request>(typename Domain::AsksOpenItems{});
  }
  return false;
}

// Of all domains that have `Blocks`: what is open there, and the parts that say it.
template <class... Domains>
void OpenItemsOf(const View& view, OpenItems* open) {
  const auto add = [&]<class Domain>(const Domain*) {
    if constexpr (requires { &Domain::Blocks; }) {
      Domain::Blocks(view.part<OwnPart<Domain>>(), open);
    }
  };
  (add(static_cast<const Domains*>(nullptr)), ...);
}
template <class... Domains>
PartSet OpenItemParts() {
  PartSet parts;
  const auto add = [&]<class Domain>(const Domain*) {
    if constexpr (requires { &Domain::Blocks; }) parts |= PartSet::Of<OwnPart<Domain>>();
  };
  (add(static_cast<const Domains*>(nullptr)), ...);
  return parts;
}

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
typename Domain::Event* MutableEvent(book::v1::Event& event) {
  return static_cast<typename Domain::Event*>(
      event.GetReflection()->MutableMessage(&event, SlotOf<Domain>()));
}

// The event must be the domain's.
template <class Domain>
const typename Domain::Event& EventOf(const book::v1::Event& event) {
  return static_cast<const typename Domain::Event&>(
      event.GetReflection()->GetMessage(event, SlotOf<Domain>()));
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
    *MutableEvent<Domain>(*event) = std::move(dated.event);
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

// The facts that a domain's events hold, by their indices.
std::vector<size_t> FactsIn(const google::protobuf::Descriptor& event_of_domain);

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
  book->AddReaction({std::move(table), PartsOf<Domain>(), FactsIn(*Domain::Event::descriptor())});
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
    book->admit_reads = PartsOf<Domain>();
    book->gate_refusals = &Domain::GateRefusals;
  }
  if constexpr (requires { typename Domain::ReactsTo; }) {
    return AddReactions<Domain>(typename Domain::ReactsTo{}, book);
  }
  return absl::OkStatus();
}

// FAILED_PRECONDITION: book.v1.Event has no field for the domain's events; State has none for one
// of its parts.
absl::Status ExpectSlot(const google::protobuf::Descriptor& event_of_domain);
absl::Status ExpectPart(const google::protobuf::Descriptor& event_of_domain,
                        const google::protobuf::Descriptor& part);

template <class Domain, class... Parts>
absl::Status ExpectParts(PartList<Parts...>) {
  absl::Status status;
  (void)((status = ExpectPart(*Domain::Event::descriptor(), *Parts::descriptor()), status.ok()) &&
         ...);
  return status;
}

template <class Domain>
bool EvolveOne(const EventMeta& meta, const book::v1::Event& event, Parts& parts,
               internal::book::v1::PartitionState& partition_state) {
  const typename Domain::Event& own = EventOf<Domain>(event);
  if (own.event_case() == 0) return false;
  Domain::Evolve(meta, own, parts.Edit<OwnPart<Domain>>(), partition_state);
  return true;
}

// What the domain's events do; its parts must stand where they should.
template <class Domain>
absl::Status AddFold(Book* book) {
  RETURN_IF_ERROR(ExpectParts<Domain>(PartList<OwnPart<Domain>>{}));
  if constexpr (requires { typename Domain::Reads; }) {
    RETURN_IF_ERROR(ExpectParts<Domain>(typename Domain::Reads{}));
  }
  book->folds[static_cast<size_t>(SlotOf<Domain>()->number())] = {&EvolveOne<Domain>,
                                                                  PartSet::Of<OwnPart<Domain>>()};
  return absl::OkStatus();
}

// Each once.
void AddRefusals(ReasonList reasons, std::vector<const Reason*>* all);

template <class Domain, class Request, class Response>
Method MakeMethod(const google::protobuf::MethodDescriptor* descriptor) {
  Method method;
  method.descriptor = descriptor;
  method.name = descriptor->full_name();
  method.stream_field = descriptor->input_type()->FindFieldByNumber(kStreamField)->name();
  if constexpr (requires { Domain::kGate; }) method.gate = Domain::kGate;
  method.reads = PartsOf<Domain>();
  method.asks_open_items = AsksOpenItems<Domain, Request>();
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

}  // namespace detail

template <class... Domains>
absl::StatusOr<Book> Books(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  for (const auto* event : {Domains::Event::descriptor()...}) {
    RETURN_IF_ERROR(detail::ExpectSlot(*event));
  }
  Book book;
  absl::Status status;
  (void)((status = detail::AddFold<Domains>(&book), status.ok()) && ...);
  RETURN_IF_ERROR(status);
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
  (void)((status = detail::AddOptions<Domains>(&book), status.ok()) && ...);
  RETURN_IF_ERROR(status);
  book.find_open_items = &OpenItemsOf<Domains...>;
  book.open_items_read = OpenItemParts<Domains...>();
  for (Method& method : book.methods) {
    detail::AddRefusals(reason::kEngineReasons, &method.refusals);
    if (method.gate == Gate::kAny || book.gate_refusals == nullptr) continue;
    detail::AddRefusals(book.gate_refusals(method.gate), &method.refusals);
  }
  return book;
}

}  // namespace daybook::command
