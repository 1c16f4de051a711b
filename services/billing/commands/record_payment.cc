#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/day_number.h"
#include "services/billing/effective_day.h"
#include "services/billing/payment_identity.h"
#include "services/billing/pending_payment.h"
#include "services/billing/received_money.h"

namespace daybook::billing {
namespace {

using state::Account;
using v1::RecordPaymentRequest;
using v1::RecordPaymentResponse;

constexpr int32_t kMaxAttempt = 1'000;

void AnswerState(v1::PaymentState state, int32_t attempt, RecordPaymentResponse& response) {
  response.set_state(state);
  response.set_attempt(attempt);
}

// The fields that a recorded and an announced payment have in common.
template <class Event>
void FillPayment(const Account& account, const RecordPaymentRequest& request, int64_t amount,
                 std::string id, std::string external_id, Event& payment) {
  payment.set_account_id(account.account_id());
  payment.set_payment_id(std::move(id));
  payment.set_amount_minor(amount);
  payment.set_currency_code(account.currency_code());
  payment.set_method(request.method());
  payment.set_channel(request.channel());
  payment.set_payer_reference(Tidy(request.payer_reference()));
  if (!external_id.empty() && request.attempt() > 1) payment.set_attempt(request.attempt());
  payment.set_external_id(std::move(external_id));
}

absl::StatusOr<absl::CivilDay> PaymentDay(const Account& account,
                                          const RecordPaymentRequest& request,
                                          const command::Context& context) {
  if (request.has_payment_date()) return DayOf(request.payment_date());
  return DefaultDay(account.time_zone(), context.now, "payment_date");
}

// A payment that is known under the request's external id. Money that came confirms a pending or
// failed payment; anything else changes nothing.
absl::StatusOr<Events> Again(const command::View& view, const KnownPayment& known,
                             const RecordPaymentRequest& request, const command::Context& context,
                             RecordPaymentResponse& response) {
  const Account& account = *known.account;
  const v1::PaymentState state = known.payment->state();
  const int32_t attempt = AttemptOf(*known.payment);
  const bool came = !IsUnderWay(request.initial_state());
  if (!came || !Allows(state, Command::kConfirmPayment)) {
    response.set_payment_id(known.payment->payment_id());
    response.set_account_id(account.account_id());
    response.set_repeated(true);
    AnswerState(state, attempt, response);
    return Events();
  }
  ASSIGN_OR_RETURN(const absl::CivilDay day, PaymentDay(account, request, context));
  ASSIGN_OR_RETURN(const Allocations instructed,
                   InstructedAllocations(account, request.allocations()));
  ASSIGN_OR_RETURN(Received received,
                   Confirm(view, {known.account, known.payment, known.ordinal}, instructed, day));
  AnswerReceived(received, account, response);
  AnswerState(v1::PAYMENT_STATE_SUCCEEDED, attempt, response);
  return std::move(received.events);
}

}  // namespace

absl::Status Billing::Check(const RecordPaymentRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  if (!request.has_amount()) {
    bad.Add("amount", "is required");
  } else {
    Expect(CheckPositive(request.amount()), "amount", bad);
  }
  if (request.method() == v1::PAYMENT_METHOD_UNSPECIFIED) {
    bad.Add("method", "is required");
  } else if (!v1::PaymentMethod_IsValid(request.method())) {
    bad.Add("method", "is no known method");
  }
  if (!v1::PaymentChannel_IsValid(request.channel())) {
    bad.Add("channel", "is no known channel");
  }
  if (request.has_payment_date()) {
    Expect(DayOf(request.payment_date()).status(), "payment_date", bad);
  }
  Expect(CheckText(request.payer_reference(), kMaxReferenceCharacters), "payer_reference", bad);
  if (!request.external_id().empty()) {
    Expect(CheckName(request.external_id(), kMaxExternalIdCharacters), "external_id", bad);
  }
  if (request.attempt() < 0 || request.attempt() > kMaxAttempt) {
    bad.Add("attempt", absl::StrCat("must be 1 to ", kMaxAttempt, ", or be left out"));
  } else if (request.attempt() > 0 && request.external_id().empty()) {
    bad.Add("attempt", "needs an external_id");
  }
  CheckAllocations(request.allocations(), bad);
  switch (request.initial_state()) {
    case v1::PAYMENT_STATE_UNSPECIFIED:
    case v1::PAYMENT_STATE_SUCCEEDED:
    case v1::PAYMENT_STATE_PENDING:
    case v1::PAYMENT_STATE_UNKNOWN:
      break;
    default:
      bad.Add("initial_state", "is not SUCCEEDED, PENDING or UNKNOWN");
  }
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const RecordPaymentRequest& request,
                                       const command::Context& context,
                                       RecordPaymentResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kRecordPayment));
  ASSIGN_OR_RETURN(const int64_t amount, MinorOf(request.amount()));
  std::string external_id = Tidy(request.external_id());
  if (!external_id.empty()) {
    const KnownPayment known =
        FindKnown(view.part<state::State>(), request.method(), external_id, request.attempt());
    if (known.payment != nullptr) {
      RETURN_IF_ERROR(ExpectSame(known, *account, amount, request));
      return Again(view, known, request, context, response);
    }
  }
  RETURN_IF_ERROR(ExpectRoomForFact(view));
  RETURN_IF_ERROR(ExpectCurrency(*account, request.amount().currency_code()));
  RETURN_IF_ERROR(ExpectUsual(*account, amount, request.allow_unusual()));
  RETURN_IF_ERROR(ExpectFitsReceived(*account, amount));
  ASSIGN_OR_RETURN(const absl::CivilDay day, PaymentDay(*account, request, context));
  Allocations instructed;
  if (!request.allocations().empty()) {
    ASSIGN_OR_RETURN(instructed, InstructedAllocations(*account, request.allocations()));
  }
  const int32_t attempt = external_id.empty() ? 0 : std::max(1, request.attempt());
  if (IsUnderWay(request.initial_state())) {
    RETURN_IF_ERROR(ExpectPayable(*account, instructed));
    Events events;
    auto& dated = events.emplace_back();
    dated.effective_date = day;
    auto& announced = *dated.event.mutable_payment_announced();
    FillPayment(*account, request, amount, context.NewId(view, 0), std::move(external_id),
                announced);
    announced.set_state(request.initial_state());
    *announced.mutable_instructed_allocations() = std::move(instructed);
    response.set_payment_id(announced.payment_id());
    response.set_account_id(account->account_id());
    *response.mutable_unapplied() = MoneyOf(0, CurrencyOf(*account));
    AnswerState(request.initial_state(), attempt, response);
    return events;
  }

  command::Dated<Event> payment{day, {}};
  FillPayment(*account, request, amount, context.NewId(view, 0), std::move(external_id),
              *payment.event.mutable_payment_recorded());
  ASSIGN_OR_RETURN(Received received, Receive(view, *account, {std::move(instructed)},
                                              DayNumber(day), std::move(payment)));
  AnswerReceived(received, *account, response);
  AnswerState(v1::PAYMENT_STATE_SUCCEEDED, attempt, response);
  return std::move(received.events);
}

}  // namespace daybook::billing
