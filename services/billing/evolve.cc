// How the billing book's state follows from its events.
#include "services/billing/evolve.h"

#include "common/base/status.h"
#include "services/billing/billing.h"

namespace daybook::billing {

void Billing::Evolve(const command::EventMeta& meta, const Event& event, state::State& state,
                     internal::book::v1::PartitionState& partition_state) {
  const Target to{state, partition_state, meta.effective_date};
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kAccountOpened:
      return On(event.account_opened(), to);
    case Event::kAccountTermsChanged:
      return On(event.account_terms_changed(), to);
    case Event::kAccountSuspended:
      return On(event.account_suspended(), to);
    case Event::kAccountClosed:
      return On(event.account_closed(), to);
    case Event::kAccountReopened:
      return On(event.account_reopened(), to);
    case Event::kInvoiceDrafted:
      return On(event.invoice_drafted(), to);
    case Event::kInvoiceDraftEdited:
      return On(event.invoice_draft_edited(), to);
    case Event::kInvoiceDraftDeleted:
      return On(event.invoice_draft_deleted(), to);
    case Event::kInvoiceIssued:
      return On(event.invoice_issued(), to);
    case Event::kInvoiceVoided:
      return On(event.invoice_voided(), to);
    case Event::kInvoiceMarkedUncollectible:
      return On(event.invoice_marked_uncollectible(), to);
    case Event::kInvoiceUnmarkedUncollectible:
      return On(event.invoice_unmarked_uncollectible(), to);
    case Event::kInvoiceWrittenOff:
      return On(event.invoice_written_off(), to);
    case Event::kWriteOffRecovered:
      return On(event.write_off_recovered(), to);
    case Event::kWriteOffReversed:
      return On(event.write_off_reversed(), to);
    case Event::kCreditNoteIssued:
      return On(event.credit_note_issued(), to);
    case Event::kDebitNoteIssued:
      return On(event.debit_note_issued(), to);
    case Event::kPaymentRecorded:
      return On(event.payment_recorded(), to);
    case Event::kPaymentAnnounced:
      return On(event.payment_announced(), to);
    case Event::kPaymentConfirmed:
      return On(event.payment_confirmed(), to);
    case Event::kPaymentFailed:
      return On(event.payment_failed(), to);
    case Event::kPaymentReversed:
      return On(event.payment_reversed(), to);
    case Event::kPaymentLossTaken:
      return On(event.payment_loss_taken(), to);
    case Event::kPaymentLossRecovered:
      return On(event.payment_loss_recovered(), to);
    case Event::kPaymentRefunded:
      return On(event.payment_refunded(), to);
    case Event::kCreditApplied:
      return On(event.credit_applied(), to);
    case Event::kCreditReleased:
      return On(event.credit_released(), to);
    case Event::kCreditWrittenOff:
      return On(event.credit_written_off(), to);
    case Event::kCreditWriteOffReversed:
      return On(event.credit_write_off_reversed(), to);
    case Event::EVENT_NOT_SET:
      break;
  }
  DAYBOOK_CHECK(!"an event of the billing book that this binary does not know");
}

}  // namespace daybook::billing
