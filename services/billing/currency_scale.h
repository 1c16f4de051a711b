// How much a unit of each currency is worth, as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace daybook::billing {

// Minor units that are worth about one US dollar: 0.5 to 1, or up to 1.3 where that is one major
// unit. The bounds of residues and of unusual amounts follow from it. The currency is in the table
// of common/base/money.h.
int64_t AboutOneDollar(std::string_view currency_code);

// The most that may be written off as a residue, in minor units.
int64_t WriteOffTolerance(std::string_view currency_code);

// The largest amount that is not taken for a typing error, in minor units.
int64_t MaxUsualAmount(std::string_view currency_code);

}  // namespace daybook::billing
