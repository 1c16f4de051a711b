// Tax codes: category and reason, by the rules of EN 16931 that need no country.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/fields.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

// Adds what is wrong with the tax code of an item that has one, and with the rate beside it:
//
//   S                  rate above 0; no reason
//   Z                  rate 0 or none; no reason
//   E, AE, K, G, O     rate 0 or none; a reason, as code or text or both
//   L, M               any rate; no reason
//
// A code of the VATEX list that goes with one category is refused with another. `path`: the item,
// such as `lines[3]`.
void CheckTaxCode(const v1::LineItem& item, const std::string& path, FieldViolations& bad);

// The code as it is kept: texts normalised.
v1::TaxCode Normalised(v1::TaxCode code);

bool Same(const v1::TaxCode& a, const v1::TaxCode& b);

// The place of a code among those of an account, from 1; 0 if it is not there.
uint32_t PlaceOf(const v1::TaxCode& code, const v1::Account& account);

// TAX_CODES_FULL if the account would have more tax codes with those of these taxes than one may.
absl::Status ExpectTaxCodeRoom(const google::protobuf::RepeatedPtrField<v1::TaxTotal>& taxes,
                               const v1::Account& account);

}  // namespace daybook::billing
