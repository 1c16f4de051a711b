// Money that came in: what RecordPayment, ConfirmPayment and ReinstatePayment end with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/payment_answer.h"

namespace daybook::billing {

// Which invoices money is for, as the payer or the caller instructs.
struct Instruction {
  Allocations allocations;
  bool binding = true;  // false: invoices that cannot be paid any more are passed over
};

struct Received {
  command::Events<v1::Event> events;
  size_t payment = 0;  // index in `events` of PaymentRecorded or PaymentConfirmed
  int64_t discounted_minor = 0;
};

// Allocates the money of `payment` (Allocator): as instructed, then by age; the rest is unapplied.
// `payment` is PaymentRecorded or PaymentConfirmed without its allocations. The recoveries stand
// before it, and after it the discounts that it earns; for those the money counts from `first_day`
// (YYYYMMDD). INVOICE_NOT_FOUND, INVOICE_NOT_OPEN.
absl::StatusOr<Received> Receive(const command::View& view, const state::Account& account,
                                 const Instruction& instruction, int32_t first_day,
                                 command::Dated<v1::Event> payment);

template <class Response>
void AnswerReceived(const Received& received, const state::Account& account, Response& response) {
  const Currency currency = CurrencyOf(account);
  const v1::Event& event = received.events[received.payment].event;
  if (event.has_payment_confirmed()) {
    AnswerPayment(event.payment_confirmed(), currency, response);
  } else {
    AnswerPayment(event.payment_recorded(), currency, response);
  }
  AnswerDiscounted(received.discounted_minor, currency, response);
}

}  // namespace daybook::billing
