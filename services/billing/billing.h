// The billing book: accounts, invoices, payments, credit notes and what is open. Pure functions,
// see common/command/decider.h.
//
//   line         quantity × unit price, the exact product half-up to the currency's digits
//   tax          per rate on the sum of the rate's lines, half-up; brought back to the lines by
//                largest remainder
//   credit note  lines of an invoice taken back, up to what is left of each: first what was given
//                up, then what is open, then money
//   take-back    of a payment: unapplied money, then the newest allocations; beyond what is left a
//                debit note or a loss
//   payment      what the payer says, capped by what is open; the rest by due date, invoice date
//                and number; what is left is unapplied and goes on later invoices, oldest payment
//                first
//   discount     for early payment: what is open is let off once it is no more than the invoice
//                offers and all money on it came in time; undone when that holds no longer
//                (early_payment.h)
//
// "Half-up" is half away from zero, so that a discount rounds as the charge it takes back.
//
// Limits (limits.h): nothing new is charged to a customer of 15,000 documents, while payments and
// credit notes are taken up to 200,000; a payment goes on at most 10,000 invoices and an invoice
// takes the credit of at most 2,000 payments in one command, so that the command fits a record;
// what is beyond stays unapplied.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/book/v1/state.pb.h"

namespace daybook::billing {

using Events = command::Events<v1::Event>;

struct Billing {
  using Event = v1::Event;
  using Requests = command::RequestList<
      v1::OpenAccountRequest, v1::ChangeAccountTermsRequest, v1::SuspendAccountRequest,
      v1::CloseAccountRequest, v1::ReopenAccountRequest, v1::CreateDraftInvoiceRequest,
      v1::EditDraftInvoiceRequest, v1::DeleteDraftInvoiceRequest, v1::IssueInvoiceRequest,
      v1::VoidInvoiceRequest, v1::MarkInvoiceUncollectibleRequest,
      v1::UnmarkInvoiceUncollectibleRequest, v1::WriteOffInvoiceRequest, v1::ReverseWriteOffRequest,
      v1::IssueCreditNoteRequest, v1::RecordPaymentRequest, v1::ConfirmPaymentRequest,
      v1::FailPaymentRequest, v1::ReversePaymentRequest, v1::ChargeBackPaymentRequest,
      v1::ReinstatePaymentRequest, v1::RefundPaymentRequest, v1::RefundCreditNoteRequest,
      v1::ApplyCreditRequest, v1::ReleaseCreditRequest, v1::WriteOffCreditRequest,
      v1::ReverseCreditWriteOffRequest>;

  // Where the days of a request begin and end: in the zone of the account that it is about. UTC if
  // that cannot be told, or this machine does not know the zone.
  static absl::TimeZone TimeZoneOf(const command::View& view,
                                   const google::protobuf::Message& request);

  // What can be said without a state: INVALID_FIELDS naming every violation, or OK. Decide may only
  // be called with a request that passed.
  static absl::Status Check(const v1::OpenAccountRequest& request);
  static absl::Status Check(const v1::ChangeAccountTermsRequest& request);
  static absl::Status Check(const v1::SuspendAccountRequest& request);
  static absl::Status Check(const v1::CloseAccountRequest& request);
  static absl::Status Check(const v1::ReopenAccountRequest& request);
  static absl::Status Check(const v1::CreateDraftInvoiceRequest& request);
  static absl::Status Check(const v1::EditDraftInvoiceRequest& request);
  static absl::Status Check(const v1::DeleteDraftInvoiceRequest& request);
  static absl::Status Check(const v1::IssueInvoiceRequest& request);
  static absl::Status Check(const v1::VoidInvoiceRequest& request);
  static absl::Status Check(const v1::MarkInvoiceUncollectibleRequest& request);
  static absl::Status Check(const v1::UnmarkInvoiceUncollectibleRequest& request);
  static absl::Status Check(const v1::WriteOffInvoiceRequest& request);
  static absl::Status Check(const v1::ReverseWriteOffRequest& request);
  static absl::Status Check(const v1::IssueCreditNoteRequest& request);
  static absl::Status Check(const v1::RecordPaymentRequest& request);
  static absl::Status Check(const v1::ConfirmPaymentRequest& request);
  static absl::Status Check(const v1::FailPaymentRequest& request);
  static absl::Status Check(const v1::ReversePaymentRequest& request);
  static absl::Status Check(const v1::ChargeBackPaymentRequest& request);
  static absl::Status Check(const v1::ReinstatePaymentRequest& request);
  static absl::Status Check(const v1::RefundPaymentRequest& request);
  static absl::Status Check(const v1::RefundCreditNoteRequest& request);
  static absl::Status Check(const v1::ApplyCreditRequest& request);
  static absl::Status Check(const v1::ReleaseCreditRequest& request);
  static absl::Status Check(const v1::WriteOffCreditRequest& request);
  static absl::Status Check(const v1::ReverseCreditWriteOffRequest& request);

  // Every decision refuses CUSTOMER_NOT_FOUND, ACCOUNT_NOT_FOUND and ACCOUNT_REQUIRED, or
  // INVOICE_NOT_FOUND and PAYMENT_NOT_FOUND; ILLEGAL_TRANSITION by the tables of transitions.h; and
  // INVALID_FIELDS for a day in the future or before the day of what the command is about. Each
  // says what it makes and what it refuses beyond that.

  // AccountOpened. Refuses: CUSTOMER_NOT_FOUND, CUSTOMER_FULL, ACCOUNT_EXISTS.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::OpenAccountRequest& request,
                                       const command::Context& context,
                                       v1::OpenAccountResponse& response);

  // AccountTermsChanged; no event when nothing changes.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ChangeAccountTermsRequest& request,
                                       const command::Context& context,
                                       v1::ChangeAccountTermsResponse& response);

  // AccountSuspended.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::SuspendAccountRequest& request,
                                       const command::Context& context,
                                       v1::SuspendAccountResponse& response);

  // AccountClosed. Refuses: ACCOUNT_NOT_SETTLED while something is open, unapplied or under way.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::CloseAccountRequest& request,
                                       const command::Context& context,
                                       v1::CloseAccountResponse& response);

  // AccountReopened.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReopenAccountRequest& request,
                                       const command::Context& context,
                                       v1::ReopenAccountResponse& response);

  // InvoiceDrafted. Refuses: CUSTOMER_FULL, DRAFTS_FULL, CURRENCY_MISMATCH, AMOUNT_OVERFLOW;
  // INVALID_FIELDS for a negative total.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::CreateDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::CreateDraftInvoiceResponse& response);

  // InvoiceDraftEdited; no event when nothing changes. Refuses as above.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::EditDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::EditDraftInvoiceResponse& response);

  // InvoiceDraftDeleted.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::DeleteDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::DeleteDraftInvoiceResponse& response);

  // InvoiceIssued, of the request or of a draft, then one CreditApplied a payment whose credit is
  // put on it, and InvoiceWrittenOff as EARLY_PAYMENT if that earns its discount. Refuses:
  // CUSTOMER_FULL, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, SERIES_FULL; INVALID_FIELDS for a negative
  // total or a due date that the terms put after the year 9999 or that lies before the invoice date
  // of today.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::IssueInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::IssueInvoiceResponse& response);

  // A WriteOffReversed a reason that something stands written off for, then InvoiceVoided. Refuses:
  // INVOICE_HAS_MONEY, NOT_AN_INVOICE.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::VoidInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::VoidInvoiceResponse& response);

  // InvoiceMarkedUncollectible.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::MarkInvoiceUncollectibleRequest& request,
                                       const command::Context& context,
                                       v1::MarkInvoiceUncollectibleResponse& response);

  // InvoiceUnmarkedUncollectible. Refuses: INVOICE_WRITTEN_OFF.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::UnmarkInvoiceUncollectibleRequest& request,
                                       const command::Context& context,
                                       v1::UnmarkInvoiceUncollectibleResponse& response);

  // InvoiceWrittenOff of all that is open; as NORMAL two of them, if a discount is earned and more
  // than a residue is open. Refuses: INVOICE_NOT_OPEN, WRITE_OFF_ABOVE_TOLERANCE (NORMAL),
  // DISCOUNT_NOT_EARNED (EARLY_PAYMENT), WRITE_OFF_REASON_MIXED, WRITE_OFF_TAX_MIXED.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::WriteOffInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffInvoiceResponse& response);

  // A WriteOffReversed a reason that something stands written off for. Refuses:
  // NOTHING_WRITTEN_OFF.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReverseWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseWriteOffResponse& response);

  // WriteOffReversed of what it takes of what was given up, then CreditNoteIssued; of kind REFUND a
  // CreditReleased a payment before it and a PaymentRefunded a payment behind it; then
  // InvoiceWrittenOff as EARLY_PAYMENT if it leaves no more than that. Refuses: CUSTOMER_FULL,
  // CREDIT_NOTE_ABOVE_INVOICE, CREDIT_NOTE_ABOVE_OPEN, CREDIT_NOTE_ABOVE_PAID, NOT_AN_INVOICE,
  // SERIES_FULL, RECORD_TOO_LARGE; INVALID_FIELDS for lines that the invoice does not have.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::IssueCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::IssueCreditNoteResponse& response);

  // A WriteOffRecovered for every written-off invoice that the payer names, then PaymentRecorded,
  // then an InvoiceWrittenOff as EARLY_PAYMENT for every invoice whose discount that earns; or
  // PaymentAnnounced. Its external id is known with the same content (payment_identity.h): as
  // ConfirmPayment where money came that was under way or had failed, else no event, and the answer
  // says `repeated`. Refuses: CUSTOMER_FULL, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, INVOICE_NOT_FOUND,
  // INVOICE_NOT_OPEN, PAYMENT_EXISTS, PAYMENT_TAKEN_BACK.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RecordPaymentRequest& request,
                                       const command::Context& context,
                                       v1::RecordPaymentResponse& response);

  // As RecordPayment, with PaymentConfirmed. Of invoices that cannot be paid any more the payer's
  // word is passed over: money that came is a fact. Refuses: AMOUNT_OVERFLOW.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ConfirmPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ConfirmPaymentResponse& response);

  // PaymentFailed.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::FailPaymentRequest& request,
                                       const command::Context& context,
                                       v1::FailPaymentResponse& response);

  // PaymentReversed. Of all that is left: allocations undone, newest first, and before it a
  // CreditWriteOffReversed if some was taken to income. Of a part: before it, as far as unapplied
  // money is short, that and a CreditReleased of the newest allocations. Of more than is left: as
  // all, and a DebitNoteIssued or PaymentLossTaken behind it. Last, WriteOffReversed of every
  // discount that is earned no longer. No event when its external id is known with the same
  // content. Refuses: TAKE_BACK_ABOVE_LEFT, NOT_A_PAYMENT, PAYMENT_EXISTS, CURRENCY_MISMATCH,
  // AMOUNT_OVERFLOW, SERIES_FULL.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReversePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReversePaymentResponse& response);

  // As above.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ChargeBackPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ChargeBackPaymentResponse& response);

  // As RecordPayment, of what was taken back of another payment. Refuses: CUSTOMER_FULL,
  // TAKEN_BACK_TOO_LITTLE, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, INVOICE_NOT_FOUND, INVOICE_NOT_OPEN.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReinstatePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReinstatePaymentResponse& response);

  // PaymentRefunded, out of what is unapplied; no event when its external id is known with the same
  // content. Refuses: CREDIT_TOO_SMALL, NOT_A_PAYMENT, PAYMENT_EXISTS, CURRENCY_MISMATCH.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RefundPaymentRequest& request,
                                       const command::Context& context,
                                       v1::RefundPaymentResponse& response);

  // CreditReleased a payment off the note's invoice, CreditApplied of the note on it,
  // PaymentRefunded a payment; no event when its external id is known with the same content.
  // Refuses: CREDIT_NOTE_NOT_FOUND, CREDIT_NOTE_NOT_PAID, CREDIT_TOO_SMALL, PAYMENT_EXISTS,
  // CURRENCY_MISMATCH, RECORD_TOO_LARGE.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RefundCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::RefundCreditNoteResponse& response);

  // A WriteOffRecovered for every written-off invoice that is named, then one CreditApplied a
  // payment, then discounts as RecordPayment; no event when nothing is open. Refuses:
  // CREDIT_TOO_SMALL, CURRENCY_MISMATCH, INVOICE_NOT_FOUND, INVOICE_NOT_OPEN.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ApplyCreditRequest& request,
                                       const command::Context& context,
                                       v1::ApplyCreditResponse& response);

  // CreditReleased, then WriteOffReversed of a discount that is earned no longer. Refuses:
  // ALLOCATION_TOO_SMALL, CURRENCY_MISMATCH.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReleaseCreditRequest& request,
                                       const command::Context& context,
                                       v1::ReleaseCreditResponse& response);

  // CreditWrittenOff of all that is unapplied. Refuses: CREDIT_TOO_SMALL, CREDIT_ABOVE_TOLERANCE.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::WriteOffCreditRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffCreditResponse& response);

  // CreditWriteOffReversed. Refuses: NOTHING_WRITTEN_OFF.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReverseCreditWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseCreditWriteOffResponse& response);

  // Writes `state.billing` and `partition_state.series` only. Keeps, for every account: received +
  // credited = allocated + unapplied + refunded + reversed + written off, and open = Σ open of its
  // invoices and debit notes.
  static void Evolve(const command::EventMeta& meta, const Event& event, book::v1::State& state,
                     book::v1::PartitionState& partition_state);

  // See command/book.h.
  static void Prefetch(const book::v1::State& state, int step);
};

}  // namespace daybook::billing
