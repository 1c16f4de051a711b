// The billing book: accounts, invoices, payments and what is open. Pure functions, see
// common/command/decider.h.
//
//   line       quantity × unit price, to 9 digits half-up, then half-up to the currency's digits
//   tax        per rate on the sum of the rate's lines, half-up; brought back to the lines by
//   largest
//              remainder
//   payment    what the payer says, capped by what is open; the rest by due date, invoice date and
//              number; what is left is unapplied and goes on later invoices, oldest payment first
//
// "Half-up" is half away from zero, so that a discount rounds as the charge it takes back.
//
// Limits: a customer has at most 20,000 documents (accounts, invoices, payments); a payment goes on
// at most 10,000 invoices and an invoice takes the credit of at most 2,000 payments in one command,
// so that the command fits a record; what is beyond stays unapplied.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/book/v1/state.pb.h"

namespace daybook {

struct Billing {
  using Event = billing::v1::Event;
  using Requests =
      command::RequestList<billing::v1::OpenAccountRequest, billing::v1::IssueInvoiceRequest,
                           billing::v1::RecordPaymentRequest>;

  // What can be said without a state: INVALID_FIELDS naming every violation, or OK. Decide may only
  // be called with a request that passed.
  static absl::Status Check(const billing::v1::OpenAccountRequest& request);
  static absl::Status Check(const billing::v1::IssueInvoiceRequest& request);
  static absl::Status Check(const billing::v1::RecordPaymentRequest& request);

  // AccountOpened. Refuses: CUSTOMER_NOT_FOUND, CUSTOMER_FULL, ACCOUNT_EXISTS.
  static absl::StatusOr<command::Events<Event>> Decide(
      const command::View& view, const billing::v1::OpenAccountRequest& request,
      const command::Context& context, billing::v1::OpenAccountResponse& response);

  // InvoiceIssued, then one CreditApplied a payment whose credit is put on it. Refuses:
  // CUSTOMER_NOT_FOUND, CUSTOMER_FULL, ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED, CURRENCY_MISMATCH,
  // AMOUNT_OVERFLOW, SERIES_FULL; INVALID_FIELDS for a negative total or a due date that the terms
  // put after the year 9999 or that lies before the invoice date of today.
  static absl::StatusOr<command::Events<Event>> Decide(
      const command::View& view, const billing::v1::IssueInvoiceRequest& request,
      const command::Context& context, billing::v1::IssueInvoiceResponse& response);

  // PaymentRecorded; no event when its external id is known with the same content, and then the
  // answer has only the first payment's id and account. Refuses: CUSTOMER_NOT_FOUND, CUSTOMER_FULL,
  // ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED, CURRENCY_MISMATCH, AMOUNT_OVERFLOW, INVOICE_NOT_FOUND,
  // INVOICE_NOT_OPEN, PAYMENT_EXISTS.
  static absl::StatusOr<command::Events<Event>> Decide(
      const command::View& view, const billing::v1::RecordPaymentRequest& request,
      const command::Context& context, billing::v1::RecordPaymentResponse& response);

  // Writes `state.billing` and `partition_state.series` only. Keeps, for every account:
  // received = allocated + unapplied, and open = Σ open of its invoices.
  static void Evolve(const command::EventMeta& meta, const Event& event, book::v1::State& state,
                     book::v1::PartitionState& partition_state);
};

}  // namespace daybook
