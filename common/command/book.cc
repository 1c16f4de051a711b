#include "common/command/book.h"

#include <algorithm>

#include "common/base/fact_table.h"
#include "common/base/status.h"

namespace daybook::command {

std::string Method::stream_noun() const {
  constexpr std::string_view kSuffix = "_id";
  if (stream_field.empty()) return "stream";
  if (!stream_field.ends_with(kSuffix)) return stream_field;
  return stream_field.substr(0, stream_field.size() - kSuffix.size());
}

absl::Status Book::Decide(const Method& method, View view, const google::protobuf::Message& request,
                          const Context& context, Decision* decision) const {
  view.find_open_items = find_open_items;
  if (method.gate != Gate::kAny && admit != nullptr) RETURN_IF_ERROR(admit(view, method.gate));
  RETURN_IF_ERROR(method.decide(view, request, context, decision));
  if (IsReactedTo(decision->events)) React(view, context, &decision->events);
  return absl::OkStatus();
}

bool Book::IsReactedTo(const EventList& events) const {
  if (reactions.empty()) return false;
  const FactTable& facts = FactsOf<book::v1::Event>();
  return std::any_of(events.begin(), events.end(), [&](const book::v1::Event& event) {
    const size_t index = facts.In(event).index;
    return std::any_of(reactions.begin(), reactions.end(),
                       [index](const auto& table) { return table[index] != nullptr; });
  });
}

void Book::React(const View& before, const Context& context, EventList* events) const {
  const FactTable& facts = FactsOf<book::v1::Event>();
  internal::book::v1::State state = before.state;
  internal::book::v1::PartitionState partition_state = before.partition_state;
  const View after = {before.stream_id, state, partition_state, before.partition, find_open_items};
  const auto meta_of = [&](const book::v1::Event& event) {
    const google::type::Date& day = event.effective_date();
    return EventMeta{before.stream_id, absl::CivilDay(day.year(), day.month(), day.day()),
                     context.now, before.partition};
  };
  int folded = 0;
  const auto fold = [&] {
    for (; folded < events->size(); ++folded) {
      const book::v1::Event& event = events->Get(folded);
      DAYBOOK_CHECK(evolve(meta_of(event), event, state, partition_state));
    }
  };
  fold();
  for (const std::vector<ReactTo>& table : reactions) {
    // Those of the command and of the domains before: no domain hears itself, so there is an end.
    const int said = events->size();
    for (int i = 0; i < said; ++i) {
      const book::v1::Event& event = events->Get(i);
      const FactTable::Fact fact = facts.In(event);
      if (table[fact.index] == nullptr) continue;
      table[fact.index](after, *fact.message, meta_of(event), context, events);
      fold();
    }
  }
}

}  // namespace daybook::command
