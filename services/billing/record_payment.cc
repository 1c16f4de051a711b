#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/find_word.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/day_number.h"
#include "services/billing/fold.h"
#include "services/billing/payment_answer.h"

namespace daybook {
namespace {

using billing::Command;
using billing::v1::Account;
using billing::v1::Payment;
using billing::v1::PaymentRecorded;
using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;

struct Known {
  const Account* account = nullptr;
  const Payment* payment = nullptr;
};

// External ids are unique over all accounts of the customer.
Known FindKnown(const billing::v1::State& state, billing::v1::PaymentMethod method,
                const std::string& external_id) {
  const uint32_t key = billing::ExternalKey(method, external_id);
  for (const Account& account : state.accounts()) {
    const auto& keys = account.external_keys();
    const auto next = [&](int at) { return FindWord(keys.data(), keys.size(), at, key); };
    for (int i = next(0); i < keys.size(); i = next(i + 1)) {
      const Payment& payment = account.payments(i);
      if (payment.method() == method && payment.external_id() == external_id) {
        return {&account, &payment};
      }
    }
  }
  return {};
}

bool IsUnderWay(billing::v1::PaymentState state) {
  return state == billing::v1::PAYMENT_STATE_PENDING || state == billing::v1::PAYMENT_STATE_UNKNOWN;
}

// That the money came is new of a payment under way and against one that failed: it must be
// confirmed. The day of an announcement may differ from the day on which the money came.
bool SameContent(const Known& known, const Account& account, int64_t amount,
                 const RecordPaymentRequest& request) {
  const bool announces = IsUnderWay(request.initial_state());
  const bool arrived = !IsUnderWay(known.payment->state()) &&
                       known.payment->state() != billing::v1::PAYMENT_STATE_FAILED;
  return known.account == &account && known.payment->amount_minor() == amount &&
         account.currency_code() == request.amount().currency_code() && (announces || arrived) &&
         (announces || !request.has_payment_date() ||
          billing::DayNumber(request.payment_date()) == known.payment->payment_date());
}

absl::Status PaymentExists(const Known& known) {
  return Refuse(Reason::kPaymentExists,
                absl::StrCat("the external id belongs to payment '", known.payment->payment_id(),
                             "' with another account, amount, currency, date or state"),
                {{"payment_id", known.payment->payment_id()},
                 {"account_id", known.account->account_id()},
                 {"state", std::string(billing::NameOf(known.payment->state()))}});
}

// What a recorded and an announced payment have in common.
template <class Event>
void FillPayment(const Account& account, const RecordPaymentRequest& request, int64_t amount,
                 std::string id, std::string external_id, Event& payment) {
  payment.set_account_id(account.account_id());
  payment.set_payment_id(std::move(id));
  payment.set_amount_minor(amount);
  payment.set_currency_code(account.currency_code());
  payment.set_method(request.method());
  payment.set_channel(request.channel());
  payment.set_payer_reference(Normalise(request.payer_reference()));
  payment.set_external_id(std::move(external_id));
}

}  // namespace

absl::StatusOr<command::Events<Billing::Event>> Billing::Decide(const command::View& view,
                                                                const RecordPaymentRequest& request,
                                                                const command::Context& context,
                                                                RecordPaymentResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   billing::ChooseAccount(view, request.account_id(), Command::kRecordPayment));
  ASSIGN_OR_RETURN(const int64_t amount, MinorOf(request.amount()));
  std::string external_id = Normalise(request.external_id());
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
  RETURN_IF_ERROR(billing::ExpectFitsReceived(*account, amount));
  absl::CivilDay day;
  if (request.has_payment_date()) {
    ASSIGN_OR_RETURN(day, DayOf(request.payment_date()));
  } else {
    ASSIGN_OR_RETURN(day, billing::DefaultDay(account->time_zone(), context.now, "payment_date"));
  }
  billing::Allocations said;
  if (!request.allocations().empty()) {
    ASSIGN_OR_RETURN(said, billing::SaidOf(*account, request.allocations()));
  }
  const Currency& currency = billing::CurrencyOf(*account);
  command::Events<Event> events;
  if (IsUnderWay(request.initial_state())) {
    RETURN_IF_ERROR(billing::ExpectPayable(*account, said));
    auto& dated = events.emplace_back();
    dated.effective_date = day;
    auto& announced = *dated.event.mutable_payment_announced();
    FillPayment(*account, request, amount, context.NewId(view, 0), std::move(external_id),
                announced);
    announced.set_state(request.initial_state());
    *announced.mutable_said() = std::move(said);
    response.set_payment_id(announced.payment_id());
    response.set_account_id(account->account_id());
    *response.mutable_unapplied() = MoneyOf(0, currency);
    return events;
  }

  PaymentRecorded payment;
  FillPayment(*account, request, amount, context.NewId(view, 0), std::move(external_id), payment);
  billing::Allocator allocator(*account, amount, billing::MostAllocations(view.state.billing()),
                               *payment.mutable_allocations());
  if (!said.empty()) RETURN_IF_ERROR(allocator.AsSaid(said));
  allocator.ByAge(/*spare_pending=*/false);
  payment.set_unapplied_minor(allocator.left());
  billing::AnswerPayment(payment, currency, response);

  billing::AddRecoveries(allocator, day, events);
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  *dated.event.mutable_payment_recorded() = std::move(payment);
  return events;
}

}  // namespace daybook
