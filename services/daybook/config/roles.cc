#include "services/daybook/config/roles.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "common/base/suggestion.h"
#include "common/base/text.h"

namespace daybook {
namespace {

constexpr std::string_view kCommands = "commands";
constexpr std::string_view kProjections = "projections";

bool Has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void AddOnce(const std::string& name, std::vector<std::string>* names) {
  if (!Has(*names, name)) names->push_back(name);
}

absl::Status AddProjections(std::string_view list, const std::vector<std::string>& all,
                            std::vector<std::string>* names) {
  for (const absl::string_view piece : absl::StrSplit(ToAbsl(list), '+')) {
    const std::string name(piece);
    if (name.empty()) {
      return absl::InvalidArgumentError(
          "must name projections behind `projections:`, such as projections:balances+directory");
    }
    if (!Has(all, name)) {
      return absl::InvalidArgumentError(Cat("names '", name, "', which is no projection",
                                            DidYouMean(name, all), "; there are ",
                                            absl::StrJoin(all, ", ")));
    }
    AddOnce(name, names);
  }
  return absl::OkStatus();
}

}  // namespace

std::string Roles::ToString() const {
  std::vector<std::string> parts;
  if (commands) parts.emplace_back(kCommands);
  if (!projections.empty()) {
    parts.push_back(Cat(kProjections, ":", absl::StrJoin(projections, "+")));
  }
  return absl::StrJoin(parts, ",");
}

bool Roles::Keeps(std::string_view projection) const { return Has(projections, projection); }

absl::StatusOr<Roles> ParseRoles(std::string_view text,
                                 const std::vector<std::string>& all_projections) {
  Roles roles;
  for (const absl::string_view role : absl::StrSplit(ToAbsl(text), ',', absl::SkipWhitespace())) {
    const std::string word(absl::StripAsciiWhitespace(role));
    const size_t colon = word.find(':');
    const std::string name = word.substr(0, colon);
    if (word == kCommands) {
      roles.commands = true;
    } else if (word == kProjections) {
      for (const std::string& each : all_projections) AddOnce(each, &roles.projections);
    } else if (name == kProjections) {
      RETURN_IF_ERROR(AddProjections(std::string_view(word).substr(colon + 1), all_projections,
                                     &roles.projections));
    } else {
      // The name of a projection alone is a role that somebody forgot.
      const std::string instead =
          Has(all_projections, name)
              ? Cat("; did you mean 'projections:", name, "'?")
              : DidYouMean(name, {std::string(kCommands), std::string(kProjections)});
      return absl::InvalidArgumentError(Cat("names '", word, "', which is no role", instead,
                                            "; roles are commands and projections[:NAME+NAME...]"));
    }
  }
  if (!roles.commands && roles.projections.empty()) {
    return absl::InvalidArgumentError("must name commands, projections or both");
  }
  return roles;
}

}  // namespace daybook
