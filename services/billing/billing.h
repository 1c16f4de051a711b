// The billing book: accounts, invoices, payments, credit notes and what is open. Pure functions,
// see common/command/decider.h.
//
//   line         quantity × unit price: the exact product, half-up to the currency's digits
//   tax          per rate on the sum of the rate's lines, half-up; the lines share it by largest
//                remainder
//   credit note  credits lines of an invoice, each up to what is left of it: written-off amounts
//                first, then what is open, then money
//   payment      goes on invoices as the payer instructs, capped by what is open; the rest by due
//                date, invoice date and number. What remains is unapplied credit, which later
//                invoices take, the oldest payment first
//   reversal     a bank takes money back: unapplied money first, then the newest allocations; a
//                debit note or a loss covers what exceeds the payment
//   discount     for early payment: what is open is written off once it is no more than the invoice
//                offers and all money on it came in time; undone when that holds no longer
//                (early_payment.h)
//
// "Half-up" is half away from zero, so that a credit rounds as the charge that it corrects.
//
// Limits (limits.h): a customer of 15,000 documents is charged nothing new, while payments and
// credit notes are taken up to 200,000. In one command a payment goes on at most 10,000 invoices,
// and an invoice takes the credit of at most 2,000 payments, so that the command fits a record; the
// rest stays unapplied.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/internal/book/v1/state.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

using Events = command::Events<v1::Event>;

struct Billing {
  using Event = v1::Event;
  static constexpr int kStateVersion = 2;
  static constexpr command::Gate kGate = command::Gate::kActive;
  using Requests = command::RequestList<
      v1::OpenAccountRequest, v1::ChangeAccountTermsRequest, v1::SuspendAccountRequest,
      v1::CloseAccountRequest, v1::ReopenAccountRequest, v1::CreateDraftInvoiceRequest,
      v1::UpdateDraftInvoiceRequest, v1::DeleteDraftInvoiceRequest, v1::IssueInvoiceRequest,
      v1::VoidInvoiceRequest, v1::MarkInvoiceUncollectibleRequest,
      v1::UnmarkInvoiceUncollectibleRequest, v1::WriteOffInvoiceRequest, v1::ReverseWriteOffRequest,
      v1::IssueCreditNoteRequest, v1::RecordPaymentRequest, v1::ConfirmPaymentRequest,
      v1::FailPaymentRequest, v1::ReversePaymentRequest, v1::ChargeBackPaymentRequest,
      v1::ReinstatePaymentRequest, v1::RefundPaymentRequest, v1::RefundCreditNoteRequest,
      v1::ApplyCreditRequest, v1::ReleaseCreditRequest, v1::WriteOffCreditRequest,
      v1::ReverseCreditWriteOffRequest>;

  // The zone in which the days of a request begin: that of the account that it is about. UTC if no
  // account can be found, or this machine does not know the zone.
  static absl::TimeZone TimeZoneOf(const command::View& view,
                                   const google::protobuf::Message& request);

  // Checks a request without a state: INVALID_FIELDS with every violation, or OK. Decide needs a
  // request that passed.
  static absl::Status Check(const v1::OpenAccountRequest& request);
  static absl::Status Check(const v1::ChangeAccountTermsRequest& request);
  static absl::Status Check(const v1::SuspendAccountRequest& request);
  static absl::Status Check(const v1::CloseAccountRequest& request);
  static absl::Status Check(const v1::ReopenAccountRequest& request);
  static absl::Status Check(const v1::CreateDraftInvoiceRequest& request);
  static absl::Status Check(const v1::UpdateDraftInvoiceRequest& request);
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

  // Every command is about an active customer (kGate). Every decision refuses ACCOUNT_NOT_FOUND and
  // ACCOUNT_REQUIRED, or INVOICE_NOT_FOUND and PAYMENT_NOT_FOUND; ILLEGAL_TRANSITION by the tables
  // of transitions.h; UNSUPPORTED for a currency that this binary does not know; and INVALID_FIELDS
  // for a day in the future or before the day of what the command is about. Each says what it makes
  // and what it refuses beyond that.

  // AccountOpened. Refuses: CUSTOMER_FULL, ACCOUNT_EXISTS.
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
                                       const v1::UpdateDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::UpdateDraftInvoiceResponse& response);

  // InvoiceDraftDeleted.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::DeleteDraftInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::DeleteDraftInvoiceResponse& response);

  // InvoiceIssued, of the request or of a draft; one CreditApplied per payment whose credit it
  // takes; InvoiceWrittenOff as EARLY_PAYMENT if that earns its discount. Refuses: CUSTOMER_FULL,
  // CURRENCY_MISMATCH, AMOUNT_OVERFLOW, SERIES_FULL; INVALID_FIELDS for a negative total, for terms
  // that lead beyond the year 9999, and for a due date before the invoice date of today.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::IssueInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::IssueInvoiceResponse& response);

  // One WriteOffReversed per reason of a standing write-off, then InvoiceVoided. Refuses:
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

  // InvoiceWrittenOff of all that is open. As NORMAL there are two, if a discount is earned and
  // more than a residue is open. Refuses: INVOICE_NOT_OPEN, WRITE_OFF_ABOVE_TOLERANCE (NORMAL),
  // DISCOUNT_NOT_EARNED (EARLY_PAYMENT), WRITE_OFF_REASON_MIXED, WRITE_OFF_TAX_MIXED.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::WriteOffInvoiceRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffInvoiceResponse& response);

  // One WriteOffReversed per reason of a standing write-off. Refuses: NOTHING_WRITTEN_OFF.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReverseWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseWriteOffResponse& response);

  // WriteOffReversed of the written-off amounts that it takes, then CreditNoteIssued. Kind REFUND
  // adds one CreditReleased per payment before it and one PaymentRefunded per payment after it.
  // Last, InvoiceWrittenOff as EARLY_PAYMENT if it leaves no more than the discount. Refuses:
  // CUSTOMER_FULL, CREDIT_NOTE_ABOVE_INVOICE, CREDIT_NOTE_ABOVE_OPEN, CREDIT_NOTE_ABOVE_PAID,
  // NOT_AN_INVOICE, SERIES_FULL, RECORD_TOO_LARGE; INVALID_FIELDS for lines that the invoice does
  // not have.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::IssueCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::IssueCreditNoteResponse& response);

  // One WriteOffRecovered per written-off invoice that the payer names; PaymentRecorded; one
  // InvoiceWrittenOff as EARLY_PAYMENT per invoice whose discount that earns. Of a payment that is
  // PENDING or UNKNOWN: PaymentAnnounced. If the external id is known with the same content
  // (payment_identity.h), money confirms a pending or failed payment as ConfirmPayment does; else
  // there is no event and the answer has `repeated`. Refuses: CUSTOMER_FULL, CURRENCY_MISMATCH,
  // AMOUNT_OVERFLOW, INVOICE_NOT_FOUND, INVOICE_NOT_OPEN, PAYMENT_EXISTS, PAYMENT_REVERSED.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RecordPaymentRequest& request,
                                       const command::Context& context,
                                       v1::RecordPaymentResponse& response);

  // As RecordPayment, with PaymentConfirmed. The payer's instructions are passed over for invoices
  // that cannot be paid any more: money that came is a fact. Refuses: AMOUNT_OVERFLOW.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ConfirmPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ConfirmPaymentResponse& response);

  // PaymentFailed.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::FailPaymentRequest& request,
                                       const command::Context& context,
                                       v1::FailPaymentResponse& response);

  // PaymentReversed, with all allocations that it undoes. Before it CreditWriteOffReversed, if some
  // was taken to income. A part that exceeds unapplied money has CreditReleased of the newest
  // allocations before it; an amount that exceeds the payment has DebitNoteIssued or
  // PaymentLossTaken after it. Last, WriteOffReversed of every discount that is earned no longer.
  // No event when its external id is known with the same content. Refuses: REVERSAL_ABOVE_PAYMENT,
  // NOT_A_PAYMENT, PAYMENT_EXISTS, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, SERIES_FULL.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReversePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReversePaymentResponse& response);

  // As ReversePayment.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ChargeBackPaymentRequest& request,
                                       const command::Context& context,
                                       v1::ChargeBackPaymentResponse& response);

  // As RecordPayment, for money of another payment that a bank took back. Refuses: CUSTOMER_FULL,
  // REINSTATEMENT_ABOVE_REVERSED, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, INVOICE_NOT_FOUND,
  // INVOICE_NOT_OPEN.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReinstatePaymentRequest& request,
                                       const command::Context& context,
                                       v1::ReinstatePaymentResponse& response);

  // PaymentRefunded, out of unapplied money; no event when its external id is known with the same
  // content. Refuses: CREDIT_TOO_SMALL, NOT_A_PAYMENT, PAYMENT_EXISTS, CURRENCY_MISMATCH.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RefundPaymentRequest& request,
                                       const command::Context& context,
                                       v1::RefundPaymentResponse& response);

  // One CreditReleased per payment on the note's invoice, CreditApplied of the note on it, one
  // PaymentRefunded per payment; no event when its external id is known with the same content.
  // Refuses: CREDIT_NOTE_NOT_FOUND, CREDIT_NOTE_NOT_PAID, CREDIT_TOO_SMALL, PAYMENT_EXISTS,
  // CURRENCY_MISMATCH, RECORD_TOO_LARGE.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::RefundCreditNoteRequest& request,
                                       const command::Context& context,
                                       v1::RefundCreditNoteResponse& response);

  // One WriteOffRecovered per written-off invoice that is named, one CreditApplied per payment,
  // then discounts as RecordPayment; no event when nothing is open. Refuses: CREDIT_TOO_SMALL,
  // CURRENCY_MISMATCH, INVOICE_NOT_FOUND, INVOICE_NOT_OPEN.
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

  // CreditWrittenOff of all unapplied money of the payment. Refuses: CREDIT_TOO_SMALL,
  // CREDIT_ABOVE_TOLERANCE.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::WriteOffCreditRequest& request,
                                       const command::Context& context,
                                       v1::WriteOffCreditResponse& response);

  // CreditWriteOffReversed. Refuses: NOTHING_WRITTEN_OFF.
  static absl::StatusOr<Events> Decide(const command::View& view,
                                       const v1::ReverseCreditWriteOffRequest& request,
                                       const command::Context& context,
                                       v1::ReverseCreditWriteOffResponse& response);

  // The table of refusals.cc.
  static ReasonList Refusals(std::string_view command);

  // Open invoices, drafts, payments with something unapplied, pending payments.
  static void Blocks(const state::State& state, command::OpenItems* open);

  // Writes `state` and `partition_state.series` only. Keeps, for every account: received +
  // credited = allocated + unapplied + refunded + reversed + written off, and open = Σ open of its
  // invoices and debit notes.
  static void Evolve(const command::EventMeta& meta, const Event& event, state::State& state,
                     internal::book::v1::PartitionState& partition_state);
};

}  // namespace daybook::billing
