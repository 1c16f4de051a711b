// Why the billing book says no; read models say the same of the same things.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kCustomerFull{
    "CUSTOMER_FULL", absl::StatusCode::kFailedPrecondition,
    "The customer has so many documents that nothing new is charged (15,000, with 200,000 lines); "
    "payments and credit notes are taken up to 200,000.",
    "Use a second customer; tell the operator."};

inline constexpr Reason kAccountExists{"ACCOUNT_EXISTS", absl::StatusCode::kAlreadyExists,
                                       "The customer has an account of this id.",
                                       "Use it, or choose another id."};

inline constexpr Reason kAccountNotFound{"ACCOUNT_NOT_FOUND", absl::StatusCode::kNotFound,
                                         "The customer has no account of this id.",
                                         "Check the id, or open the account first."};

inline constexpr Reason kAccountRequired{
    "ACCOUNT_REQUIRED", absl::StatusCode::kFailedPrecondition,
    "account_id was left out, and the customer has no account or several.",
    "Open an account, or name one; metadata `account_count` says how many there are."};

inline constexpr Reason kCurrencyMismatch{
    "CURRENCY_MISMATCH", absl::StatusCode::kFailedPrecondition,
    "The amount is not in the account's currency.", "Use the account's currency."};

inline constexpr Reason kAmountUnusual{"AMOUNT_UNUSUAL", absl::StatusCode::kOutOfRange,
                                       "An amount is larger than any that is usual in its "
                                       "currency; metadata `limit_minor` says what is.",
                                       "Correct it, or set allow_unusual if it is meant."};

inline constexpr Reason kInvoiceNotFound{
    "INVOICE_NOT_FOUND", absl::StatusCode::kNotFound,
    "There is no invoice of this id or number, or none yet at the clocks asked for.",
    "Check id, number and clocks."};

inline constexpr Reason kInvoiceNotOpen{
    "INVOICE_NOT_OPEN", absl::StatusCode::kFailedPrecondition,
    "Nothing is open on the invoice; metadata `state` says why.",
    "Leave the invoice out of the allocations."};

inline constexpr Reason kPaymentExists{
    "PAYMENT_EXISTS", absl::StatusCode::kAlreadyExists,
    "A payment of this method and attempt, a refund or a reversal is known under the external_id "
    "with other content; metadata `different_fields` names what differs.",
    "Check the external_id; another attempt under it is another payment."};

inline constexpr Reason kPaymentReversed{
    "PAYMENT_REVERSED", absl::StatusCode::kFailedPrecondition,
    "The payment of this external_id was reversed or charged back; metadata `state`, `attempt`.",
    "If the money came again, record it with the next attempt, or reinstate the payment; else "
    "nothing is to be done."};

inline constexpr Reason kReinstatementAboveReversed{
    "REINSTATEMENT_ABOVE_REVERSED", absl::StatusCode::kFailedPrecondition,
    "Less of the payment was taken back and has not come again than the command reinstates; "
    "metadata `reversed_minor` says how much.",
    "Reinstate less; money beyond that is a payment of its own."};

inline constexpr Reason kSeriesFull{
    "SERIES_FULL", absl::StatusCode::kFailedPrecondition,
    "The partition has as many number series and years as it may have (10,000).",
    "Use the default series or one that is in use; series are the seller's, not one a customer or "
    "an order."};

inline constexpr Reason kTaxCodesFull{
    "TAX_CODES_FULL", absl::StatusCode::kFailedPrecondition,
    "The account's invoices bear as many different tax codes as they may (200).",
    "Give the same exemption in the same words."};

inline constexpr Reason kPaymentNotFound{
    "PAYMENT_NOT_FOUND", absl::StatusCode::kNotFound,
    "The customer has no payment of this id, or none yet at the clocks asked for.",
    "Check id and clocks."};

inline constexpr Reason kAccountNotSettled{
    "ACCOUNT_NOT_SETTLED", absl::StatusCode::kFailedPrecondition,
    "An invoice of the account is open, credit is unapplied, or a payment is under way; metadata "
    "says how much.",
    "Settle, write off or refund it first."};

inline constexpr Reason kDraftsFull{
    "DRAFTS_FULL", absl::StatusCode::kFailedPrecondition,
    "The customer has as many drafts as one may have (200, and 1 MiB together).",
    "Issue or delete drafts first."};

inline constexpr Reason kInvoiceHasMoney{
    "INVOICE_HAS_MONEY", absl::StatusCode::kFailedPrecondition,
    "Money or a credit note is on the invoice; metadata says how much.",
    "Release the money, or issue a credit note instead."};

inline constexpr Reason kWriteOffAboveTolerance{
    "WRITE_OFF_ABOVE_TOLERANCE", absl::StatusCode::kFailedPrecondition,
    "More is open than may be written off as a residue; metadata `tolerance_minor` says how much "
    "may.",
    "Write it off as OVERDUE or BAD_DEBT."};

inline constexpr Reason kWriteOffReasonMixed{
    "WRITE_OFF_REASON_MIXED", absl::StatusCode::kFailedPrecondition,
    "Part of the invoice was written off for the other reason; metadata `reason` says which.",
    "Use the same reason again."};

inline constexpr Reason kCreditNoteAboveInvoice{
    "CREDIT_NOTE_ABOVE_INVOICE", absl::StatusCode::kFailedPrecondition,
    "The credit note takes back more than is left of a line or of the invoice.",
    "Take back at most what metadata `left_minor` says."};

inline constexpr Reason kCreditNoteAboveOpen{
    "CREDIT_NOTE_ABOVE_OPEN", absl::StatusCode::kFailedPrecondition,
    "The credit note takes more off the invoice than is open.",
    "Use kind CREDIT or REFUND, or a smaller one; metadata `open_minor` says how much is open."};

inline constexpr Reason kCreditNoteAbovePaid{
    "CREDIT_NOTE_ABOVE_PAID", absl::StatusCode::kFailedPrecondition,
    "The money in the credit note is more than payments put on the invoice: the rest was credit of "
    "another credit note.",
    "Use kind CREDIT, or a smaller one; metadata `paid_minor` says how much payments put there."};

inline constexpr Reason kCreditNoteNotFound{
    "CREDIT_NOTE_NOT_FOUND", absl::StatusCode::kNotFound,
    "There is no credit note of this id or number, or none that can be paid out.",
    "Check the id. To pay out: kind OFFSET leaves nothing to pay out, REFUND has paid it out; a "
    "payment is given back by RefundPayment."};

inline constexpr Reason kCreditNoteNotPaid{
    "CREDIT_NOTE_NOT_PAID", absl::StatusCode::kFailedPrecondition,
    "More is to be paid out than payments still have on the credit note's invoice; metadata "
    "`paid_minor` says how much that is, `invoice_id` of which invoice.",
    "Pay out that much; put the rest on an invoice with ApplyCredit, first on its own where "
    "something is open."};

inline constexpr Reason kNotAPayment{
    "NOT_A_PAYMENT", absl::StatusCode::kFailedPrecondition,
    "The id is that of a credit note, by which no money came.",
    "RefundCreditNote pays a credit note out, ApplyCredit puts it on invoices."};

inline constexpr Reason kNotAnInvoice{
    "NOT_AN_INVOICE", absl::StatusCode::kFailedPrecondition,
    "The id is that of a debit note, which has no lines to take back.",
    "Give it up with WriteOffInvoice."};

inline constexpr Reason kNothingWrittenOff{
    "NOTHING_WRITTEN_OFF", absl::StatusCode::kFailedPrecondition,
    "Nothing stands written off of the invoice, or taken to income of the payment.", "Leave it."};

inline constexpr Reason kInvoiceWrittenOff{
    "INVOICE_WRITTEN_OFF", absl::StatusCode::kFailedPrecondition,
    "The invoice is written off; metadata `written_off_minor` says how much of it.",
    "Undo the write-off with ReverseWriteOff."};

inline constexpr Reason kWriteOffTaxMixed{
    "WRITE_OFF_TAX_MIXED", absl::StatusCode::kFailedPrecondition,
    "Part of the invoice was written off, and its tax corrected, or not; metadata `correct_tax` "
    "says which.",
    "Do the same again, or undo the first write-off with ReverseWriteOff."};

inline constexpr Reason kDiscountNotEarned{
    "DISCOUNT_NOT_EARNED", absl::StatusCode::kFailedPrecondition,
    "The invoice offers no discount for early payment, money on it came too late, or more than the "
    "discount is open; metadata says how much is, and how much the discount.",
    "Let the rest be paid, or write it off as NORMAL, OVERDUE or BAD_DEBT."};

inline constexpr Reason kReversalAbovePayment{
    "REVERSAL_ABOVE_PAYMENT", absl::StatusCode::kFailedPrecondition,
    "More was taken back than is left of the payment; metadata `left_minor` says how much is.",
    "Say in `excess` whether the customer owes the rest (CLAIM) or we bear it (LOSS); say the "
    "amount where nothing is left."};

inline constexpr Reason kCreditAboveTolerance{
    "CREDIT_ABOVE_TOLERANCE", absl::StatusCode::kFailedPrecondition,
    "More is unapplied than may be taken to income as a residue; metadata `tolerance_minor` says "
    "how much may.",
    "Refund it, or leave it as credit for later invoices."};

inline constexpr Reason kCreditTooSmall{
    "CREDIT_TOO_SMALL", absl::StatusCode::kFailedPrecondition,
    "Less is unapplied than the command takes; metadata `unapplied_minor` says how much is.",
    "Take less, or release money from invoices first."};

inline constexpr Reason kAllocationTooSmall{
    "ALLOCATION_TOO_SMALL", absl::StatusCode::kFailedPrecondition,
    "Less of the payment is on the invoice than the command takes off; metadata `allocated_minor` "
    "says how much is.",
    "Take less."};

// All of the above.
inline constexpr const Reason* kBillingReasons[] = {&kCustomerFull,
                                                    &kAccountExists,
                                                    &kAccountNotFound,
                                                    &kAccountRequired,
                                                    &kCurrencyMismatch,
                                                    &kAmountUnusual,
                                                    &kInvoiceNotFound,
                                                    &kInvoiceNotOpen,
                                                    &kPaymentExists,
                                                    &kPaymentReversed,
                                                    &kReinstatementAboveReversed,
                                                    &kSeriesFull,
                                                    &kTaxCodesFull,
                                                    &kPaymentNotFound,
                                                    &kAccountNotSettled,
                                                    &kDraftsFull,
                                                    &kInvoiceHasMoney,
                                                    &kWriteOffAboveTolerance,
                                                    &kWriteOffReasonMixed,
                                                    &kCreditNoteAboveInvoice,
                                                    &kCreditNoteAboveOpen,
                                                    &kCreditNoteAbovePaid,
                                                    &kCreditNoteNotFound,
                                                    &kCreditNoteNotPaid,
                                                    &kNotAPayment,
                                                    &kNotAnInvoice,
                                                    &kNothingWrittenOff,
                                                    &kInvoiceWrittenOff,
                                                    &kWriteOffTaxMixed,
                                                    &kDiscountNotEarned,
                                                    &kReversalAbovePayment,
                                                    &kCreditAboveTolerance,
                                                    &kCreditTooSmall,
                                                    &kAllocationTooSmall};

}  // namespace daybook::reason
