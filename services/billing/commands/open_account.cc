#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/capacity.h"
#include "services/billing/checks.h"
#include "services/billing/effective_day.h"
#include "services/billing/reasons.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using v1::OpenAccountRequest;

constexpr char kDefaultZone[] = "UTC";

}  // namespace

absl::Status Billing::Check(const OpenAccountRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  if (Currency::Find(request.currency_code()) == nullptr) {
    bad.Add("currency_code", request.currency_code().empty()
                                 ? "is required"
                                 : "is no ISO 4217 code in capitals such as EUR");
  }
  Expect(FindTimeZone(request.time_zone()).status(), "time_zone", bad);
  CheckTerms(request.terms(), "terms", bad);
  CheckCreditApplication(request.credit_application(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::OpenAccountRequest& request,
                                       const command::Context& context,
                                       v1::OpenAccountResponse& response) {
  const std::string account_id =
      request.account_id().empty() ? context.NewId(view, 0) : request.account_id();
  if (FindAccount(view.part<state::State>(), account_id) != nullptr) {
    return Refuse(reason::kAccountExists,
                  absl::StrCat("the customer has an account '", account_id, "'"),
                  {{"account_id", account_id}});
  }
  RETURN_IF_ERROR(ExpectRoom(view));

  const std::string time_zone = request.time_zone().empty() ? kDefaultZone : request.time_zone();
  command::Events<Event> events(1);
  if (request.has_effective_date()) {
    ASSIGN_OR_RETURN(events[0].effective_date, DayOf(request.effective_date()));
  } else {
    ASSIGN_OR_RETURN(events[0].effective_date,
                     DefaultDay(time_zone, context.now, "effective_date"));
  }
  const Currency& currency = *Currency::Find(request.currency_code());
  if (events[0].effective_date > currency.last_day()) {
    return Violation("currency_code",
                     absl::StrCat("went out of use on ", FormatDay(currency.last_day()),
                                  "; only an account with an effective_date up to then has it"));
  }
  v1::AccountOpened& opened = *events[0].event.mutable_account_opened();
  opened.set_account_id(account_id);
  opened.set_currency_code(request.currency_code());
  opened.set_currency_digits(currency.digits());
  opened.set_time_zone(time_zone);
  *opened.mutable_terms() = Normalised(request.terms());
  opened.set_credit_application(Normalised(request.credit_application()));

  response.set_account_id(account_id);
  return events;
}

}  // namespace daybook::billing
