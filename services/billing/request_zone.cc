#include <string>

#include "common/base/codes.h"
#include "services/billing/account.h"
#include "services/billing/billing.h"

namespace daybook::billing {
namespace {

using google::protobuf::Message;
using state::Account;

// Empty if the request has no such field.
std::string TextOf(const Message& request, const char* name) {
  const auto* field = request.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return "";
  return request.GetReflection()->GetString(request, field);
}

bool HasDocument(const Account& account, const std::string& id) {
  for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
    for (const state::Invoice& invoice : *list) {
      if (invoice.invoice_id() == id) return true;
    }
  }
  for (const state::Draft& draft : account.drafts()) {
    if (draft.invoice_id() == id) return true;
  }
  for (const state::Payment& payment : account.payments()) {
    if (payment.payment_id() == id) return true;
  }
  return false;
}

// Null if no account can be found.
const Account* AccountOf(const state::State& state, const Message& request) {
  if (state.accounts_size() == 1) return &state.accounts(0);
  const std::string account_id = TextOf(request, "account_id");
  if (!account_id.empty()) return FindAccount(state, account_id);
  for (const char* name : {"invoice_id", "payment_id", "draft_id", "credit_note_id"}) {
    const std::string id = TextOf(request, name);
    if (id.empty()) continue;
    for (const Account& account : state.accounts()) {
      if (HasDocument(account, id)) return &account;
    }
  }
  return nullptr;
}

}  // namespace

absl::TimeZone Billing::TimeZoneOf(const command::View& view, const Message& request) {
  std::string name = TextOf(request, "time_zone");
  if (name.empty()) {
    const Account* account = AccountOf(view.part<state::State>(), request);
    if (account != nullptr) name = account->time_zone();
  }
  const auto zone = FindTimeZone(name);
  return zone.ok() ? *zone : absl::UTCTimeZone();
}

}  // namespace daybook::billing
