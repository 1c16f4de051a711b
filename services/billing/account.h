// What the decisions of the billing book have in common: which account, may it grow, what day is
// it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

// CUSTOMER_NOT_FOUND unless the customer is in the book, CUSTOMER_ARCHIVED if they are put aside.
absl::Status ExpectCustomer(const command::View& view);

// CUSTOMER_FULL if the customer has as many documents as one may have.
absl::Status ExpectRoom(const command::View& view);

// Null if the customer has no account of this id.
const v1::Account* FindAccount(const v1::State& state, const std::string& account_id);

// The account meant: the one named, or the only one. ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED.
absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id);

// The account's currency, which was checked when the account was opened.
const Currency& CurrencyOf(const v1::Account& account);

// CURRENCY_MISMATCH unless `currency_code` is the account's.
absl::Status ExpectCurrency(const v1::Account& account, const std::string& currency_code);

// The day in `time_zone` for a request that leaves `field` out. INVALID_FIELDS on `field` if this
// machine does not know the zone (its tz database is older than the one the account was opened
// with).
absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field);

// INVALID_FIELDS with one violation, for what only the state could tell.
absl::Status Violation(std::string_view field, std::string_view description);

}  // namespace daybook::billing
