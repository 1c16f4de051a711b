// Tax codes: category and reason, by the rules of EN 16931 that need no country.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/fields.h"
#include "services/billing/state.h"

namespace daybook::billing {

// Adds the violations of an item's tax code, and of the rate beside it:
//
//   S                  rate above 0; no reason
//   Z                  rate 0 or none; no reason
//   E, AE, K, G, O     rate 0 or none; a reason, as code or text or both
//   L, M               any rate; no reason
//
// A code of the VATEX list that belongs to one category is refused with another. `path`: the item,
// such as `lines[3]`.
void CheckTaxCode(const v1::LineItem& item, const std::string& path, FieldViolations& bad);

// The code as events have it, with normalised texts.
v1::TaxCode Normalised(v1::TaxCode code);

bool Same(const v1::TaxCode& a, const v1::TaxCode& b);

// The place of a code among those of the account, from 1; 0 if the account does not have it.
uint32_t PlaceOf(const v1::TaxCode& code, const state::Account& account);

// TAX_CODES_FULL if the account would have too many tax codes with those of these taxes.
absl::Status ExpectTaxCodeRoom(const google::protobuf::RepeatedPtrField<v1::TaxTotal>& taxes,
                               const state::Account& account);

}  // namespace daybook::billing
