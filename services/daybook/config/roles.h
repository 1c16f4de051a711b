// What one process of a deployment does: `commands`, `projections`, or both.
//
//   commands,projections               everything; the default
//   commands                           takes commands, keeps no read models
//   projections:balances+directory     reads the log, keeps these read models and answers their
//                                      queries; claims nothing
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace daybook {

struct Roles {
  bool commands = false;
  // Names of read models, in no order, each once; empty: none.
  std::vector<std::string> projections;

  // As the setting is written.
  std::string ToString() const;
  bool Keeps(std::string_view projection) const;

  friend bool operator==(const Roles&, const Roles&) = default;
};

// `all_projections`: the names that there are; `projections` without names means them. A role may
// come more than once: what it says adds up. INVALID_ARGUMENT says what is wrong in words that
// stand behind the setting's name, with a suggestion.
absl::StatusOr<Roles> ParseRoles(std::string_view text,
                                 const std::vector<std::string>& all_projections);

}  // namespace daybook
