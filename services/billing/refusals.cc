// Why each command of the billing book is refused, beyond what any command is: see decider.h.
#include <string_view>

#include "common/command/reasons.h"
#include "services/billing/billing.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

using namespace reason;  // the table is made of nothing else

constexpr const Reason* kOpenAccount[] = {&kCustomerFull, &kAccountExists};
constexpr const Reason* kChangeAccountTerms[] = {&kAccountNotFound, &kAccountRequired,
                                                 &kIllegalTransition, &kUnsupported};
constexpr const Reason* kSuspendAccount[] = {&kAccountNotFound, &kAccountRequired,
                                             &kIllegalTransition, &kUnsupported};
constexpr const Reason* kCloseAccount[] = {&kAccountNotFound, &kAccountRequired,
                                           &kIllegalTransition, &kUnsupported, &kAccountNotSettled};
constexpr const Reason* kReopenAccount[] = {&kAccountNotFound, &kAccountRequired,
                                            &kIllegalTransition, &kUnsupported};
constexpr const Reason* kCreateDraftInvoice[] = {
    &kAccountNotFound, &kAccountRequired,  &kIllegalTransition, &kUnsupported,   &kCustomerFull,
    &kDraftsFull,      &kCurrencyMismatch, &kAmountOverflow,    &kAmountUnusual, &kTaxCodesFull};
constexpr const Reason* kUpdateDraftInvoice[] = {
    &kInvoiceNotFound, &kIllegalTransition, &kUnsupported,  &kCustomerFull, &kCurrencyMismatch,
    &kAmountOverflow,  &kAmountUnusual,     &kTaxCodesFull, &kEtagMismatch};
constexpr const Reason* kDeleteDraftInvoice[] = {&kInvoiceNotFound, &kIllegalTransition,
                                                 &kUnsupported, &kEtagMismatch};
constexpr const Reason* kIssueInvoice[] = {
    &kAccountNotFound, &kAccountRequired, &kIllegalTransition, &kUnsupported,
    &kInvoiceNotFound, &kCustomerFull,    &kCurrencyMismatch,  &kAmountOverflow,
    &kAmountUnusual,   &kTaxCodesFull,    &kEtagMismatch,      &kSeriesFull};
constexpr const Reason* kVoidInvoice[] = {&kInvoiceNotFound, &kIllegalTransition, &kUnsupported,
                                          &kInvoiceHasMoney, &kNotAnInvoice};
constexpr const Reason* kMarkInvoiceUncollectible[] = {&kInvoiceNotFound, &kIllegalTransition,
                                                       &kUnsupported};
constexpr const Reason* kUnmarkInvoiceUncollectible[] = {&kInvoiceNotFound, &kIllegalTransition,
                                                         &kUnsupported, &kInvoiceWrittenOff};
constexpr const Reason* kWriteOffInvoice[] = {
    &kInvoiceNotFound,        &kIllegalTransition, &kUnsupported,         &kInvoiceNotOpen,
    &kWriteOffAboveTolerance, &kDiscountNotEarned, &kWriteOffReasonMixed, &kWriteOffTaxMixed};
constexpr const Reason* kReverseWriteOff[] = {&kInvoiceNotFound, &kIllegalTransition, &kUnsupported,
                                              &kNothingWrittenOff};
constexpr const Reason* kIssueCreditNote[] = {
    &kInvoiceNotFound,     &kIllegalTransition,      &kUnsupported,
    &kCustomerFull,        &kCreditNoteAboveInvoice, &kCreditNoteAboveOpen,
    &kCreditNoteAbovePaid, &kNotAnInvoice,           &kSeriesFull,
    &kAmountOverflow,      &kCurrencyMismatch};
constexpr const Reason* kRecordPayment[] = {
    &kAccountNotFound, &kAccountRequired,  &kIllegalTransition, &kUnsupported,
    &kCustomerFull,    &kCurrencyMismatch, &kAmountOverflow,    &kAmountUnusual,
    &kInvoiceNotFound, &kInvoiceNotOpen,   &kPaymentExists,     &kPaymentReversed};
constexpr const Reason* kConfirmPayment[] = {&kPaymentNotFound, &kIllegalTransition, &kUnsupported,
                                             &kAmountOverflow, &kNotAPayment};
constexpr const Reason* kFailPayment[] = {&kPaymentNotFound, &kIllegalTransition, &kUnsupported,
                                          &kNotAPayment};
constexpr const Reason* kReversePayment[] = {
    &kPaymentNotFound,      &kIllegalTransition, &kUnsupported,
    &kReversalAbovePayment, &kNotAPayment,       &kPaymentExists,
    &kCurrencyMismatch,     &kAmountOverflow,    &kSeriesFull};
constexpr const Reason* kChargeBackPayment[] = {
    &kPaymentNotFound,      &kIllegalTransition, &kUnsupported,
    &kReversalAbovePayment, &kNotAPayment,       &kPaymentExists,
    &kCurrencyMismatch,     &kAmountOverflow,    &kSeriesFull};
constexpr const Reason* kReinstatePayment[] = {&kPaymentNotFound,
                                               &kIllegalTransition,
                                               &kUnsupported,
                                               &kCustomerFull,
                                               &kReinstatementAboveReversed,
                                               &kNotAPayment,
                                               &kCurrencyMismatch,
                                               &kAmountOverflow,
                                               &kInvoiceNotFound,
                                               &kInvoiceNotOpen};
constexpr const Reason* kRefundPayment[] = {&kPaymentNotFound, &kIllegalTransition, &kUnsupported,
                                            &kCreditTooSmall,  &kNotAPayment,       &kPaymentExists,
                                            &kCurrencyMismatch};
constexpr const Reason* kRefundCreditNote[] = {
    &kCreditNoteNotFound, &kIllegalTransition, &kUnsupported,     &kCreditNoteNotPaid,
    &kCreditTooSmall,     &kPaymentExists,     &kCurrencyMismatch};
constexpr const Reason* kApplyCredit[] = {
    &kAccountNotFound, &kAccountRequired,  &kIllegalTransition, &kUnsupported,   &kPaymentNotFound,
    &kCreditTooSmall,  &kCurrencyMismatch, &kInvoiceNotFound,   &kInvoiceNotOpen};
constexpr const Reason* kReleaseCredit[] = {&kPaymentNotFound,    &kIllegalTransition,
                                            &kUnsupported,        &kInvoiceNotFound,
                                            &kAllocationTooSmall, &kCurrencyMismatch};
constexpr const Reason* kWriteOffCredit[] = {&kPaymentNotFound, &kIllegalTransition, &kUnsupported,
                                             &kCreditTooSmall, &kCreditAboveTolerance};
constexpr const Reason* kReverseCreditWriteOff[] = {&kPaymentNotFound, &kIllegalTransition,
                                                    &kUnsupported, &kNothingWrittenOff};

constexpr struct {
  std::string_view command;
  ReasonList reasons;
} kRefusals[] = {
    {"OpenAccount", kOpenAccount},
    {"ChangeAccountTerms", kChangeAccountTerms},
    {"SuspendAccount", kSuspendAccount},
    {"CloseAccount", kCloseAccount},
    {"ReopenAccount", kReopenAccount},
    {"CreateDraftInvoice", kCreateDraftInvoice},
    {"UpdateDraftInvoice", kUpdateDraftInvoice},
    {"DeleteDraftInvoice", kDeleteDraftInvoice},
    {"IssueInvoice", kIssueInvoice},
    {"VoidInvoice", kVoidInvoice},
    {"MarkInvoiceUncollectible", kMarkInvoiceUncollectible},
    {"UnmarkInvoiceUncollectible", kUnmarkInvoiceUncollectible},
    {"WriteOffInvoice", kWriteOffInvoice},
    {"ReverseWriteOff", kReverseWriteOff},
    {"IssueCreditNote", kIssueCreditNote},
    {"RecordPayment", kRecordPayment},
    {"ConfirmPayment", kConfirmPayment},
    {"FailPayment", kFailPayment},
    {"ReversePayment", kReversePayment},
    {"ChargeBackPayment", kChargeBackPayment},
    {"ReinstatePayment", kReinstatePayment},
    {"RefundPayment", kRefundPayment},
    {"RefundCreditNote", kRefundCreditNote},
    {"ApplyCredit", kApplyCredit},
    {"ReleaseCredit", kReleaseCredit},
    {"WriteOffCredit", kWriteOffCredit},
    {"ReverseCreditWriteOff", kReverseCreditWriteOff},
};

}  // namespace

ReasonList Billing::Refusals(std::string_view command) {
  for (const auto& row : kRefusals) {
    if (row.command == command) return row.reasons;
  }
  return {};
}

}  // namespace daybook::billing
