#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/limits.h"

namespace daybook {
namespace {

using billing::v1::Account;
using billing::v1::PaymentKey;
using billing::v1::PaymentRecorded;
using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;

struct Known {
  const Account* account = nullptr;
  const PaymentKey* payment = nullptr;
};

// External ids are unique over all accounts of the customer.
Known FindKnown(const billing::v1::State& state, billing::v1::PaymentMethod method,
                const std::string& external_id) {
  for (const Account& account : state.accounts()) {
    for (const PaymentKey& payment : account.payments()) {
      if (payment.method() == method && payment.external_id() == external_id) {
        return {&account, &payment};
      }
    }
  }
  return {};
}

bool SameContent(const Known& known, const Account& account, int64_t amount,
                 const RecordPaymentRequest& request) {
  return known.account == &account && known.payment->amount_minor() == amount &&
         account.currency_code() == request.amount().currency_code() &&
         (!request.has_payment_date() ||
          *DayOf(request.payment_date()) == *DayOf(known.payment->payment_date()));
}

absl::Status PaymentExists(const Known& known) {
  return Refuse(
      Reason::kPaymentExists,
      absl::StrCat("the external id belongs to payment '", known.payment->payment_id(),
                   "' with another account, amount, currency or date"),
      {{"payment_id", known.payment->payment_id()}, {"account_id", known.account->account_id()}});
}

void Answer(const PaymentRecorded& payment, const Currency& currency,
            RecordPaymentResponse& response) {
  response.set_payment_id(payment.payment_id());
  const int named = std::min(payment.allocations_size(), billing::kMaxAnsweredAllocations);
  for (int i = 0; i < named; ++i) {
    auto& applied = *response.add_allocations();
    applied.set_invoice_id(payment.allocations(i).invoice_id());
    *applied.mutable_amount() = MoneyOf(payment.allocations(i).amount_minor(), currency);
  }
  response.set_allocation_count(payment.allocations_size());
  *response.mutable_unapplied() = MoneyOf(payment.unapplied_minor(), currency);
  response.set_account_id(payment.account_id());
}

}  // namespace

absl::StatusOr<command::Events<Billing::Event>> Billing::Decide(const command::View& view,
                                                                const RecordPaymentRequest& request,
                                                                const command::Context& context,
                                                                RecordPaymentResponse& response) {
  RETURN_IF_ERROR(billing::ExpectCustomer(view));
  ASSIGN_OR_RETURN(const Account* account, billing::ChooseAccount(view, request.account_id()));
  ASSIGN_OR_RETURN(const int64_t amount, MinorOf(request.amount()));
  const std::string external_id = Normalise(request.external_id());
  if (!external_id.empty()) {
    const Known known = FindKnown(view.state.billing(), request.method(), external_id);
    if (known.payment != nullptr) {
      if (!SameContent(known, *account, amount, request)) return PaymentExists(known);
      response.set_payment_id(known.payment->payment_id());
      response.set_account_id(account->account_id());
      return command::Events<Event>();
    }
  }
  RETURN_IF_ERROR(billing::ExpectRoom(view));
  RETURN_IF_ERROR(billing::ExpectCurrency(*account, request.amount().currency_code()));
  RETURN_IF_ERROR(Add(account->received_minor(), amount).status());

  command::Events<Event> events(1);
  if (request.has_payment_date()) {
    ASSIGN_OR_RETURN(events[0].effective_date, DayOf(request.payment_date()));
  } else {
    ASSIGN_OR_RETURN(events[0].effective_date,
                     billing::DefaultDay(account->time_zone(), context.now, "payment_date"));
  }
  PaymentRecorded& payment = *events[0].event.mutable_payment_recorded();
  payment.set_account_id(account->account_id());
  payment.set_payment_id(context.NewId(view, 0));
  payment.set_amount_minor(amount);
  payment.set_currency_code(account->currency_code());
  payment.set_method(request.method());
  payment.set_channel(request.channel());
  payment.set_payer_reference(Normalise(request.payer_reference()));
  payment.set_external_id(external_id);
  RETURN_IF_ERROR(billing::Allocate(*account, request.allocations(), payment));

  Answer(payment, billing::CurrencyOf(*account), response);
  return events;
}

}  // namespace daybook
