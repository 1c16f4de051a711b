#include "services/billing/transitions.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook::billing {
namespace {

using enum Command;

constexpr std::string_view kNames[] = {
    "ChangeAccountTerms",
    "SuspendAccount",
    "CloseAccount",
    "ReopenAccount",
    "CreateDraftInvoice",
    "EditDraftInvoice",
    "DeleteDraftInvoice",
    "IssueInvoice",
    "VoidInvoice",
    "MarkInvoiceUncollectible",
    "UnmarkInvoiceUncollectible",
    "WriteOffInvoice",
    "ReverseWriteOff",
    "IssueCreditNote",
    "RecordPayment",
    "ConfirmPayment",
    "FailPayment",
    "ReversePayment",
    "ChargeBackPayment",
    "ReinstatePayment",
    "RefundPayment",
    "RefundCreditNote",
    "ApplyCredit",
    "ReleaseCredit",
    "WriteOffCredit",
    "ReverseCreditWriteOff",
};
static_assert(std::size(kNames) == kCommands);

template <class... Commands>
constexpr CommandSet Of(Commands... commands) {
  return (CommandSet{0} | ... | Bit(commands));
}

// Facts about money are taken in every state of an account, and what was given up may be cleaned
// up.
constexpr CommandSet kAlways =
    Of(kDeleteDraftInvoice, kVoidInvoice, kMarkInvoiceUncollectible, kUnmarkInvoiceUncollectible,
       kWriteOffInvoice, kRecordPayment, kConfirmPayment, kFailPayment, kReversePayment,
       kChargeBackPayment, kReinstatePayment, kRefundPayment, kRefundCreditNote, kWriteOffCredit);
constexpr CommandSet kUnlessClosed =
    kAlways | Of(kChangeAccountTerms, kCloseAccount, kCreateDraftInvoice, kEditDraftInvoice,
                 kReverseWriteOff, kIssueCreditNote, kApplyCredit, kReleaseCredit,
                 kReverseCreditWriteOff);

constexpr Allowed<v1::AccountState> kAccounts[] = {
    {v1::ACCOUNT_STATE_ACTIVE, kUnlessClosed | Of(kSuspendAccount, kIssueInvoice)},
    {v1::ACCOUNT_STATE_SUSPENDED, kUnlessClosed | Of(kReopenAccount)},
    {v1::ACCOUNT_STATE_CLOSED, kAlways | Of(kReopenAccount)},
};

// RecordPayment and ApplyCredit: when they name the invoice. Of a debit note: VoidInvoice and
// IssueCreditNote want lines, which it has not.
constexpr Allowed<v1::InvoiceState> kInvoices[] = {
    {v1::INVOICE_STATE_DRAFT, Of(kEditDraftInvoice, kDeleteDraftInvoice, kIssueInvoice)},
    {v1::INVOICE_STATE_ISSUED,
     Of(kVoidInvoice, kMarkInvoiceUncollectible, kWriteOffInvoice, kReverseWriteOff,
        kIssueCreditNote, kRecordPayment, kApplyCredit, kReleaseCredit)},
    {v1::INVOICE_STATE_PAID, Of(kVoidInvoice, kReverseWriteOff, kIssueCreditNote, kReleaseCredit)},
    {v1::INVOICE_STATE_VOID, Of()},
    {v1::INVOICE_STATE_UNCOLLECTIBLE,
     Of(kVoidInvoice, kUnmarkInvoiceUncollectible, kWriteOffInvoice, kReverseWriteOff,
        kIssueCreditNote, kRecordPayment, kApplyCredit, kReleaseCredit)},
};

// Also of a credit note that made credit, which is SUCCEEDED. RefundPayment and what takes payments
// back: of payments only; RefundCreditNote: of credit notes only.
constexpr Allowed<v1::PaymentState> kPayments[] = {
    {v1::PAYMENT_STATE_PENDING, Of(kConfirmPayment, kFailPayment)},
    {v1::PAYMENT_STATE_UNKNOWN, Of(kConfirmPayment, kFailPayment)},
    {v1::PAYMENT_STATE_SUCCEEDED,
     Of(kReversePayment, kChargeBackPayment, kReinstatePayment, kRefundPayment, kRefundCreditNote,
        kApplyCredit, kReleaseCredit, kWriteOffCredit, kReverseCreditWriteOff)},
    {v1::PAYMENT_STATE_FAILED, Of(kConfirmPayment)},
    {v1::PAYMENT_STATE_REVERSED, Of(kReversePayment, kChargeBackPayment, kReinstatePayment)},
    {v1::PAYMENT_STATE_CHARGED_BACK, Of(kReversePayment, kChargeBackPayment, kReinstatePayment)},
};

template <class State, size_t kRows>
constexpr CommandSet Find(const Allowed<State> (&table)[kRows], State state) {
  for (const Allowed<State>& row : table) {
    if (row.state == state) return row.commands;
  }
  return 0;
}

std::string Names(CommandSet commands) {
  std::string names;
  for (int i = 0; i < kCommands; ++i) {
    if ((commands >> i & 1) == 0) continue;
    absl::StrAppend(&names, names.empty() ? "" : ",", ToAbsl(kNames[i]));
  }
  return names;
}

absl::Status Forbidden(CommandSet allowed, std::string_view thing, std::string_view id,
                       std::string_view state, Command command) {
  return Refuse(Reason::kIllegalTransition,
                absl::StrCat(ToAbsl(thing), " '", ToAbsl(id), "' is ", ToAbsl(state),
                             ", which does not allow ", ToAbsl(NameOf(command))),
                {{"thing", std::string(thing)},
                 {"id", std::string(id)},
                 {"state", std::string(state)},
                 {"command", std::string(NameOf(command))},
                 {"allowed_commands", Names(allowed)}});
}

std::string_view Without(std::string_view prefix, std::string_view name) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : "UNKNOWN";
}

}  // namespace

std::string_view NameOf(Command command) { return kNames[static_cast<size_t>(command)]; }

absl::Span<const Allowed<v1::AccountState>> AccountTable() { return kAccounts; }
absl::Span<const Allowed<v1::InvoiceState>> InvoiceTable() { return kInvoices; }
absl::Span<const Allowed<v1::PaymentState>> PaymentTable() { return kPayments; }

bool Allows(v1::AccountState state, Command command) {
  return (Find(kAccounts, state) & Bit(command)) != 0;
}
bool Allows(v1::InvoiceState state, Command command) {
  return (Find(kInvoices, state) & Bit(command)) != 0;
}
bool Allows(v1::PaymentState state, Command command) {
  return (Find(kPayments, state) & Bit(command)) != 0;
}

absl::Status ExpectAllowed(v1::AccountState state, std::string_view id, Command command) {
  if (Allows(state, command)) return absl::OkStatus();
  return Forbidden(Find(kAccounts, state), "account", id, NameOf(state), command);
}
absl::Status ExpectAllowed(v1::InvoiceState state, std::string_view id, Command command) {
  if (Allows(state, command)) return absl::OkStatus();
  return Forbidden(Find(kInvoices, state), "invoice", id, NameOf(state), command);
}
absl::Status ExpectAllowed(v1::PaymentState state, std::string_view id, Command command) {
  if (Allows(state, command)) return absl::OkStatus();
  return Forbidden(Find(kPayments, state), "payment", id, NameOf(state), command);
}

std::string_view NameOf(v1::AccountState state) {
  return Without("ACCOUNT_STATE_", v1::AccountState_Name(state));
}
std::string_view NameOf(v1::InvoiceState state) {
  return Without("INVOICE_STATE_", v1::InvoiceState_Name(state));
}
std::string_view NameOf(v1::PaymentState state) {
  return Without("PAYMENT_STATE_", v1::PaymentState_Name(state));
}

std::string AllowedCommands(v1::InvoiceState state) { return Names(Find(kInvoices, state)); }

}  // namespace daybook::billing
