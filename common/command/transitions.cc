#include "common/command/transitions.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/reasons.h"
#include "google/protobuf/descriptor.h"

namespace daybook::command {

std::string_view ShortNameOf(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* found = type.FindValueByNumber(value);
  if (found == nullptr) return "UNKNOWN";
  // ACCOUNT_STATE_ has an underscore for each word of AccountState.
  size_t prefix = 0;
  for (const char c : type.name()) prefix += c >= 'A' && c <= 'Z' ? 2 : 1;
  return std::string_view(found->name()).substr(prefix);
}

absl::Status IllegalTransition(std::string_view thing, std::string_view id, std::string_view state,
                               std::string_view command, std::string_view allowed_commands) {
  return Refuse(reason::kIllegalTransition,
                absl::StrCat(ToAbsl(thing), " '", ToAbsl(id), "' is ", ToAbsl(state),
                             ", which does not allow ", ToAbsl(command)),
                {{"thing", std::string(thing)},
                 {"id", std::string(id)},
                 {"state", std::string(state)},
                 {"command", std::string(command)},
                 {"allowed_commands", std::string(allowed_commands)}});
}

}  // namespace daybook::command
