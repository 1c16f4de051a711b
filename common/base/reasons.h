// Why Daybook says no: the one catalogue of reasons. Clients branch on `ErrorInfo.reason`; the
// canonical code, the meaning and the advice come from the same row.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace daybook {

enum class Reason {
  kInvalidFields,
  kRequestTooLarge,
  kUnknownFields,
  kRequestIdReused,
  kRevisionMismatch,
  kCustomerExists,
  kCustomerNotFound,
  kCustomerFull,
  kCustomerArchived,
  kCustomerNotArchived,
  kCustomerHasOpenItems,
  kEtagMismatch,
  kExternalIdExists,
  kExternalIdNotFound,
  kExternalIdAmbiguous,
  kExternalIdsFull,
  kAccountExists,
  kAccountNotFound,
  kAccountRequired,
  kCurrencyMismatch,
  kAmountOverflow,
  kAmountUnusual,
  kInvoiceNotFound,
  kInvoiceNotOpen,
  kPaymentExists,
  kPaymentTakenBack,
  kTakenBackTooLittle,
  kSeriesFull,
  kTaxCodesFull,
  kIllegalTransition,
  kPaymentNotFound,
  kAccountNotSettled,
  kDraftsFull,
  kInvoiceHasMoney,
  kWriteOffAboveTolerance,
  kWriteOffReasonMixed,
  kCreditNoteAboveInvoice,
  kCreditNoteAboveOpen,
  kCreditNoteAbovePaid,
  kCreditNoteNotFound,
  kCreditNoteNotPaid,
  kNotAPayment,
  kNotAnInvoice,
  kNothingWrittenOff,
  kInvoiceWrittenOff,
  kWriteOffTaxMixed,
  kDiscountNotEarned,
  kTakeBackAboveLeft,
  kCreditAboveTolerance,
  kCreditTooSmall,
  kAllocationTooSmall,
  kRecordTooLarge,
  kAnswerTooLarge,
  kNotOwner,
  kStarting,
  kNotRecorded,
  kOutcomeUnknown,
  kOverloaded,
  kShuttingDown,
  kLogUnavailable,
  kStorageFull,
  kClockWrong,
  kTokenMalformed,
  kTokenOtherLog,
  kTokenInFuture,
  kPositionNotReached,
  kReadTimeInFuture,
  kPageTokenMalformed,
  kRebuilding,
  kUnsupported,
  kHealthNameUnknown,
  kReadModelStopped,
  kMalformedRequest,
  kDeadlineExceeded,
};

struct ReasonInfo {
  Reason reason;
  std::string_view name;     // as on the wire, UPPER_SNAKE
  absl::StatusCode code;     // canonical code that always goes with it
  std::string_view meaning;  // one sentence for whoever reads the catalogue
  std::string_view advice;   // what the caller does
};

// All rows, in the order of the enum.
absl::Span<const ReasonInfo> Reasons();

const ReasonInfo& InfoOf(Reason reason);

}  // namespace daybook
