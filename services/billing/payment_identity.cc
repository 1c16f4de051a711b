#include "services/billing/payment_identity.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/dates.h"
#include "common/base/find_word.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "services/billing/account.h"
#include "services/billing/day_number.h"
#include "services/billing/fold.h"
#include "services/billing/reasons.h"
#include "services/billing/transitions.h"

namespace daybook::billing {
namespace {

bool IsReversed(v1::PaymentState state) {
  return state == v1::PAYMENT_STATE_REVERSED || state == v1::PAYMENT_STATE_CHARGED_BACK;
}

bool HasCome(v1::PaymentState state) {
  return !IsUnderWay(state) && state != v1::PAYMENT_STATE_FAILED;
}

struct Difference {
  std::string field;
  std::string there;
};

std::vector<Difference> DifferencesOf(const KnownPayment& known, const state::Account& account,
                                      int64_t amount_minor,
                                      const v1::RecordPaymentRequest& request) {
  std::vector<Difference> different;
  const state::Payment& payment = *known.payment;
  if (known.account != &account) different.push_back({"account_id", known.account->account_id()});
  if (known.account->currency_code() != request.amount().currency_code()) {
    different.push_back({"amount.currency_code", known.account->currency_code()});
  } else if (payment.amount_minor() != amount_minor) {
    different.push_back(
        {"amount", FormatMoney(payment.amount_minor(), CurrencyOf(*known.account))});
  }
  const bool both_came = !IsUnderWay(request.initial_state()) && HasCome(payment.state());
  if (both_came && request.has_payment_date() &&
      DayNumber(request.payment_date()) != payment.payment_date()) {
    different.push_back({"payment_date", FormatDay(DayOfNumber(payment.payment_date()))});
  }
  return different;
}

}  // namespace

KnownPayment FindKnown(const state::State& state, v1::PaymentMethod method,
                       const std::string& external_id, int32_t attempt) {
  const uint32_t key = ExternalKey(method, external_id);
  KnownPayment known;
  for (const state::Account& account : state.accounts()) {
    const auto& keys = account.external_keys();
    const auto next = [&](int at) { return FindWord(keys.data(), keys.size(), at, key); };
    for (int i = next(0); i < keys.size(); i = next(i + 1)) {
      const state::Payment& payment = account.payments(i);
      if (payment.method() != method || payment.external_id() != external_id) continue;
      const bool meant =
          attempt != 0 ? AttemptOf(payment) == attempt
                       : known.payment == nullptr || AttemptOf(payment) > AttemptOf(*known.payment);
      if (meant) known = {&account, &payment, static_cast<uint32_t>(i)};
    }
  }
  return known;
}

int32_t AttemptOf(const state::Payment& payment) {
  return payment.external_id().empty() ? 0 : std::max(1, payment.attempt());
}

bool IsUnderWay(v1::PaymentState state) {
  return state == v1::PAYMENT_STATE_PENDING || state == v1::PAYMENT_STATE_UNKNOWN;
}

absl::Status ExpectSame(const KnownPayment& known, const state::Account& account,
                        int64_t amount_minor, const v1::RecordPaymentRequest& request) {
  const state::Payment& payment = *known.payment;
  const std::vector<Difference> different = DifferencesOf(known, account, amount_minor, request);
  const bool reversed = IsReversed(payment.state());
  if (different.empty() && !reversed) return absl::OkStatus();
  std::vector<std::string> fields, words;
  for (const Difference& difference : different) {
    fields.push_back(difference.field);
    words.push_back(absl::StrCat(difference.field, " ", difference.there));
  }
  const std::string state(NameOf(payment.state()));
  const int32_t attempt = AttemptOf(payment);
  const std::string says =
      reversed ? absl::StrCat("is ", state, "; if the money came again, record it as attempt ",
                              attempt + 1)
               : absl::StrCat("has ", absl::StrJoin(words, ", "));
  return Refuse(reversed ? reason::kPaymentReversed : reason::kPaymentExists,
                absl::StrCat("payment '", payment.payment_id(), "', attempt ", attempt,
                             " under this external id, ", says),
                {{"payment_id", payment.payment_id()},
                 {"account_id", known.account->account_id()},
                 {"state", state},
                 {"attempt", absl::StrCat(attempt)},
                 {"different_fields", absl::StrJoin(fields, ",")}});
}

}  // namespace daybook::billing
