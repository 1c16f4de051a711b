#include "services/billing/transitions.h"

#include <string>

namespace daybook::billing {
namespace {

using enum Command;

constexpr std::string_view kNames[] = {
    "ChangeAccountTerms",
    "SuspendAccount",
    "CloseAccount",
    "ReopenAccount",
    "CreateDraftInvoice",
    "UpdateDraftInvoice",
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
constexpr command::CommandSet<Command> Of(Commands... commands) {
  return command::CommandSet<Command>(commands...);
}

// Facts about money are taken in every state of an account, and what was written off may be cleaned
// up.
constexpr command::CommandSet<Command> kAlways =
    Of(kDeleteDraftInvoice, kVoidInvoice, kMarkInvoiceUncollectible, kUnmarkInvoiceUncollectible,
       kWriteOffInvoice, kRecordPayment, kConfirmPayment, kFailPayment, kReversePayment,
       kChargeBackPayment, kReinstatePayment, kRefundPayment, kRefundCreditNote, kWriteOffCredit);
constexpr command::CommandSet<Command> kUnlessClosed =
    kAlways | Of(kChangeAccountTerms, kCloseAccount, kCreateDraftInvoice, kUpdateDraftInvoice,
                 kReverseWriteOff, kIssueCreditNote, kApplyCredit, kReleaseCredit,
                 kReverseCreditWriteOff);

constexpr AccountTransitions::Row kAccountRows[] = {
    {v1::ACCOUNT_STATE_ACTIVE, kUnlessClosed | Of(kSuspendAccount, kIssueInvoice)},
    {v1::ACCOUNT_STATE_SUSPENDED, kUnlessClosed | Of(kReopenAccount)},
    {v1::ACCOUNT_STATE_CLOSED, kAlways | Of(kReopenAccount)},
};

// RecordPayment and ApplyCredit: when they name the invoice. Of a debit note: VoidInvoice and
// IssueCreditNote want lines, which it has not.
constexpr InvoiceTransitions::Row kInvoiceRows[] = {
    {v1::INVOICE_STATE_DRAFT, Of(kUpdateDraftInvoice, kDeleteDraftInvoice, kIssueInvoice)},
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
constexpr PaymentTransitions::Row kPaymentRows[] = {
    {v1::PAYMENT_STATE_PENDING, Of(kConfirmPayment, kFailPayment)},
    {v1::PAYMENT_STATE_UNKNOWN, Of(kConfirmPayment, kFailPayment)},
    {v1::PAYMENT_STATE_SUCCEEDED,
     Of(kReversePayment, kChargeBackPayment, kReinstatePayment, kRefundPayment, kRefundCreditNote,
        kApplyCredit, kReleaseCredit, kWriteOffCredit, kReverseCreditWriteOff)},
    {v1::PAYMENT_STATE_FAILED, Of(kConfirmPayment)},
    {v1::PAYMENT_STATE_REVERSED, Of(kReversePayment, kChargeBackPayment, kReinstatePayment)},
    {v1::PAYMENT_STATE_CHARGED_BACK, Of(kReversePayment, kChargeBackPayment, kReinstatePayment)},
};

constexpr AccountTransitions kAccounts(kAccountRows);
constexpr InvoiceTransitions kInvoices(kInvoiceRows);
constexpr PaymentTransitions kPayments(kPaymentRows);

}  // namespace

absl::Span<const std::string_view> NamesOf(Command) { return kNames; }
std::string_view NameOf(Command command) { return kNames[static_cast<size_t>(command)]; }

const AccountTransitions& AccountTable() { return kAccounts; }
const InvoiceTransitions& InvoiceTable() { return kInvoices; }
const PaymentTransitions& PaymentTable() { return kPayments; }

bool Allows(v1::AccountState state, Command command) { return kAccounts.Allows(state, command); }
bool Allows(v1::InvoiceState state, Command command) { return kInvoices.Allows(state, command); }
bool Allows(v1::PaymentState state, Command command) { return kPayments.Allows(state, command); }

absl::Status ExpectAllowed(v1::AccountState state, std::string_view id, Command command) {
  return kAccounts.Expect(state, "account", id, command);
}
absl::Status ExpectAllowed(v1::InvoiceState state, std::string_view id, Command command) {
  return kInvoices.Expect(state, "invoice", id, command);
}
absl::Status ExpectAllowed(v1::PaymentState state, std::string_view id, Command command) {
  return kPayments.Expect(state, "payment", id, command);
}

std::string_view NameOf(v1::AccountState state) { return ShortNameOf(state); }
std::string_view NameOf(v1::InvoiceState state) { return ShortNameOf(state); }
std::string_view NameOf(v1::PaymentState state) { return ShortNameOf(state); }

std::string AllowedCommands(v1::InvoiceState state) { return kInvoices.AllowedCommands(state); }

}  // namespace daybook::billing
