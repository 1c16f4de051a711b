#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/allocation.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/documents.h"
#include "services/billing/early_payment.h"
#include "services/billing/effective_day.h"
#include "services/billing/limits.h"
#include "services/billing/payment_answer.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

using state::Account;
using state::Payment;
using v1::ApplyCreditRequest;

// The payments whose credit is applied, the oldest first.
struct Sources {
  const Account* account = nullptr;
  std::vector<const Payment*> payments;
  std::vector<uint32_t> ordinals;  // of `payments`
  int64_t unapplied_minor = 0;

  void Add(const Payment& payment, uint32_t ordinal) {
    payments.push_back(&payment);
    ordinals.push_back(ordinal);
    unapplied_minor += payment.unapplied_minor();
  }
  // The latest day on which any of the money first came.
  int32_t LastFirstDay() const {
    int32_t last = 0;
    for (const Payment* payment : payments) last = std::max(last, FirstDayOf(*payment));
    return last;
  }
  // The latest day of the payments that make up `amount_minor`.
  int32_t LastDayOf(int64_t amount_minor) const {
    int32_t last = 0;
    for (const Payment* payment : payments) {
      if (amount_minor <= 0) break;
      last = std::max(last, payment->payment_date());
      amount_minor -= payment->unapplied_minor();
    }
    return last;
  }
};

absl::StatusOr<Sources> ChooseSources(const command::View& view,
                                      const ApplyCreditRequest& request) {
  Sources sources;
  ASSIGN_OR_RETURN(sources.account,
                   ChooseAccount(view, request.account_id(), Command::kApplyCredit));
  if (!request.payment_id().empty()) {
    ASSIGN_OR_RETURN(const PaymentRef found,
                     FindPayment(view, request.payment_id(), Command::kApplyCredit));
    if (found.account != sources.account) {
      return Refuse(
          reason::kPaymentNotFound,
          absl::StrCat("payment '", request.payment_id(), "' is of another account"),
          {{"payment_id", request.payment_id()}, {"account_id", found.account->account_id()}});
    }
    sources.Add(*found.payment, found.ordinal);
  } else {
    const auto& open = sources.account->open_payments();
    const int most = std::min(open.size(), kMaxCredits);
    for (int i = 0; i < most; ++i) {
      sources.Add(sources.account->payments(static_cast<int>(open[i])), open[i]);
    }
  }
  if (sources.unapplied_minor == 0) return CreditTooSmall(*sources.account, 0, 0);
  return sources;
}

// The latest day of the invoices that get something: no credit is on an invoice before its day.
int32_t LastDayOf(const Account& account, const Allocations& allocations) {
  absl::flat_hash_map<absl::string_view, int32_t> days;
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const auto& invoice : *list) days.emplace(invoice.invoice_id(), invoice.invoice_date());
  }
  int32_t last = 0;
  for (const auto& allocation : allocations) {
    last = std::max(last, days.at(allocation.invoice_id()));
  }
  return last;
}

// Deals the allocations out to the sources, the oldest first: one event per source.
void Deal(const Sources& sources, const Allocations& allocations,
          const std::vector<Allocator::Offering>& offering, absl::CivilDay day,
          EarlyPayments& early_payments, Events& events) {
  absl::flat_hash_map<const v1::Allocation*, const state::Invoice*> offers;
  for (const Allocator::Offering& one : offering) offers.emplace(one.allocation, one.invoice);
  int next = 0;
  int64_t dealt = 0;  // of allocations[next]
  for (size_t i = 0; i < sources.payments.size() && next < allocations.size(); ++i) {
    const Payment* payment = sources.payments[i];
    auto& dated = events.emplace_back();
    dated.effective_date = day;
    auto& applied = *dated.event.mutable_credit_applied();
    applied.set_account_id(sources.account->account_id());
    applied.set_payment_id(payment->payment_id());
    applied.set_currency_code(sources.account->currency_code());
    int64_t left = payment->unapplied_minor();
    while (left > 0 && next < allocations.size()) {
      const int64_t amount = std::min(left, allocations[next].amount_minor() - dealt);
      auto& allocation = *applied.add_allocations();
      allocation.set_invoice_id(allocations[next].invoice_id());
      allocation.set_amount_minor(amount);
      const auto offer = offers.find(&allocations[next]);
      if (offer != offers.end()) {
        early_payments.Allocate(*offer->second, sources.ordinals[i], /*day=*/0, amount);
      }
      left -= amount;
      dealt += amount;
      if (dealt < allocations[next].amount_minor()) continue;
      ++next;
      dealt = 0;
    }
  }
}

}  // namespace

absl::Status Billing::Check(const v1::ApplyCreditRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  if (!request.payment_id().empty()) {
    Expect(CheckId(request.payment_id(), kMaxIdCharacters), "payment_id", bad);
  }
  CheckAllocations(request.allocations(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view, const ApplyCreditRequest& request,
                                       const command::Context& context,
                                       v1::ApplyCreditResponse& response) {
  ASSIGN_OR_RETURN(const Sources sources, ChooseSources(view, request));
  const Account& account = *sources.account;
  ASSIGN_OR_RETURN(const Allocations instructed,
                   InstructedAllocations(account, request.allocations()));
  // Every further source and every further invoice adds one row at most. The events of the sources
  // take half of the record.
  const int room = MostAllocations(view.part<state::State>()) / 2;
  Allocations allocations;
  // Discounts are asked for with the latest day of all sources: which source pays which invoice is
  // known only afterwards, and money that may be late must leave nothing open.
  EarlyPayments early_payments(account);
  if (account.discount_offer_count() > 0) {
    for (const uint32_t ordinal : sources.ordinals) early_payments.StartFrom(ordinal);
  }
  Allocator allocator(account, sources.unapplied_minor, sources.LastFirstDay(),
                      std::max(0, room - static_cast<int>(sources.payments.size())), early_payments,
                      allocations);
  if (instructed.empty()) {
    allocator.ByAge(/*spare_pending=*/true);
  } else {
    RETURN_IF_ERROR(allocator.AsInstructed(instructed));
  }
  const Currency& currency = CurrencyOf(account);
  const int64_t amount = sources.unapplied_minor - allocator.left();
  response.set_account_id(account.account_id());
  AnswerAllocations(allocations, currency, response);
  *response.mutable_amount() = MoneyOf(amount, currency);
  *response.mutable_unapplied() = MoneyOf(account.unapplied_minor() - amount, currency);
  if (amount == 0) return Events();

  ASSIGN_OR_RETURN(
      const absl::CivilDay day,
      EffectiveDay(account, request.has_effective_date(), request.effective_date(), context.now,
                   std::max(sources.LastDayOf(amount), LastDayOf(account, allocations))));
  Events events;
  AddRecoveries(allocator, day, events);
  Deal(sources, allocations, allocator.offering(), day, early_payments, events);
  AnswerDiscounted(early_payments.AddEvents(day, events).taken_minor, currency, response);
  return events;
}

}  // namespace daybook::billing
