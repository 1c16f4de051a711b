// The facts that the log can hold: the one list that the read side knows them by.
//
// A new event: its message and its field in the domain's Event, and one line here.
#pragma once

#include <cstddef>

#include "daybook/book/v1/record.pb.h"

namespace daybook::projection {

// Field numbers of the facts of a domain are below this.
inline constexpr size_t kFactsPerDomain = 128;
inline constexpr size_t kDomains = 8;
inline constexpr size_t kFactIndexes = kDomains * kFactsPerDomain;

constexpr size_t FactIndexOf(size_t domain_field, size_t fact_field) {
  return domain_field * kFactsPerDomain + fact_field;
}

// Which fact an event holds; 0 if this program does not know it: written by a newer version.
inline size_t FactIndex(const book::v1::Event& event) {
  size_t fact = 0;
  switch (event.event_case()) {
    case book::v1::Event::kCustomer:
      fact = event.customer().event_case();
      break;
    case book::v1::Event::kBilling:
      fact = event.billing().event_case();
      break;
    case book::v1::Event::EVENT_NOT_SET:
      break;
  }
  return fact == 0 ? 0 : FactIndexOf(event.event_case(), fact);
}

// FactTraits<Fact>::kIndex, and In(event): the fact in an event of that index.
template <class Fact>
struct FactTraits;

#define DAYBOOK_FACT(Type, domain, DomainEvent, DomainCase, field, FieldCase)              \
  template <>                                                                              \
  struct FactTraits<Type> {                                                                \
    static constexpr size_t kIndex =                                                       \
        FactIndexOf(book::v1::Event::DomainCase, DomainEvent::FieldCase);                  \
    static_assert(static_cast<size_t>(book::v1::Event::DomainCase) < kDomains &&           \
                  static_cast<size_t>(DomainEvent::FieldCase) < kFactsPerDomain);          \
    static const Type& In(const book::v1::Event& event) { return event.domain().field(); } \
  };

DAYBOOK_FACT(customer::v1::CustomerRegistered, customer, customer::v1::Event, kCustomer,
             customer_registered, kCustomerRegistered)
DAYBOOK_FACT(customer::v1::CustomerUpdated, customer, customer::v1::Event, kCustomer,
             customer_updated, kCustomerUpdated)
DAYBOOK_FACT(customer::v1::CustomerArchived, customer, customer::v1::Event, kCustomer,
             customer_archived, kCustomerArchived)
DAYBOOK_FACT(customer::v1::CustomerRestored, customer, customer::v1::Event, kCustomer,
             customer_restored, kCustomerRestored)
DAYBOOK_FACT(customer::v1::ExternalIdAdded, customer, customer::v1::Event, kCustomer,
             external_id_added, kExternalIdAdded)
DAYBOOK_FACT(customer::v1::ExternalIdRemoved, customer, customer::v1::Event, kCustomer,
             external_id_removed, kExternalIdRemoved)
DAYBOOK_FACT(billing::v1::AccountOpened, billing, billing::v1::Event, kBilling, account_opened,
             kAccountOpened)
DAYBOOK_FACT(billing::v1::InvoiceIssued, billing, billing::v1::Event, kBilling, invoice_issued,
             kInvoiceIssued)
DAYBOOK_FACT(billing::v1::PaymentRecorded, billing, billing::v1::Event, kBilling, payment_recorded,
             kPaymentRecorded)
DAYBOOK_FACT(billing::v1::CreditApplied, billing, billing::v1::Event, kBilling, credit_applied,
             kCreditApplied)
DAYBOOK_FACT(billing::v1::AccountTermsChanged, billing, billing::v1::Event, kBilling,
             account_terms_changed, kAccountTermsChanged)
DAYBOOK_FACT(billing::v1::AccountSuspended, billing, billing::v1::Event, kBilling,
             account_suspended, kAccountSuspended)
DAYBOOK_FACT(billing::v1::AccountClosed, billing, billing::v1::Event, kBilling, account_closed,
             kAccountClosed)
DAYBOOK_FACT(billing::v1::AccountReopened, billing, billing::v1::Event, kBilling, account_reopened,
             kAccountReopened)
DAYBOOK_FACT(billing::v1::InvoiceDrafted, billing, billing::v1::Event, kBilling, invoice_drafted,
             kInvoiceDrafted)
DAYBOOK_FACT(billing::v1::InvoiceDraftEdited, billing, billing::v1::Event, kBilling,
             invoice_draft_edited, kInvoiceDraftEdited)
DAYBOOK_FACT(billing::v1::InvoiceDraftDeleted, billing, billing::v1::Event, kBilling,
             invoice_draft_deleted, kInvoiceDraftDeleted)
DAYBOOK_FACT(billing::v1::InvoiceVoided, billing, billing::v1::Event, kBilling, invoice_voided,
             kInvoiceVoided)
DAYBOOK_FACT(billing::v1::InvoiceMarkedUncollectible, billing, billing::v1::Event, kBilling,
             invoice_marked_uncollectible, kInvoiceMarkedUncollectible)
DAYBOOK_FACT(billing::v1::InvoiceWrittenOff, billing, billing::v1::Event, kBilling,
             invoice_written_off, kInvoiceWrittenOff)
DAYBOOK_FACT(billing::v1::WriteOffRecovered, billing, billing::v1::Event, kBilling,
             write_off_recovered, kWriteOffRecovered)
DAYBOOK_FACT(billing::v1::PaymentAnnounced, billing, billing::v1::Event, kBilling,
             payment_announced, kPaymentAnnounced)
DAYBOOK_FACT(billing::v1::PaymentConfirmed, billing, billing::v1::Event, kBilling,
             payment_confirmed, kPaymentConfirmed)
DAYBOOK_FACT(billing::v1::PaymentFailed, billing, billing::v1::Event, kBilling, payment_failed,
             kPaymentFailed)
DAYBOOK_FACT(billing::v1::PaymentReversed, billing, billing::v1::Event, kBilling, payment_reversed,
             kPaymentReversed)
DAYBOOK_FACT(billing::v1::PaymentRefunded, billing, billing::v1::Event, kBilling, payment_refunded,
             kPaymentRefunded)
DAYBOOK_FACT(billing::v1::CreditReleased, billing, billing::v1::Event, kBilling, credit_released,
             kCreditReleased)
DAYBOOK_FACT(billing::v1::CreditNoteIssued, billing, billing::v1::Event, kBilling,
             credit_note_issued, kCreditNoteIssued)
DAYBOOK_FACT(billing::v1::InvoiceUnmarkedUncollectible, billing, billing::v1::Event, kBilling,
             invoice_unmarked_uncollectible, kInvoiceUnmarkedUncollectible)
DAYBOOK_FACT(billing::v1::WriteOffReversed, billing, billing::v1::Event, kBilling,
             write_off_reversed, kWriteOffReversed)
DAYBOOK_FACT(billing::v1::CreditWrittenOff, billing, billing::v1::Event, kBilling,
             credit_written_off, kCreditWrittenOff)
DAYBOOK_FACT(billing::v1::CreditWriteOffReversed, billing, billing::v1::Event, kBilling,
             credit_write_off_reversed, kCreditWriteOffReversed)
DAYBOOK_FACT(billing::v1::DebitNoteIssued, billing, billing::v1::Event, kBilling, debit_note_issued,
             kDebitNoteIssued)
DAYBOOK_FACT(billing::v1::PaymentLossTaken, billing, billing::v1::Event, kBilling,
             payment_loss_taken, kPaymentLossTaken)
DAYBOOK_FACT(billing::v1::PaymentLossRecovered, billing, billing::v1::Event, kBilling,
             payment_loss_recovered, kPaymentLossRecovered)

#undef DAYBOOK_FACT

}  // namespace daybook::projection
