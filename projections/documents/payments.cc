#include "common/base/status.h"
#include "common/projection/kit/amount_writer.h"
#include "common/projection/kit/rows.h"
#include "projections/documents/kinds.h"
#include "projections/documents/told.h"

namespace daybook::documents {

using projection::CurrencyOf;
using projection::FilterField;
using projection::FilterType;
using projection::FilterValue;

namespace {

constexpr size_t kPayerReferenceField = 8, kExternalIdField = 9;
enum PaymentOrder { kByDate, kByAmount, kByUnapplied };

// Where its money stands, once it came.
void DescribeMoney(const PaymentStanding& at, const Currency& currency, v1::Payment* payment) {
  SetMoney(at.allocated_minor, currency, *payment->mutable_allocated());
  SetMoney(at.unapplied_minor, currency, *payment->mutable_unapplied());
  SetMoney(at.refunded_minor, currency, *payment->mutable_refunded());
  SetMoney(at.reversed_minor, currency, *payment->mutable_reversed());
  SetMoney(at.written_off_minor, currency, *payment->mutable_written_off());
  SetMoney(at.claimed_minor, currency, *payment->mutable_claimed());
  SetMoney(at.lost_minor, currency, *payment->mutable_lost());
  SetMoney(at.reinstated_minor, currency, *payment->mutable_reinstated());
}

// What happened to it, one by one.
absl::Status DescribeParts(const store::View& view, const Document<Payments>& document,
                           const Currency& currency, v1::Payment* payment) {
  const PaymentStanding& at = document.standing;
  RETURN_IF_ERROR(
      SetMoneyPuts(view, document.customer_id, at.money, currency, payment->mutable_money()));
  if (!at.received) {
    for (const billing::v1::Allocation& said : document.row.instructed_allocations()) {
      v1::MoneyPut& put = *payment->add_announced();
      put.set_invoice_id(said.invoice_id());
      if (said.amount_minor() != 0) SetMoney(said.amount_minor(), currency, *put.mutable_amount());
    }
  }
  for (const rows::Entry* entry : at.refunds) {
    v1::Refund& refund = *payment->add_refunds();
    SetMoney(entry->amount_minor(), currency, *refund.mutable_amount());
    SetDate(entry->day(), refund.mutable_date());
    refund.set_credit_note_id(entry->other_id());
    refund.set_external_id(entry->external_id());
    refund.set_refund_id(entry->refund_id());
    refund.set_reason(entry->words());
  }
  for (const rows::Entry* entry : at.reversals) {
    v1::PaymentReversal& reversal = *payment->add_reversals();
    reversal.set_kind(static_cast<billing::v1::PaymentState>(entry->code()));
    SetMoney(entry->amount_minor(), currency, *reversal.mutable_amount());
    SetMoney(entry->part_minor(), currency, *reversal.mutable_excess());
    SetDate(entry->day(), reversal.mutable_date());
    reversal.set_external_id(entry->external_id());
    reversal.set_reason(entry->words());
  }
  for (const rows::Entry* entry : at.claims) payment->add_debit_note_ids(entry->other_id());
  for (const rows::Entry* entry : at.reinstatements) {
    payment->add_reinstating_payment_ids(entry->other_id());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Span<const FilterField> Payments::Fields() {
  static constexpr FilterField kFields[] = {
      {"customer_id", FilterType::kText},
      {"account_id", FilterType::kText},
      {"payment_id", FilterType::kText},
      {"state", FilterType::kEnum, &billing::v1::PaymentState_descriptor},
      {"method", FilterType::kEnum, &billing::v1::PaymentMethod_descriptor},
      {"channel", FilterType::kEnum, &billing::v1::PaymentChannel_descriptor},
      {"payment_date", FilterType::kDate},
      {"currency_code", FilterType::kText},
      {"payer_reference", FilterType::kText},
      {"external_id", FilterType::kText},
      {"amount_minor", FilterType::kInteger},
      {"unapplied_minor", FilterType::kInteger},
  };
  return kFields;
}

FilterValue Payments::ValueOf(const Document<Payments>& document, size_t field) {
  const rows::PaymentRow& row = document.row;
  const PaymentStanding& at = document.standing;
  switch (field) {
    case 0:
      return Text(document.customer_id);
    case 1:
      return Text(row.account_id());
    case 2:
      return Text(document.id);
    case 3:
      return Enum(at.state);
    case 4:
      return Enum(row.method());
    case 5:
      return Enum(row.channel());
    case 6:
      return Number(at.day);
    case 7:
      return Text(row.currency_code());
    case kPayerReferenceField:
      return Text(row.payer_reference());
    case kExternalIdField:
      return Text(row.external_id());
    case 10:
      return Number(row.amount_minor());
    default:
      return Number(at.unapplied_minor);
  }
}

absl::Span<const OrderField> Payments::Orders() {
  static constexpr OrderField kOrders[] = {
      {"payment_date", kPaymentsByDay.id, KeyPart::kDay},
      {"amount"},
      {"unapplied"},
  };
  return kOrders;
}

void Payments::AppendOrder(size_t order, const Document<Payments>& document, std::string* key) {
  switch (order) {
    case kByDate:
      return projection::AppendDay(key, document.standing.day);
    case kByAmount:
      return AppendAmount(document.row.amount_minor(), key);
    default:
      return AppendAmount(document.standing.unapplied_minor, key);
  }
}

absl::Span<const Pin> Payments::Pins() {
  static constexpr Pin kPins[] = {
      {kExternalIdField, kPaymentsByExternalId.id, KeyPart::kText},
      {kPayerReferenceField, kPaymentsByPayerReference.id, KeyPart::kText},
  };
  return kPins;
}

absl::Status Payments::Describe(const store::View& view, const Document<Payments>& document,
                                bool full, v1::Payment* payment) {
  const rows::PaymentRow& row = document.row;
  const PaymentStanding& at = document.standing;
  ASSIGN_OR_RETURN(const Currency* currency, CurrencyOf(row.currency_code()));
  payment->set_customer_id(document.customer_id);
  payment->set_payment_id(document.id);
  payment->set_account_id(row.account_id());
  payment->set_state(at.state);
  SetMoney(row.amount_minor(), *currency, *payment->mutable_amount());
  SetDate(at.day, payment->mutable_payment_date());
  payment->set_method(row.method());
  payment->set_channel(row.channel());
  payment->set_payer_reference(row.payer_reference());
  payment->set_external_id(row.external_id());
  payment->set_attempt(row.attempt());
  payment->set_reinstates_payment_id(row.reinstates_payment_id());
  if (at.received) DescribeMoney(at, *currency, payment);
  payment->set_reason(std::string(at.reason));
  SetMicros(row.recorded_us(), payment->mutable_recorded_time());
  SetNewest(at.newest, payment);
  return full ? DescribeParts(view, document, *currency, payment) : absl::OkStatus();
}

}  // namespace daybook::documents
