// Which commands a thing takes in which state: a table that is data, so that tests go through every
// pair of it.
//
//   enum class Command : uint8_t { kSuspend, kClose, kReopen };
//   // In the order of the enum, as the rpcs are called; found by the type of the command.
//   constexpr absl::Span<const std::string_view> NamesOf(Command) { return kNames; }
//
//   using Accounts = command::Transitions<v1::AccountState, Command>;
//   constexpr Accounts::Row kRows[] = {
//       {v1::ACCOUNT_STATE_ACTIVE, {Command::kSuspend, Command::kClose}},
//       {v1::ACCOUNT_STATE_CLOSED, {Command::kReopen}},
//   };
//   constexpr Accounts kAccounts(kRows);
//
//   RETURN_IF_ERROR(kAccounts.Expect(account.state(), "account", account.account_id(), command));
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/base/enum_name.h"

namespace daybook::command {

// Any number of commands of a book, up to 128.
template <class Command>
class CommandSet {
 public:
  template <class... Commands>
    requires(std::is_same_v<Commands, Command> && ...)
  constexpr CommandSet(Commands... commands) {  // implicit: rows are written as lists
    (Add(commands), ...);
  }

  constexpr bool Has(Command command) const {
    return (words_[static_cast<size_t>(command) / 64] >> static_cast<size_t>(command) % 64 & 1) !=
           0;
  }
  friend constexpr CommandSet operator|(CommandSet a, CommandSet b) {
    for (size_t i = 0; i < a.words_.size(); ++i) a.words_[i] |= b.words_[i];
    return a;
  }

 private:
  constexpr void Add(Command command) {
    words_[static_cast<size_t>(command) / 64] |= uint64_t{1} << static_cast<size_t>(command) % 64;
  }
  std::array<uint64_t, 2> words_ = {};
};

// ILLEGAL_TRANSITION with metadata `thing`, `id`, `state`, `command` and `allowed_commands` (names
// with a comma between, no space).
absl::Status IllegalTransition(std::string_view thing, std::string_view id, std::string_view state,
                               std::string_view command, std::string_view allowed_commands);

template <class State, class Command>
class Transitions {
 public:
  struct Row {
    State state;
    CommandSet<Command> commands;
  };

  // `rows` must live as long. A state without a row takes nothing.
  explicit constexpr Transitions(absl::Span<const Row> rows) : rows_(rows) {}

  constexpr absl::Span<const Row> rows() const { return rows_; }

  constexpr bool Allows(State state, Command command) const {
    for (const Row& row : rows_) {
      if (row.state == state) return row.commands.Has(command);
    }
    return false;
  }

  // The names of all that the state takes, with `separator` between.
  std::string AllowedCommands(State state, std::string_view separator = ",") const {
    std::string names;
    const absl::Span<const std::string_view> all = NamesOf(Command{});
    for (size_t i = 0; i < all.size(); ++i) {
      if (!Allows(state, static_cast<Command>(i))) continue;
      if (!names.empty()) names.append(separator);
      names.append(all[i]);
    }
    return names;
  }

  // OK, or IllegalTransition of the thing of this id.
  absl::Status Expect(State state, std::string_view thing, std::string_view id,
                      Command command) const {
    if (Allows(state, command)) return absl::OkStatus();
    return IllegalTransition(thing, id, ShortNameOf(state),
                             NamesOf(command)[static_cast<size_t>(command)],
                             AllowedCommands(state));
  }

 private:
  absl::Span<const Row> rows_;
};

}  // namespace daybook::command
