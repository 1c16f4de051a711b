#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/account_state.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"

namespace daybook::billing {

using state::Account;

absl::Status Billing::Check(const v1::SuspendAccountRequest& request) {
  return CheckAccountRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::SuspendAccountRequest& request,
                                       const command::Context& context,
                                       v1::SuspendAccountResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kSuspendAccount));
  return ChangeState(*account, request, context, v1::ACCOUNT_STATE_SUSPENDED,
                     &Event::mutable_account_suspended, response);
}

}  // namespace daybook::billing
