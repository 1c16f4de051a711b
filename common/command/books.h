// Makes a Book from domains:
//
//   // Of the descriptors of both services.
//   absl::StatusOr<Book> book = Books<customer::Customer, billing::Billing>(services);
//
// For every rpc of the services there must be exactly one domain with that request in its Requests;
// otherwise, or if a message breaks the conventions of decider.h, the status says which.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/book.h"
#include "common/command/decider.h"
#include "common/command/unusual.h"
#include "google/protobuf/arena.h"

namespace daybook::command {

// Where a domain's event stands in the book's event: the one line a domain needs here.
inline customer::v1::Event* Slot(book::v1::Event& e, const customer::v1::Event*) {
  return e.mutable_customer();
}
inline billing::v1::Event* Slot(book::v1::Event& e, const billing::v1::Event*) {
  return e.mutable_billing();
}
inline const customer::v1::Event* Peek(const book::v1::Event& e, const customer::v1::Event*) {
  return e.has_customer() ? &e.customer() : nullptr;
}
inline const billing::v1::Event* Peek(const book::v1::Event& e, const billing::v1::Event*) {
  return e.has_billing() ? &e.billing() : nullptr;
}

// Conventions of a command's messages (decider.h); the status names what is missing.
absl::Status CheckConventions(const google::protobuf::MethodDescriptor& method);

namespace internal {

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

template <class Domain, class Request, class Response>
Method MakeMethod(const google::protobuf::MethodDescriptor* descriptor) {
  Method method;
  method.descriptor = descriptor;
  method.name = descriptor->full_name();
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
    for (auto& dated : *events) {
      book::v1::Event* event = out->events.Add();
      event->mutable_effective_date()->set_year(static_cast<int>(dated.effective_date.year()));
      event->mutable_effective_date()->set_month(dated.effective_date.month());
      event->mutable_effective_date()->set_day(dated.effective_date.day());
      *Slot(*event, static_cast<const typename Domain::Event*>(nullptr)) = std::move(dated.event);
    }
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
bool EvolveIf(const EventMeta& meta, const book::v1::Event& event, book::v1::State& state,
              book::v1::PartitionState& partition_state) {
  const auto* own = Peek(event, static_cast<const typename Domain::Event*>(nullptr));
  if (own == nullptr || own->event_case() == 0) return false;
  Domain::Evolve(meta, *own, state, partition_state);
  return true;
}

}  // namespace internal

template <class... Domains>
absl::StatusOr<Book> Books(
    const std::vector<const google::protobuf::ServiceDescriptor*>& services) {
  Book book;
  for (const auto* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* descriptor = service->method(i);
      RETURN_IF_ERROR(CheckConventions(*descriptor));
      const size_t before = book.methods.size();
      (internal::AddMethods<Domains>(descriptor, typename Domains::Requests{}, &book.methods), ...);
      if (book.methods.size() != before + 1) {
        return absl::FailedPreconditionError(
            absl::StrCat(descriptor->full_name(), " has ", book.methods.size() - before,
                         " handlers; list its request in exactly one domain's Requests"));
      }
    }
  }
  book.prefetch = [](const book::v1::State& state, int step) {
    (Domains::Prefetch(state, step), ...);
  };
  book.evolve = [](const EventMeta& meta, const book::v1::Event& event, book::v1::State& state,
                   book::v1::PartitionState& partition_state) {
    return (internal::EvolveIf<Domains>(meta, event, state, partition_state) || ...);
  };
  return book;
}

}  // namespace daybook::command
