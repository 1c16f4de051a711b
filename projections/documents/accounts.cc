#include "common/projection/kit/rows.h"
#include "projections/documents/kinds.h"
#include "projections/documents/told.h"

namespace daybook::documents {

using projection::FilterField;
using projection::FilterType;
using projection::FilterValue;

absl::Span<const FilterField> Accounts::Fields() {
  static constexpr FilterField kFields[] = {
      {"customer_id", FilterType::kText},
      {"account_id", FilterType::kText},
      {"state", FilterType::kEnum, &billing::v1::AccountState_descriptor},
      {"currency_code", FilterType::kText},
      {"time_zone", FilterType::kText},
      {"opened_date", FilterType::kDate},
  };
  return kFields;
}

FilterValue Accounts::ValueOf(const Document<Accounts>& document, size_t field) {
  switch (field) {
    case 0:
      return Text(document.customer_id);
    case 1:
      return Text(document.id);
    case 2:
      return Enum(document.standing.state);
    case 3:
      return Text(document.row.currency_code());
    case 4:
      return Text(document.row.time_zone());
    default:
      return Number(document.row.day());
  }
}

absl::Span<const OrderField> Accounts::Orders() {
  static constexpr OrderField kOrders[] = {
      {"customer_id", kAccounts.id, KeyPart::kNothing},
      {"opened_date", kAccountsByDay.id, KeyPart::kDay},
  };
  return kOrders;
}

void Accounts::AppendOrder(size_t order, const Document<Accounts>& document, std::string* key) {
  if (order == 1) projection::AppendDay(key, document.row.day());
}

absl::Status Accounts::Describe(const store::View&, const Document<Accounts>& document, bool,
                                v1::Account* account) {
  const rows::AccountRow& row = document.row;
  const AccountStanding& at = document.standing;
  account->set_customer_id(document.customer_id);
  account->set_account_id(document.id);
  account->set_state(at.state);
  account->set_currency_code(row.currency_code());
  account->set_time_zone(row.time_zone());
  *account->mutable_terms() = *at.terms;
  account->set_credit_application(at.credit_application);
  account->set_state_reason(std::string(at.reason));
  SetDate(row.day(), account->mutable_opened_date());
  SetMicros(row.recorded_us(), account->mutable_opened_time());
  SetNewest(at.newest, account);
  return absl::OkStatus();
}

}  // namespace daybook::documents
