#include "common/command/outcomes.h"

#include <string>

#include "common/base/status.h"

namespace daybook::command {

OutcomeCounters::OutcomeCounters(const Book& book, Metrics* metrics) : book_(book) {
  constexpr char kName[] = "daybook_commands_total";
  constexpr char kHelp[] =
      "Commands answered, by outcome and reason; repeated: accepted before, answered again.";
  for (const Method& method : book.methods) {
    const std::string command(method.descriptor->name());
    std::vector<Counter*> row;
    row.push_back(&metrics->AddCounter(
        kName, kHelp, {{"command", command}, {"outcome", "accepted"}, {"reason", ""}}));
    row.push_back(&metrics->AddCounter(
        kName, kHelp, {{"command", command}, {"outcome", "repeated"}, {"reason", ""}}));
    for (const Reason* refusal : method.refusals) {
      row.push_back(&metrics->AddCounter(
          kName, kHelp,
          {{"command", command}, {"outcome", "refused"}, {"reason", std::string(refusal->name)}}));
    }
    row.push_back(&metrics->AddCounter(
        kName, kHelp, {{"command", command}, {"outcome", "refused"}, {"reason", "OTHER"}}));
    by_method_.push_back(std::move(row));
  }
}

void OutcomeCounters::Count(const Method& method, const absl::Status& status, bool repeated) {
  const auto index = static_cast<size_t>(&method - book_.methods.data());
  if (index >= by_method_.size()) return;
  const std::vector<Counter*>& row = by_method_[index];
  if (status.ok()) return row[repeated ? 1 : 0]->Increment();
  const std::string reason = ReasonOf(status);
  for (size_t i = 0; i < method.refusals.size(); ++i) {
    if (method.refusals[i]->name == reason) return row[2 + i]->Increment();
  }
  row.back()->Increment();
}

void OutcomeCounters::Refuse(Command& command, const absl::Status& status) {
  Count(*command.method, status);
  command.Reply(status, "");
}

}  // namespace daybook::command
