#include "services/billing/account.h"

#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "services/billing/limits.h"

namespace daybook::billing {

absl::Status ExpectCustomer(const command::View& view) {
  const customer::v1::State& customer = view.state.customer();
  const bool archived = customer.state() == customer::v1::CUSTOMER_STATE_ARCHIVED;
  if (customer.registered() && !archived) return absl::OkStatus();
  const std::string customer_id(view.customer_id);
  if (archived) {
    return Refuse(Reason::kCustomerArchived,
                  absl::StrCat("customer '", customer_id, "' is archived; RestoreCustomer first"),
                  {{"customer_id", customer_id},
                   {"state", "ARCHIVED"},
                   {"allowed_commands", "RestoreCustomer"}});
  }
  return Refuse(Reason::kCustomerNotFound,
                absl::StrCat("customer '", customer_id, "' is not in the book"),
                {{"customer_id", customer_id}});
}

absl::Status ExpectRoom(const command::View& view) {
  int64_t documents = 0;
  for (const v1::Account& account : view.state.billing().accounts()) {
    documents += 1 + account.open_invoices_size() + account.settled_invoices_size() +
                 account.payment_count();
  }
  if (documents < kMaxDocuments) return absl::OkStatus();
  return Refuse(Reason::kCustomerFull,
                absl::StrCat("the customer has ", documents, " accounts, invoices and payments"),
                {{"document_count", absl::StrCat(documents)},
                 {"document_limit", absl::StrCat(kMaxDocuments)}});
}

const v1::Account* FindAccount(const v1::State& state, const std::string& account_id) {
  for (const v1::Account& account : state.accounts()) {
    if (account.account_id() == account_id) return &account;
  }
  return nullptr;
}

absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id) {
  const v1::State& state = view.state.billing();
  if (account_id.empty()) {
    if (state.accounts_size() == 1) return &state.accounts(0);
    return Refuse(Reason::kAccountRequired,
                  absl::StrCat("account_id is left out and the customer has ",
                               state.accounts_size(), " accounts"),
                  {{"account_count", absl::StrCat(state.accounts_size())}});
  }
  if (const v1::Account* account = FindAccount(state, account_id)) return account;
  return Refuse(Reason::kAccountNotFound,
                absl::StrCat("the customer has no account '", account_id, "'"),
                {{"account_id", account_id}});
}

const Currency& CurrencyOf(const v1::Account& account) {
  const Currency* currency = Currency::Find(account.currency_code());
  DAYBOOK_CHECK(currency != nullptr);
  return *currency;
}

absl::Status ExpectCurrency(const v1::Account& account, const std::string& currency_code) {
  if (currency_code == account.currency_code()) return absl::OkStatus();
  return Refuse(
      Reason::kCurrencyMismatch,
      absl::StrCat("the account is in ", account.currency_code(), ", the amount in ",
                   currency_code),
      {{"account_currency_code", account.currency_code()}, {"currency_code", currency_code}});
}

absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field) {
  const auto zone = FindTimeZone(time_zone);
  if (!zone.ok()) {
    return Violation(field,
                     "is required: the tz database of this server does not know " + time_zone);
  }
  const absl::CivilDay today = TodayIn(*zone, now);
  if (!InRange(today)) return Violation(field, "is required: the server's clock is out of range");
  return today;
}

absl::Status Violation(std::string_view field, std::string_view description) {
  FieldViolations bad;
  bad.Add(field, description);
  return bad.ToStatus();
}

}  // namespace daybook::billing
