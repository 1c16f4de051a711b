#include "common/command/book.h"

#include <algorithm>
#include <utility>

#include "common/base/fact_table.h"
#include "common/base/status.h"

namespace daybook::command {

std::string Method::stream_noun() const {
  constexpr std::string_view kSuffix = "_id";
  if (stream_field.empty()) return "stream";
  if (!stream_field.ends_with(kSuffix)) return stream_field;
  return stream_field.substr(0, stream_field.size() - kSuffix.size());
}

void Book::AddReaction(Reaction reaction) {
  reactions_.push_back(std::move(reaction));
  const size_t facts = FactsOf<book::v1::Event>().size();
  reaction_reads_.assign(facts, PartSet());
  for (size_t first = 0; first < facts; ++first) {
    // All that may be said once it was said: as React goes through the domains.
    std::vector<bool> said(facts, false);
    said[first] = true;
    for (const Reaction& next : reactions_) {
      bool hears = false;
      for (size_t fact = 0; fact < facts; ++fact) {
        hears |= said[fact] && next.to[fact] != nullptr;
      }
      if (!hears) continue;
      reaction_reads_[first] |= next.reads;
      for (const size_t fact : next.says) said[fact] = true;
    }
  }
}

PartSet Book::ReadsOf(const Method& method) const {
  return method.asks_open_items ? method.reads | open_items_read : method.reads;
}

PartSet Book::LoadsOf(const Method& method) const {
  const PartSet reads = ReadsOf(method);
  return method.gate == Gate::kAny || admit == nullptr ? reads : reads | admit_reads;
}

PartSet Book::ChangesOf(const EventList& events) const {
  PartSet all;
  for (const book::v1::Event& event : events) {
    all |= folds[static_cast<size_t>(event.event_case())].changes;
  }
  return all;
}

PartSet Book::ReactionReads(const EventList& events) const {
  PartSet all;
  if (!has_reactions()) return all;
  const FactTable& facts = FactsOf<book::v1::Event>();
  for (const book::v1::Event& event : events) all |= reaction_reads_[facts.In(event).index];
  return all;
}

size_t EventNumbers() {
  const google::protobuf::Descriptor& event = *book::v1::Event::descriptor();
  int largest = 0;
  for (int i = 0; i < event.field_count(); ++i) {
    largest = std::max(largest, event.field(i)->number());
  }
  return static_cast<size_t>(largest) + 1;
}

absl::Status Book::Decide(const Method& method, View view, const google::protobuf::Message& request,
                          const Context& context, Decision* decision) const {
  view.find_open_items = nullptr;
  if (method.gate != Gate::kAny && admit != nullptr) {
    view.reads = admit_reads;
    RETURN_IF_ERROR(admit(view, method.gate));
  }
  view.reads = ReadsOf(method);
  if (method.asks_open_items) view.find_open_items = find_open_items;
  return method.decide(view, request, context, decision);
}

void Book::React(const View& before, const Context& context, EventList* events) const {
  const FactTable& facts = FactsOf<book::v1::Event>();
  Parts parts = before.parts.CopyOf(ChangesOf(*events) | ReactionReads(*events));
  internal::book::v1::PartitionState partition_state = before.partition_state;
  View after = {.stream_id = before.stream_id,
                .revision = before.revision,
                .parts = parts,
                .partition_state = partition_state,
                .partition = before.partition};
  const auto meta_of = [&](const book::v1::Event& event) {
    const google::type::Date& day = event.effective_date();
    return EventMeta{before.stream_id, absl::CivilDay(day.year(), day.month(), day.day()),
                     context.now, before.partition};
  };
  int folded = 0;
  const auto fold = [&] {
    for (; folded < events->size(); ++folded) {
      const book::v1::Event& event = events->Get(folded);
      DAYBOOK_CHECK(Evolve(meta_of(event), event, parts, partition_state));
    }
  };
  fold();
  for (const Reaction& domain : reactions_) {
    // Those of the command and of the domains before: no domain hears itself, so there is an end.
    const int said = events->size();
    for (int i = 0; i < said; ++i) {
      const book::v1::Event& event = events->Get(i);
      const FactTable::Fact fact = facts.In(event);
      if (domain.to[fact.index] == nullptr) continue;
      after.reads = domain.reads;
      domain.to[fact.index](after, *fact.message, meta_of(event), context, events);
      fold();
    }
  }
}

}  // namespace daybook::command
