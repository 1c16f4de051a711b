#include <google/protobuf/util/message_differencer.h>

#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/account_state.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/terms.h"

namespace daybook::billing {

using state::Account;

absl::Status Billing::Check(const v1::ChangeAccountTermsRequest& request) {
  FieldViolations bad;
  CheckCustomerAndAccount(request, bad);
  CheckTerms(request.terms(), "terms", bad);
  CheckCreditApplication(request.credit_application(), bad);
  CheckEffectiveDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ChangeAccountTermsRequest& request,
                                       const command::Context& context,
                                       v1::ChangeAccountTermsResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kChangeAccountTerms));
  response.set_account_id(account->account_id());
  const v1::Terms terms = Normalised(request.terms());
  const v1::CreditApplication application = Normalised(request.credit_application());
  if (google::protobuf::util::MessageDifferencer::Equals(account->terms(), terms) &&
      account->credit_application() == application) {
    return Events();
  }
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfChange(*account, request, context));
  auto& changed = *events[0].event.mutable_account_terms_changed();
  changed.set_account_id(account->account_id());
  *changed.mutable_terms() = terms;
  changed.set_credit_application(application);
  return events;
}

}  // namespace daybook::billing
