// Terms and states of an account.
#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"
#include "services/billing/terms.h"

namespace daybook::billing {
namespace {

using v1::Account;
using Events = command::Events<Billing::Event>;

template <class Request>
absl::StatusOr<absl::CivilDay> DayOfChange(const Account& account, const Request& request,
                                           const command::Context& context) {
  return EffectiveDay(account, request.has_effective_date(), request.effective_date(), context.now,
                      account.changed_date());
}

// One event that names the account and says why.
template <class Request, class Response, class Event>
absl::StatusOr<Events> ChangeState(const Account& account, const Request& request,
                                   const command::Context& context, v1::AccountState state,
                                   Event* (Billing::Event::*slot)(), Response& response) {
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfChange(account, request, context));
  Event& event = *(events[0].event.*slot)();
  event.set_account_id(account.account_id());
  event.set_reason(Normalise(request.reason()));
  response.set_account_id(account.account_id());
  response.set_state(state);
  return events;
}

absl::Status ExpectSettled(const Account& account) {
  if (account.open_minor() == 0 && account.unapplied_minor() == 0 &&
      account.pending_payments().empty()) {
    return absl::OkStatus();
  }
  return Refuse(Reason::kAccountNotSettled,
                absl::StrCat("account '", account.account_id(), "' has ",
                             MoneyText(account, account.open_minor()), " open, ",
                             MoneyText(account, account.unapplied_minor()), " unapplied and ",
                             account.pending_payments_size(), " payments under way"),
                {{"open_minor", absl::StrCat(account.open_minor())},
                 {"unapplied_minor", absl::StrCat(account.unapplied_minor())},
                 {"pending_payment_count", absl::StrCat(account.pending_payments_size())}});
}

}  // namespace

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ChangeAccountTermsRequest& request,
                                       const command::Context& context,
                                       v1::ChangeAccountTermsResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kChangeAccountTerms));
  response.set_account_id(account->account_id());
  const v1::Terms terms = Normalised(request.terms());
  if (google::protobuf::util::MessageDifferencer::Equals(account->terms(), terms) &&
      account->manual_credit() == request.manual_credit()) {
    return Events();
  }
  Events events(1);
  ASSIGN_OR_RETURN(events[0].effective_date, DayOfChange(*account, request, context));
  auto& changed = *events[0].event.mutable_account_terms_changed();
  changed.set_account_id(account->account_id());
  *changed.mutable_terms() = terms;
  changed.set_manual_credit(request.manual_credit());
  return events;
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

absl::StatusOr<Events> Billing::Decide(const command::View& view,
                                       const v1::ReopenAccountRequest& request,
                                       const command::Context& context,
                                       v1::ReopenAccountResponse& response) {
  ASSIGN_OR_RETURN(const Account* account,
                   ChooseAccount(view, request.account_id(), Command::kReopenAccount));
  return ChangeState(*account, request, context, v1::ACCOUNT_STATE_ACTIVE,
                     &Event::mutable_account_reopened, response);
}

}  // namespace daybook::billing
