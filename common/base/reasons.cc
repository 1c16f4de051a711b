#include "common/base/reasons.h"

#include <cstddef>

namespace daybook {
namespace {

using enum absl::StatusCode;

constexpr ReasonInfo kReasons[] = {
    {Reason::kInvalidFields, "INVALID_FIELDS", kInvalidArgument,
     "Fields of the request are missing or malformed; BadRequest names each of them.",
     "Correct the fields and send a new request."},
    {Reason::kRequestTooLarge, "REQUEST_TOO_LARGE", kInvalidArgument,
     "A command is larger than 256 KiB.", "Split it."},
    {Reason::kUnknownFields, "UNKNOWN_FIELDS", kInvalidArgument,
     "The request carries fields that this server does not know; nothing is dropped in silence.",
     "Use the protos of this server, or upgrade the server first."},
    {Reason::kRequestIdReused, "REQUEST_ID_REUSED", kAlreadyExists,
     "Another request of this customer was accepted under the same request_id.",
     "Use a fresh request_id for a different request."},
    {Reason::kRevisionMismatch, "REVISION_MISMATCH", kAborted,
     "The customer's revision is not the expected one; metadata `revision` has the current one.",
     "Read again, decide again, send again with the current revision."},
    {Reason::kCustomerExists, "CUSTOMER_EXISTS", kAlreadyExists,
     "A customer of this id is in the book.", "Use it, or register under another id."},
    {Reason::kCustomerNotFound, "CUSTOMER_NOT_FOUND", kNotFound,
     "No customer of this id is in the book.", "Check the id, or register the customer first."},
    {Reason::kCustomerFull, "CUSTOMER_FULL", kFailedPrecondition,
     "The customer has so many documents that nothing new is charged (15,000, with 200,000 lines); "
     "payments and credit notes are taken up to 200,000.",
     "Use a second customer; tell the operator."},
    {Reason::kCustomerArchived, "CUSTOMER_ARCHIVED", kFailedPrecondition,
     "The customer is archived; metadata `allowed_commands` says what they take.",
     "Restore the customer first, or use the one who replaces them."},
    {Reason::kCustomerNotArchived, "CUSTOMER_NOT_ARCHIVED", kFailedPrecondition,
     "The customer is active: there is nothing to restore.", "Leave it."},
    {Reason::kCustomerHasOpenItems, "CUSTOMER_HAS_OPEN_ITEMS", kFailedPrecondition,
     "The customer has open invoices or unapplied money; metadata says how many.",
     "Settle them first."},
    {Reason::kEtagMismatch, "ETAG_MISMATCH", kAborted,
     "The customer, or the draft, was changed since the etag was read; metadata `etag` has the "
     "current "
     "one.",
     "Read again, decide again, send again with the current etag."},
    {Reason::kExternalIdExists, "EXTERNAL_ID_EXISTS", kAlreadyExists,
     "The customer has another id in that system; metadata `id` has it.",
     "Remove it first, or check the customer."},
    {Reason::kExternalIdNotFound, "EXTERNAL_ID_NOT_FOUND", kNotFound,
     "The customer has no such external id, or nobody has.", "Check system and id."},
    {Reason::kExternalIdAmbiguous, "EXTERNAL_ID_AMBIGUOUS", kFailedPrecondition,
     "Several customers claim the external id; metadata `customer_ids` names them.",
     "Remove it from all but the right one, or use customer_id."},
    {Reason::kExternalIdsFull, "EXTERNAL_IDS_FULL", kFailedPrecondition,
     "The customer has as many external ids as one may have (50).", "Remove one that is not used."},
    {Reason::kAccountExists, "ACCOUNT_EXISTS", kAlreadyExists,
     "The customer has an account of this id.", "Use it, or choose another id."},
    {Reason::kAccountNotFound, "ACCOUNT_NOT_FOUND", kNotFound,
     "The customer has no account of this id.", "Check the id, or open the account first."},
    {Reason::kAccountRequired, "ACCOUNT_REQUIRED", kFailedPrecondition,
     "account_id was left out, and the customer has no account or several.",
     "Open an account, or name one; metadata `account_count` says how many there are."},
    {Reason::kCurrencyMismatch, "CURRENCY_MISMATCH", kFailedPrecondition,
     "The amount is not in the account's currency.", "Use the account's currency."},
    {Reason::kAmountOverflow, "AMOUNT_OVERFLOW", kOutOfRange,
     "A sum would leave the range of 64-bit minor units.", "Use smaller amounts."},
    {Reason::kAmountUnusual, "AMOUNT_UNUSUAL", kOutOfRange,
     "An amount is larger than any that is usual in its currency; metadata `limit_minor` says what "
     "is.",
     "Correct it, or set allow_unusual if it is meant."},
    {Reason::kInvoiceNotFound, "INVOICE_NOT_FOUND", kNotFound,
     "The account has no invoice of this id.", "Check the id."},
    {Reason::kInvoiceNotOpen, "INVOICE_NOT_OPEN", kFailedPrecondition,
     "Nothing is open on the invoice; metadata `state` says why.",
     "Leave the invoice out of the allocations."},
    {Reason::kPaymentExists, "PAYMENT_EXISTS", kAlreadyExists,
     "A payment of this method and attempt, a refund or a take-back is known under the external_id "
     "with other content; metadata `different_fields` names what differs.",
     "Check the external_id; another attempt under it is another payment."},
    {Reason::kPaymentTakenBack, "PAYMENT_TAKEN_BACK", kFailedPrecondition,
     "The payment of this external_id was reversed or charged back; metadata `state`, `attempt`.",
     "If the money came again, record it with the next attempt, or reinstate the payment; else "
     "nothing is to be done."},
    {Reason::kTakenBackTooLittle, "TAKEN_BACK_TOO_LITTLE", kFailedPrecondition,
     "Less of the payment was taken back and has not come again than the command reinstates; "
     "metadata "
     "`taken_back_minor` says how much.",
     "Reinstate less; money beyond that is a payment of its own."},
    {Reason::kSeriesFull, "SERIES_FULL", kFailedPrecondition,
     "The partition has as many number series and years as it may have (10,000).",
     "Use the default series or one that is in use; series are the seller's, not one a customer or "
     "an order."},
    {Reason::kTaxCodesFull, "TAX_CODES_FULL", kFailedPrecondition,
     "The account's invoices bear as many different tax codes as they may (200).",
     "Give the same exemption in the same words."},
    {Reason::kIllegalTransition, "ILLEGAL_TRANSITION", kFailedPrecondition,
     "The account, invoice or payment is in a state that does not allow the command; metadata "
     "`state` and "
     "`allowed_commands` say what would be.",
     "Look at the state; do one of the allowed commands."},
    {Reason::kPaymentNotFound, "PAYMENT_NOT_FOUND", kNotFound,
     "The customer has no payment of this id.", "Check the id."},
    {Reason::kAccountNotSettled, "ACCOUNT_NOT_SETTLED", kFailedPrecondition,
     "An invoice of the account is open, credit is unapplied, or a payment is under way; metadata "
     "says how "
     "much.",
     "Settle, write off or refund it first."},
    {Reason::kDraftsFull, "DRAFTS_FULL", kFailedPrecondition,
     "The customer has as many drafts as one may have (200, and 1 MiB together).",
     "Issue or delete drafts first."},
    {Reason::kInvoiceHasMoney, "INVOICE_HAS_MONEY", kFailedPrecondition,
     "Money or a credit note is on the invoice; metadata says how much.",
     "Release the money, or issue a credit note instead."},
    {Reason::kWriteOffAboveTolerance, "WRITE_OFF_ABOVE_TOLERANCE", kFailedPrecondition,
     "More is open than may be written off as a residue; metadata `tolerance_minor` says how much "
     "may.",
     "Write it off as OVERDUE or BAD_DEBT."},
    {Reason::kWriteOffReasonMixed, "WRITE_OFF_REASON_MIXED", kFailedPrecondition,
     "Part of the invoice was written off for the other reason; metadata `reason` says which.",
     "Use the same reason again."},
    {Reason::kCreditNoteAboveInvoice, "CREDIT_NOTE_ABOVE_INVOICE", kFailedPrecondition,
     "The credit note takes back more than is left of a line or of the invoice.",
     "Take back at most what metadata `left_minor` says."},
    {Reason::kCreditNoteAboveOpen, "CREDIT_NOTE_ABOVE_OPEN", kFailedPrecondition,
     "The credit note takes more off the invoice than is open.",
     "Use kind CREDIT or REFUND, or a smaller one; metadata `open_minor` says how much is open."},
    {Reason::kCreditNoteAbovePaid, "CREDIT_NOTE_ABOVE_PAID", kFailedPrecondition,
     "The money in the credit note is more than payments put on the invoice: the rest was credit "
     "of "
     "another credit note.",
     "Use kind CREDIT, or a smaller one; metadata `paid_minor` says how much payments put there."},
    {Reason::kCreditNoteNotFound, "CREDIT_NOTE_NOT_FOUND", kNotFound,
     "The customer has no credit note of this id that made credit.",
     "Check the id. Kind OFFSET leaves nothing to pay out, REFUND has paid it out; a payment is "
     "given back by RefundPayment."},
    {Reason::kCreditNoteNotPaid, "CREDIT_NOTE_NOT_PAID", kFailedPrecondition,
     "More is to be paid out than payments still have on the credit note's invoice; metadata "
     "`paid_minor` says how much that is, `invoice_id` of which invoice.",
     "Pay out that much; put the rest on an invoice with ApplyCredit, first on its own where "
     "something is open."},
    {Reason::kNotAPayment, "NOT_A_PAYMENT", kFailedPrecondition,
     "The id is that of a credit note, by which no money came.",
     "RefundCreditNote pays a credit note out, ApplyCredit puts it on invoices."},
    {Reason::kNotAnInvoice, "NOT_AN_INVOICE", kFailedPrecondition,
     "The id is that of a debit note, which has no lines to take back.",
     "Give it up with WriteOffInvoice."},
    {Reason::kNothingWrittenOff, "NOTHING_WRITTEN_OFF", kFailedPrecondition,
     "Nothing stands written off of the invoice, or taken to income of the payment.", "Leave it."},
    {Reason::kInvoiceWrittenOff, "INVOICE_WRITTEN_OFF", kFailedPrecondition,
     "The invoice is written off; metadata `written_off_minor` says how much of it.",
     "Undo the write-off with ReverseWriteOff."},
    {Reason::kWriteOffTaxMixed, "WRITE_OFF_TAX_MIXED", kFailedPrecondition,
     "Part of the invoice was written off, and its tax corrected, or not; metadata `correct_tax` "
     "says which.",
     "Do the same again, or undo the first write-off with ReverseWriteOff."},
    {Reason::kDiscountNotEarned, "DISCOUNT_NOT_EARNED", kFailedPrecondition,
     "The invoice offers no discount for early payment, money on it came too late, or more than "
     "the "
     "discount is open; metadata says how much is, and how much the discount.",
     "Let the rest be paid, or write it off as NORMAL, OVERDUE or BAD_DEBT."},
    {Reason::kTakeBackAboveLeft, "TAKE_BACK_ABOVE_LEFT", kFailedPrecondition,
     "More was taken back than is left of the payment; metadata `left_minor` says how much is.",
     "Say in `excess` whether the customer owes the rest (CLAIM) or we bear it (LOSS); say the "
     "amount where nothing is left."},
    {Reason::kCreditAboveTolerance, "CREDIT_ABOVE_TOLERANCE", kFailedPrecondition,
     "More is unapplied than may be taken to income as a residue; metadata `tolerance_minor` says "
     "how much may.",
     "Refund it, or leave it as credit for later invoices."},
    {Reason::kCreditTooSmall, "CREDIT_TOO_SMALL", kFailedPrecondition,
     "Less is unapplied than the command takes; metadata `unapplied_minor` says how much is.",
     "Take less, or release money from invoices first."},
    {Reason::kAllocationTooSmall, "ALLOCATION_TOO_SMALL", kFailedPrecondition,
     "Less of the payment is on the invoice than the command takes off; metadata `allocated_minor` "
     "says how "
     "much is.",
     "Take less."},
    {Reason::kRecordTooLarge, "RECORD_TOO_LARGE", kInvalidArgument,
     "What the command would write is larger than a record may be (900 kB).", "Split it."},
    {Reason::kAnswerTooLarge, "ANSWER_TOO_LARGE", kInternal,
     "The book answers the command with more than an answer may hold (2 KiB); nothing was "
     "recorded.",
     "Tell the operator: it is a mistake of the book, and another attempt ends the same."},
    {Reason::kNotOwner, "NOT_OWNER", kUnavailable,
     "Another server owns the customer's partition; metadata `endpoint` says which.",
     "Send it there, with the same request_id."},
    {Reason::kStarting, "STARTING", kUnavailable,
     "The server is reading its log and does not own the partition yet.",
     "Retry with the same request_id."},
    {Reason::kNotRecorded, "NOT_RECORDED", kUnavailable,
     "The command was certainly not recorded: another server took the partition over.",
     "Send it to the owner, with the same request_id."},
    {Reason::kOutcomeUnknown, "OUTCOME_UNKNOWN", kUnavailable,
     "The deadline came before it was certain whether the command was recorded.",
     "Retry with the same request_id: it is answered once it is certain."},
    {Reason::kOverloaded, "OVERLOADED", kResourceExhausted,
     "More commands are waiting than the server takes.",
     "Retry after the delay in RetryInfo, with the same request_id."},
    {Reason::kShuttingDown, "SHUTTING_DOWN", kUnavailable,
     "The server is stopping; this attempt recorded nothing.",
     "Retry with the same request_id, here or elsewhere."},
    {Reason::kLogUnavailable, "LOG_UNAVAILABLE", kUnavailable,
     "The log does not answer, or somebody has changed it (the message says what); this attempt "
     "recorded nothing (an earlier one under the same request_id may have).",
     "Retry with the same request_id; an operator has to see to a log that was changed."},
    {Reason::kStorageFull, "STORAGE_FULL", kResourceExhausted,
     "The disk of the log is full; this attempt recorded nothing.",
     "Retry with the same request_id after an operator has made room."},
    {Reason::kClockWrong, "CLOCK_WRONG", kUnavailable,
     "The server's clock and the log disagree about the time by more than a minute, or the clock "
     "was "
     "set while the server ran; this attempt recorded nothing (an earlier one under the same "
     "request_id may have).",
     "Retry after the delay in RetryInfo, with the same request_id; the operator is told, too."},
    {Reason::kTokenMalformed, "CONSISTENCY_TOKEN_MALFORMED", kInvalidArgument,
     "The consistency token is not one that this server made.",
     "Pass the token of a command's response unchanged."},
    {Reason::kTokenOtherLog, "CONSISTENCY_TOKEN_OTHER_LOG", kFailedPrecondition,
     "The consistency token belongs to another log.", "Ask the deployment that gave the token."},
    {Reason::kTokenInFuture, "CONSISTENCY_TOKEN_IN_FUTURE", kFailedPrecondition,
     "The consistency token points behind the end of the log.",
     "The log is not the one that gave it, or has lost records: tell the operator."},
    {Reason::kPositionNotReached, "POSITION_NOT_REACHED", kDeadlineExceeded,
     "The deadline came before the read model had seen the command of the token.",
     "Retry, or ask without a token for an older answer."},
    {Reason::kReadTimeInFuture, "READ_TIME_IN_FUTURE", kInvalidArgument,
     "read_time is later than now: what will be known is not known.", "Use a past time."},
    {Reason::kPageTokenMalformed, "PAGE_TOKEN_MALFORMED", kInvalidArgument,
     "The page token is not one of this query with these fields.",
     "Pass next_page_token unchanged and keep all other fields."},
    {Reason::kRebuilding, "REBUILDING", kUnavailable, "The read model is being built from the log.",
     "Retry after the delay in RetryInfo."},
    {Reason::kUnsupported, "UNSUPPORTED", kUnimplemented, "This server does not do that.",
     "See the message."},
    {Reason::kHealthNameUnknown, "HEALTH_NAME_UNKNOWN", kNotFound,
     "Nothing of this server is called so.",
     "Name a service in full, a projection, or leave the name empty for the whole server."},
    {Reason::kReadModelStopped, "READ_MODEL_STOPPED", kUnavailable,
     "The read model met a record that it does not understand, or damage; the message says which.",
     "Retry later: a damaged read model is made anew by itself. If it stays, tell the operator to "
     "upgrade the server."},
    {Reason::kMalformedRequest, "MALFORMED_REQUEST", kInvalidArgument,
     "The bytes of the request are not a message of its type.",
     "Send a message of the method's request type."},
    {Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", kDeadlineExceeded,
     "The deadline came before there was an answer.",
     "Retry with the same request_id and more time."},
};

}  // namespace

absl::Span<const ReasonInfo> Reasons() { return kReasons; }

const ReasonInfo& InfoOf(Reason reason) { return kReasons[static_cast<size_t>(reason)]; }

}  // namespace daybook
