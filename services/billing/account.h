// The account that a command is about: which one is meant, whether its state allows the command,
// and what its currency says.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/money.h"
#include "common/command/decider.h"
#include "services/billing/state.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

// Null if the customer has no account of this id.
const state::Account* FindAccount(const state::State& state, const std::string& account_id);

// The account of this id, or the only one if `account_id` is empty. ACCOUNT_NOT_FOUND,
// ACCOUNT_REQUIRED.
absl::StatusOr<const state::Account*> ChooseAccount(const command::View& view,
                                                    const std::string& account_id);

// The same, in a state that allows the command. ILLEGAL_TRANSITION.
absl::StatusOr<const state::Account*> ChooseAccount(const command::View& view,
                                                    const std::string& account_id, Command command);

// ILLEGAL_TRANSITION unless the state of the account allows the command; UNSUPPORTED for a currency
// that this binary does not know.
absl::Status ExpectTakes(const state::Account& account, Command command);

// The account's currency, which was checked when the account was opened.
Currency CurrencyOf(const state::Account& account);

// CURRENCY_MISMATCH unless `currency_code` is the account's.
absl::Status ExpectCurrency(const state::Account& account, const std::string& currency_code);

// The same of every line that is given as an amount.
absl::Status ExpectCurrencies(const state::Account& account,
                              const google::protobuf::RepeatedPtrField<v1::LineItem>& lines);

// AMOUNT_UNUSUAL if the amount of an invoice, a line or a payment, whatever its sign, is more than
// is usual in the account's currency, unless the request allows it.
absl::Status ExpectUsual(const state::Account& account, int64_t amount_minor, bool allow_unusual);

// An amount in the account's currency, for people: `12.30 EUR`.
std::string MoneyText(const state::Account& account, int64_t minor);

}  // namespace daybook::billing
