// Which command is allowed in which state: one table for accounts, one for invoices, one for
// payments. The tables are data, and the tests go through every pair of them.
//
// A command is checked against everything that it touches: `VoidInvoice` needs an account and an
// invoice that allow it. Further conditions (nothing paid, enough unapplied, ...) stand in the
// command's file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/command/transitions.h"
#include "daybook/billing/v1/billing.pb.h"

namespace daybook::billing {

// The commands that need an account in some state: all but OpenAccount.
enum class Command : uint8_t {
  kChangeAccountTerms,
  kSuspendAccount,
  kCloseAccount,
  kReopenAccount,
  kCreateDraftInvoice,
  kUpdateDraftInvoice,
  kDeleteDraftInvoice,
  kIssueInvoice,
  kVoidInvoice,
  kMarkInvoiceUncollectible,
  kUnmarkInvoiceUncollectible,
  kWriteOffInvoice,
  kReverseWriteOff,
  kIssueCreditNote,
  kRecordPayment,
  kConfirmPayment,
  kFailPayment,
  kReversePayment,
  kChargeBackPayment,
  kReinstatePayment,
  kRefundPayment,
  kRefundCreditNote,
  kApplyCredit,
  kReleaseCredit,
  kWriteOffCredit,
  kReverseCreditWriteOff,
};
inline constexpr int kCommands = static_cast<int>(Command::kReverseCreditWriteOff) + 1;

// The names of the rpcs, such as `VoidInvoice`, in the order of the enum.
absl::Span<const std::string_view> NamesOf(Command);
std::string_view NameOf(Command command);

using AccountTransitions = command::Transitions<v1::AccountState, Command>;
using InvoiceTransitions = command::Transitions<v1::InvoiceState, Command>;
using PaymentTransitions = command::Transitions<v1::PaymentState, Command>;
const AccountTransitions& AccountTable();
const InvoiceTransitions& InvoiceTable();
const PaymentTransitions& PaymentTable();

bool Allows(v1::AccountState state, Command command);
bool Allows(v1::InvoiceState state, Command command);
bool Allows(v1::PaymentState state, Command command);

// ILLEGAL_TRANSITION unless the thing of this id allows the command in its state. Metadata: `thing`
// (account, invoice, payment), `id`, `state`, `command`, and `allowed_commands` (names
// with a comma between, no space).
absl::Status ExpectAllowed(v1::AccountState state, std::string_view id, Command command);
absl::Status ExpectAllowed(v1::InvoiceState state, std::string_view id, Command command);
absl::Status ExpectAllowed(v1::PaymentState state, std::string_view id, Command command);

// The name on the wire without the prefix of the enum, such as `PAID`.
std::string_view NameOf(v1::AccountState state);
std::string_view NameOf(v1::InvoiceState state);
std::string_view NameOf(v1::PaymentState state);

// The names of the commands that are allowed in a state, with commas between.
std::string AllowedCommands(v1::InvoiceState state);

}  // namespace daybook::billing
