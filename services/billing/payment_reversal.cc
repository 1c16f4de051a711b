#include "services/billing/payment_reversal.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/capacity.h"
#include "services/billing/credit_write_off.h"
#include "services/billing/day_number.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/invoice_number.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Payment;
using state::PaymentReversal;

// The amounts of one reversal.
struct Amounts {
  int64_t amount_minor = 0;  // that the bank takes
  int64_t left_minor = 0;    // of the payment before it

  int64_t reversed_minor() const { return std::min(amount_minor, left_minor); }
  int64_t excess_minor() const { return amount_minor - reversed_minor(); }
  bool partial() const { return amount_minor < left_minor; }
};

absl::Status AboveLeft(const Account& account, const Amounts& taken) {
  return Refuse(reason::kReversalAbovePayment,
                taken.left_minor == 0
                    ? "nothing is left of the payment"
                    : absl::StrCat(MoneyText(account, taken.amount_minor), " is taken back, ",
                                   MoneyText(account, taken.left_minor), " is left of the payment"),
                {{"left_minor", absl::StrCat(taken.left_minor)}});
}

// Money of the payment that was neither refunded nor reversed, allocated or not.
int64_t LeftOf(const Payment& payment) {
  return payment.amount_minor() - payment.refunded_minor() - payment.reversed_minor();
}

template <class Request>
absl::StatusOr<Amounts> AmountsOf(const PaymentRef& found, const Request& request) {
  Amounts taken{.left_minor = LeftOf(*found.payment)};
  taken.amount_minor = taken.left_minor;
  if (request.has_amount()) {
    RETURN_IF_ERROR(ExpectCurrency(*found.account, request.amount().currency_code()));
    ASSIGN_OR_RETURN(taken.amount_minor, MinorOf(request.amount()));
  }
  return taken;
}

int64_t AmountOf(const PaymentReversal& reversal) {
  return reversal.reversed_minor() + reversal.claimed_minor() + reversal.lost_minor();
}

struct KnownReversal {
  const Account* account = nullptr;
  const Payment* payment = nullptr;
  const PaymentReversal* reversal = nullptr;

  int64_t amount_minor() const { return AmountOf(*reversal); }
};

// A pass over all payments, since reversals are rare. An empty id is never known.
KnownReversal FindReversal(const state::State& state, const std::string& external_id) {
  if (external_id.empty()) return {};
  for (const Account& account : state.accounts()) {
    for (const Payment& payment : account.payments()) {
      for (const PaymentReversal& reversal : payment.reversals()) {
        if (reversal.external_id() == external_id) return {&account, &payment, &reversal};
      }
    }
  }
  return {};
}

// Whether the excess was claimed or lost as the request has it, or the request leaves it open.
bool IsTreatedAs(const PaymentReversal& known, v1::ReversalExcess excess) {
  return (excess != v1::REVERSAL_EXCESS_LOSS || known.claimed_minor() == 0) &&
         (excess != v1::REVERSAL_EXCESS_CLAIM || known.lost_minor() == 0);
}

absl::Status ReversalExists(const KnownReversal& known, std::string_view different_fields) {
  return Refuse(reason::kPaymentExists,
                absl::StrCat("the external id belongs to a reversal of payment '",
                             known.payment->payment_id(), "' of ",
                             MoneyText(*known.account, known.amount_minor()), ", ",
                             ToAbsl(NameOf(known.reversal->kind()))),
                {{"payment_id", known.payment->payment_id()},
                 {"amount_minor", absl::StrCat(known.amount_minor())},
                 {"different_fields", std::string(different_fields)}});
}

// The amount that was taken, and what is left of the payment.
template <class Response>
void Answer(const PaymentRef& found, const Amounts& taken, v1::PaymentState state,
            Response& response) {
  const Currency& currency = CurrencyOf(*found.account);
  response.set_payment_id(found.payment->payment_id());
  *response.mutable_amount() = MoneyOf(taken.amount_minor, currency);
  *response.mutable_left() = MoneyOf(taken.left_minor - taken.reversed_minor(), currency);
  *response.mutable_excess() = MoneyOf(taken.excess_minor(), currency);
  response.set_state(state);
}

// The answer of the first request, with the present state of the payment.
template <class Response>
void AnswerAgain(const PaymentRef& found, const PaymentReversal& known, int partition,
                 Response& response) {
  const Currency& currency = CurrencyOf(*found.account);
  const int64_t excess = known.claimed_minor() + known.lost_minor();
  response.set_payment_id(found.payment->payment_id());
  *response.mutable_amount() = MoneyOf(known.reversed_minor() + excess, currency);
  *response.mutable_left() = MoneyOf(LeftOf(*found.payment), currency);
  *response.mutable_excess() = MoneyOf(excess, currency);
  response.set_state(found.payment->state());
  response.set_repeated(true);
  if (!known.has_debit_note()) return;
  const auto& note = InvoiceOf(*found.account, known.debit_note());
  response.set_debit_note_id(note.invoice_id());
  response.set_debit_note_number(FormatNumber(NumberOf(note, partition)));
}

// Makes enough of the payment unapplied for a partial reversal: first what was taken to income,
// then the newest allocations. Returns the number of invoices.
int MakeUnapplied(const PaymentRef& found, int64_t amount_minor, absl::CivilDay day,
                  EarlyPayments& early_payments, Events& events) {
  int64_t missing = amount_minor - found.payment->unapplied_minor();
  if (missing > 0 && found.payment->written_off_minor() > 0) {
    AddCreditRestored(found, day, "", events);
    missing -= found.payment->written_off_minor();
  }
  if (missing <= 0) return 0;
  Deallocation off = NewestAllocations(*found.account, found.ordinal, missing);
  Deallocate(off, found.ordinal, early_payments);
  auto& dated = events.emplace_back();
  dated.effective_date = std::max(day, DayOfNumber(off.last_day));
  auto& released = *dated.event.mutable_credit_released();
  released.set_account_id(found.account->account_id());
  released.set_payment_id(found.payment->payment_id());
  released.set_currency_code(found.account->currency_code());
  *released.mutable_released() = std::move(off.released);
  return released.released_size();
}

// The bank takes all that is left, or a part that is unapplied by now.
void AddReversed(const PaymentRef& found, const Amounts& taken, absl::CivilDay day,
                 v1::PaymentReversed reversed, EarlyPayments& early_payments, Events& events) {
  reversed.set_account_id(found.account->account_id());
  reversed.set_payment_id(found.payment->payment_id());
  reversed.set_currency_code(found.account->currency_code());
  reversed.set_amount_minor(taken.reversed_minor());
  reversed.set_excess_minor(taken.excess_minor());
  reversed.set_partial(taken.partial());
  if (taken.partial()) {
    reversed.set_unapplied_minor(taken.reversed_minor());
  } else {
    Deallocation off =
        NewestAllocations(*found.account, found.ordinal, found.payment->amount_minor());
    Deallocate(off, found.ordinal, early_payments);
    *reversed.mutable_released() = std::move(off.released);
    reversed.set_unapplied_minor(taken.reversed_minor() - off.amount_minor);
  }
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  *dated.event.mutable_payment_reversed() = std::move(reversed);
}

template <class Response>
absl::Status AddDebitNote(const command::View& view, const PaymentRef& found, int64_t amount_minor,
                          absl::CivilDay day, const std::string& reason,
                          const command::Context& context, Events& events, Response& response) {
  // Debit notes count as invoiced, and all that was ever invoiced must fit.
  RETURN_IF_ERROR(ToInt64(Int128{found.account->invoiced_minor()} + amount_minor).status());
  RETURN_IF_ERROR(ExpectRoomForFact(view));
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  auto& note = *dated.event.mutable_debit_note_issued();
  ASSIGN_OR_RETURN(*note.mutable_number(),
                   NextNumber(view.partition_state.series(), Numbered::kDebitNote, "",
                              static_cast<int>(day.year()), view.partition));
  note.set_account_id(found.account->account_id());
  note.set_debit_note_id(context.NewId(view, 0));
  note.set_payment_id(found.payment->payment_id());
  note.set_currency_code(found.account->currency_code());
  *note.mutable_due_date() = DateOf(day);
  note.set_total_minor(amount_minor);
  note.set_reason(reason);
  response.set_debit_note_id(note.debit_note_id());
  if (!context.validate_only) {
    response.set_debit_note_number(FormatNumber(note.number()));
  }
  return absl::OkStatus();
}

// All reversals of a payment must fit, because the money may come again at once.
absl::Status ExpectFitsTaken(const Payment& payment, int64_t amount_minor) {
  Int128 taken = amount_minor;
  for (const PaymentReversal& before : payment.reversals()) taken += AmountOf(before);
  return ToInt64(taken).status();
}

void AddLoss(const PaymentRef& found, int64_t amount_minor, absl::CivilDay day,
             const std::string& reason, Events& events) {
  auto& dated = events.emplace_back();
  dated.effective_date = day;
  auto& lost = *dated.event.mutable_payment_loss_taken();
  lost.set_account_id(found.account->account_id());
  lost.set_payment_id(found.payment->payment_id());
  lost.set_currency_code(found.account->currency_code());
  lost.set_amount_minor(amount_minor);
  lost.set_reason(reason);
}

}  // namespace

template <class Request, class Response>
absl::StatusOr<Events> DecideReversal(const command::View& view, const Request& request,
                                      const command::Context& context, Command command,
                                      v1::PaymentState kind, Response& response) {
  ASSIGN_OR_RETURN(const PaymentRef found, FindPayment(view, request.payment_id(), command));
  ASSIGN_OR_RETURN(const Amounts taken, AmountsOf(found, request));
  std::string external_id = Tidy(request.external_id());
  const KnownReversal known = FindReversal(view.part<state::State>(), external_id);
  if (known.reversal != nullptr) {
    if (known.payment != found.payment) return ReversalExists(known, "payment_id");
    if (known.reversal->kind() != kind) return ReversalExists(known, "kind");
    if (request.has_amount() && known.amount_minor() != taken.amount_minor) {
      return ReversalExists(known, "amount");
    }
    if (!IsTreatedAs(*known.reversal, request.excess())) return ReversalExists(known, "excess");
    AnswerAgain(found, *known.reversal, view.partition, response);
    return Events();
  }
  if (taken.amount_minor == 0) return AboveLeft(*found.account, taken);
  RETURN_IF_ERROR(ExpectFitsTaken(*found.payment, taken.amount_minor));
  if (taken.excess_minor() > 0 && request.excess() == v1::REVERSAL_EXCESS_UNSPECIFIED) {
    return AboveLeft(*found.account, taken);
  }
  ASSIGN_OR_RETURN(
      const absl::CivilDay day,
      EffectiveDay(*found.account, request.has_effective_date(), request.effective_date(),
                   context.now, found.payment->payment_date()));
  Answer(found, taken, taken.partial() ? found.payment->state() : kind, response);
  const std::string reason = Normalise(request.reason());
  Events events;
  EarlyPayments early_payments(*found.account);
  if (taken.partial()) {
    response.set_invoice_count(
        MakeUnapplied(found, taken.reversed_minor(), day, early_payments, events));
  } else if (found.payment->written_off_minor() > 0) {
    AddCreditRestored(found, day, "", events);
  }
  v1::PaymentReversed reversed;
  reversed.set_state(kind);
  reversed.set_reason(reason);
  reversed.set_external_id(std::move(external_id));
  AddReversed(found, taken, day, std::move(reversed), early_payments, events);
  if (!taken.partial()) {
    response.set_invoice_count(events.back().event.payment_reversed().released_size());
  }
  const bool claimed = request.excess() == v1::REVERSAL_EXCESS_CLAIM;
  if (taken.excess_minor() > 0 && claimed) {
    RETURN_IF_ERROR(
        AddDebitNote(view, found, taken.excess_minor(), day, reason, context, events, response));
  } else if (taken.excess_minor() > 0) {
    AddLoss(found, taken.excess_minor(), day, reason, events);
  }
  early_payments.AddEvents(day, events);
  return events;
}

template absl::StatusOr<Events> DecideReversal(const command::View&,
                                               const v1::ReversePaymentRequest&,
                                               const command::Context&, Command, v1::PaymentState,
                                               v1::ReversePaymentResponse&);
template absl::StatusOr<Events> DecideReversal(const command::View&,
                                               const v1::ChargeBackPaymentRequest&,
                                               const command::Context&, Command, v1::PaymentState,
                                               v1::ChargeBackPaymentResponse&);

}  // namespace daybook::billing
