#include "services/billing/account.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/command/decider.h"
#include "services/billing/currency_scale.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

// Accounts that a refusal names at most.
constexpr size_t kMostNamed = 5;

// From the table, else from the log.
std::optional<Currency> KnownCurrency(const state::Account& account) {
  if (const Currency* currency = Currency::Find(account.currency_code())) return *currency;
  if (!account.has_currency_digits()) return std::nullopt;
  return Currency::OfLog(account.currency_code(), account.currency_digits());
}

}  // namespace

const state::Account* FindAccount(const state::State& state, const std::string& account_id) {
  for (const state::Account& account : state.accounts()) {
    if (account.account_id() == account_id) return &account;
  }
  return nullptr;
}

absl::StatusOr<const state::Account*> ChooseAccount(const command::View& view,
                                                    const std::string& account_id) {
  const state::State& state = view.part<state::State>();
  if (account_id.empty()) {
    if (state.accounts_size() == 1) return &state.accounts(0);
    std::vector<std::string> ids;
    for (const state::Account& account : state.accounts()) {
      if (ids.size() < kMostNamed) ids.push_back(account.account_id());
    }
    return Refuse(reason::kAccountRequired,
                  ids.empty() ? "the customer has no account yet; OpenAccount first"
                              : absl::StrCat("account_id is left out and the customer has ",
                                             state.accounts_size(), " accounts, such as ",
                                             absl::StrJoin(ids, ", "), "; name one"),
                  {{"account_count", absl::StrCat(state.accounts_size())}});
  }
  if (const state::Account* account = FindAccount(state, account_id)) return account;
  return Refuse(reason::kAccountNotFound,
                absl::StrCat("the customer has no account '", account_id, "'"),
                {{"account_id", account_id}});
}

absl::Status ExpectTakes(const state::Account& account, Command command) {
  RETURN_IF_ERROR(ExpectAllowed(account.state(), account.account_id(), command));
  if (KnownCurrency(account).has_value()) return absl::OkStatus();
  return Refuse(reason::kUnsupported,
                absl::StrCat("the account is in '", account.currency_code(),
                             "', which this version does not know; upgrade the server"),
                {{"currency_code", account.currency_code()}});
}

absl::StatusOr<const state::Account*> ChooseAccount(const command::View& view,
                                                    const std::string& account_id,
                                                    Command command) {
  ASSIGN_OR_RETURN(const state::Account* account, ChooseAccount(view, account_id));
  RETURN_IF_ERROR(ExpectTakes(*account, command));
  return account;
}

Currency CurrencyOf(const state::Account& account) {
  const std::optional<Currency> currency = KnownCurrency(account);
  DAYBOOK_CHECK(currency.has_value());
  return *currency;
}

absl::Status ExpectCurrency(const state::Account& account, const std::string& currency_code) {
  if (currency_code == account.currency_code()) return absl::OkStatus();
  return Refuse(
      reason::kCurrencyMismatch,
      absl::StrCat("the account is in ", account.currency_code(), ", the amount in ",
                   currency_code),
      {{"account_currency_code", account.currency_code()}, {"currency_code", currency_code}});
}

absl::Status ExpectCurrencies(const state::Account& account,
                              const google::protobuf::RepeatedPtrField<v1::LineItem>& lines) {
  for (const v1::LineItem& line : lines) {
    if (line.has_amount()) {
      RETURN_IF_ERROR(ExpectCurrency(account, line.amount().currency_code()));
    } else if (line.has_gross_amount()) {
      RETURN_IF_ERROR(ExpectCurrency(account, line.gross_amount().currency_code()));
    }
  }
  return absl::OkStatus();
}

absl::Status ExpectUsual(const state::Account& account, int64_t amount_minor, bool allow_unusual) {
  if (allow_unusual) return absl::OkStatus();
  const int64_t limit = MaxUsualAmount(account.currency_code());
  if (amount_minor <= limit && amount_minor >= -limit) return absl::OkStatus();
  const Currency& currency = CurrencyOf(account);
  return Refuse(reason::kAmountUnusual,
                absl::StrCat(FormatMoney(amount_minor, currency), " is more than the usual ",
                             FormatMoney(limit, currency), "; set allow_unusual if it is meant"),
                {{"amount_minor", absl::StrCat(amount_minor)},
                 {"limit_minor", absl::StrCat(limit)},
                 {"currency_code", account.currency_code()}});
}

std::string MoneyText(const state::Account& account, int64_t minor) {
  return FormatMoney(minor, CurrencyOf(account));
}

}  // namespace daybook::billing
