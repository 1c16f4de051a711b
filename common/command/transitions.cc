#include "common/command/transitions.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/reasons.h"
#include "google/protobuf/descriptor.h"

namespace daybook::command {

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
