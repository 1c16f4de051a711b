// How commands answer the allocations and discounts that they made.
#pragma once

#include <algorithm>

#include "common/base/money.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/limits.h"

namespace daybook::billing {

// The first few allocations, and the count of all.
template <class Response>
void AnswerAllocations(const google::protobuf::RepeatedPtrField<v1::Allocation>& allocations,
                       const Currency& currency, Response& response) {
  const int named = std::min(allocations.size(), kMaxAnsweredAllocations);
  for (int i = 0; i < named; ++i) {
    auto& applied = *response.add_allocations();
    applied.set_invoice_id(allocations[i].invoice_id());
    SetMoney(allocations[i].amount_minor(), currency, *applied.mutable_amount());
  }
  response.set_allocation_count(allocations.size());
}

// Discounts for early payment that a command took; unset if it took none.
template <class Response>
void AnswerDiscounted(int64_t discounted_minor, const Currency& currency, Response& response) {
  if (discounted_minor == 0) return;
  SetMoney(discounted_minor, currency, *response.mutable_discounted());
}

// For PaymentRecorded and PaymentConfirmed.
template <class Event, class Response>
void AnswerPayment(const Event& payment, const Currency& currency, Response& response) {
  response.set_payment_id(payment.payment_id());
  AnswerAllocations(payment.allocations(), currency, response);
  SetMoney(payment.unapplied_minor(), currency, *response.mutable_unapplied());
  response.set_account_id(payment.account_id());
}

}  // namespace daybook::billing
