#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/account.h"
#include "services/billing/account_state.h"
#include "services/billing/billing.h"
#include "services/billing/checks.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

using state::Account;

absl::Status ExpectSettled(const Account& account) {
  if (account.open_minor() == 0 && account.unapplied_minor() == 0 &&
      account.pending_payments().empty()) {
    return absl::OkStatus();
  }
  return Refuse(reason::kAccountNotSettled,
                absl::StrCat("account '", account.account_id(), "' has ",
                             MoneyText(account, account.open_minor()), " open, ",
                             MoneyText(account, account.unapplied_minor()), " unapplied and ",
                             account.pending_payments_size(), " payments under way"),
                {{"open_minor", absl::StrCat(account.open_minor())},
                 {"unapplied_minor", absl::StrCat(account.unapplied_minor())},
                 {"pending_payment_count", absl::StrCat(account.pending_payments_size())}});
}

}  // namespace

absl::Status Billing::Check(const v1::CloseAccountRequest& request) {
  return CheckAccountRequest(request);
}

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::CloseAccountRequest& request,
                                       const command::Context& context,
                                       v1::CloseAccountResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kCloseAccount));
  RETURN_IF_ERROR(ExpectSettled(*account));
  return ChangeState(*account, request, context, v1::ACCOUNT_STATE_CLOSED,
                     &Event::mutable_account_closed, response);
}

}  // namespace daybook::billing
