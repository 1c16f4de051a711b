#include <algorithm>
#include <string>

#include "projections/documents/documents.h"
#include "projections/documents/fold.h"

namespace daybook::documents {
namespace {

template <class Fact>
rows::PaymentRow& NewPayment(const Fact& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = shard.Renew(kPayments, Key(meta.customer_id, fact.payment_id()));
  BeginOf(fact, meta, shard, row);
  row.set_currency_code(fact.currency_code());
  row.set_amount_minor(fact.amount_minor());
  row.set_method(fact.method());
  row.set_channel(fact.channel());
  row.set_payer_reference(fact.payer_reference());
  row.set_external_id(fact.external_id());
  row.set_attempt(fact.attempt());
  Index(kPaymentsByDay, DayKey(row.day()), meta, fact.payment_id(), shard);
  if (!fact.external_id().empty()) {
    Index(kPaymentsByExternalId, TextKey(fact.external_id()), meta, fact.payment_id(), shard);
  }
  if (!fact.payer_reference().empty()) {
    Index(kPaymentsByPayerReference, TextKey(fact.payer_reference()), meta, fact.payment_id(),
          shard);
  }
  rows::DocumentTotals& totals = Totals(shard);
  totals.set_payment_count(totals.payment_count() + 1);
  return row;
}

// Money came in: as recorded, or as confirmed.
template <class Fact>
void Receive(const Fact& fact, const Meta& meta, Shard& shard, rows::PaymentRow& row) {
  row.set_received_day(EpochDay(meta.effective_date));
  rows::Entry& entry = Add(rows::ENTRY_KIND_RECEIVED, meta, row);
  if constexpr (requires { fact.reason(); }) entry.set_words(fact.reason());
  Move(rows::ENTRY_KIND_PUT, fact.payment_id(), fact.allocations(), meta, shard, row);
}

}  // namespace

void Documents::On(const billing::v1::PaymentRecorded& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = NewPayment(fact, meta, shard);
  Receive(fact, meta, shard, row);
  if (fact.reinstates_payment_id().empty()) return;
  row.set_reinstates_payment_id(fact.reinstates_payment_id());
  rows::Entry& entry =
      Add(rows::ENTRY_KIND_REINSTATED, meta, PaymentOf(fact.reinstates_payment_id(), meta, shard));
  entry.set_other_id(fact.payment_id());
  entry.set_amount_minor(fact.amount_minor());
}

void Documents::On(const billing::v1::PaymentAnnounced& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = NewPayment(fact, meta, shard);
  *row.mutable_instructed_allocations() = fact.instructed_allocations();
  Add(rows::ENTRY_KIND_ANNOUNCED, row.day(), meta, row)
      .set_code(static_cast<uint32_t>(fact.state()));
}

void Documents::On(const billing::v1::PaymentConfirmed& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = PaymentOf(fact.payment_id(), meta, shard);
  Receive(fact, meta, shard, row);
  Index(kPaymentsByDay, DayKey(row.received_day()), meta, fact.payment_id(), shard);
}

void Documents::On(const billing::v1::PaymentFailed& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = PaymentOf(fact.payment_id(), meta, shard);
  Add(rows::ENTRY_KIND_FAILED, row.day(), meta, row).set_words(fact.reason());
}

void Documents::On(const billing::v1::PaymentReversed& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = PaymentOf(fact.payment_id(), meta, shard);
  // Without an amount all of it had gone before, and nothing ends.
  if (!fact.partial() && fact.amount_minor() != 0) {
    for (const std::string& id : OthersOf(row)) {
      rows::InvoiceRow& invoice = InvoiceOf(id, meta, shard);
      Add(rows::ENTRY_KIND_OTHER_ENDED, std::max(row.received_day(), invoice.day()), meta, invoice)
          .set_other_id(fact.payment_id());
    }
  }
  rows::Entry& entry =
      AddAmount(fact.partial() ? rows::ENTRY_KIND_REVERSED_IN_PART : rows::ENTRY_KIND_REVERSED,
                fact, meta, row);
  entry.set_code(static_cast<uint32_t>(fact.state()));
  entry.set_part_minor(fact.excess_minor());
  entry.set_external_id(fact.external_id());
}

void Documents::On(const billing::v1::PaymentLossTaken& fact, const Meta& meta, Shard& shard) {
  AddAmount(rows::ENTRY_KIND_LOST, fact, meta, PaymentOf(fact.payment_id(), meta, shard));
}

void Documents::On(const billing::v1::PaymentLossRecovered& fact, const Meta& meta, Shard& shard) {
  AddAmount(rows::ENTRY_KIND_LOSS_RECOVERED, fact, meta, PaymentOf(fact.payment_id(), meta, shard));
}

void Documents::On(const billing::v1::PaymentRefunded& fact, const Meta& meta, Shard& shard) {
  rows::PaymentRow& row = PaymentOf(fact.payment_id(), meta, shard);
  rows::Entry& entry = AddAmount(rows::ENTRY_KIND_REFUNDED, fact, meta, row);
  entry.set_other_id(fact.credit_note_id());
  entry.set_external_id(fact.external_id());
  entry.set_refund_id(fact.refund_id());
  if (fact.credit_note_id().empty()) return;
  rows::CreditNoteRow& note = CreditNoteOf(fact.credit_note_id(), meta, shard);
  rows::Entry& paid =
      Add(rows::ENTRY_KIND_PAID_OUT, std::max(note.day(), row.received_day()), meta, note);
  paid.set_other_id(fact.payment_id());
  paid.set_amount_minor(fact.amount_minor());
  paid.set_refund_id(fact.refund_id());
  paid.set_external_id(fact.external_id());
}

void Documents::On(const billing::v1::CreditApplied& fact, const Meta& meta, Shard& shard) {
  EditSource(fact.payment_id(), meta, shard, [&](auto& source) {
    Move(rows::ENTRY_KIND_PUT, fact.payment_id(), fact.allocations(), meta, shard, source);
  });
}

void Documents::On(const billing::v1::CreditReleased& fact, const Meta& meta, Shard& shard) {
  EditSource(fact.payment_id(), meta, shard, [&](auto& source) {
    Move(rows::ENTRY_KIND_TAKEN_OFF, fact.payment_id(), fact.released(), meta, shard, source);
  });
}

void Documents::On(const billing::v1::CreditWrittenOff& fact, const Meta& meta, Shard& shard) {
  EditSource(fact.payment_id(), meta, shard, [&](auto& source) {
    AddAmount(rows::ENTRY_KIND_TAKEN_TO_INCOME, fact, meta, source);
  });
}

void Documents::On(const billing::v1::CreditWriteOffReversed& fact, const Meta& meta,
                   Shard& shard) {
  EditSource(fact.payment_id(), meta, shard, [&](auto& source) {
    AddAmount(rows::ENTRY_KIND_INCOME_REVERSED, fact, meta, source);
  });
}

}  // namespace daybook::documents
