// What a command answers of the allocations that it made.
#pragma once

#include <algorithm>

#include "common/base/money.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/limits.h"

namespace daybook::billing {

// Names the first few allocations and counts all.
template <class Response>
void AnswerAllocations(const google::protobuf::RepeatedPtrField<v1::Allocation>& allocations,
                       const Currency& currency, Response& response) {
  const int named = std::min(allocations.size(), kMaxAnsweredAllocations);
  for (int i = 0; i < named; ++i) {
    auto& applied = *response.add_allocations();
    applied.set_invoice_id(allocations[i].invoice_id());
    *applied.mutable_amount() = MoneyOf(allocations[i].amount_minor(), currency);
  }
  response.set_allocation_count(allocations.size());
}

// Of PaymentRecorded and PaymentConfirmed.
template <class Event, class Response>
void AnswerPayment(const Event& payment, const Currency& currency, Response& response) {
  response.set_payment_id(payment.payment_id());
  AnswerAllocations(payment.allocations(), currency, response);
  *response.mutable_unapplied() = MoneyOf(payment.unapplied_minor(), currency);
  response.set_account_id(payment.account_id());
}

}  // namespace daybook::billing
