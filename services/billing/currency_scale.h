// How large the units of each currency are: by currency, as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace daybook::billing {

// Minor units that come to about one US dollar: from half of one to one, and up to some 1.3 where
// the major unit of a currency is worth that. What is a residue, and what is an unusual amount,
// follow from it. The currency is in the table of common/base/money.h.
int64_t AboutOneDollar(std::string_view currency_code);

// How much of an invoice may be written off as a residue, minor units.
int64_t WriteOffTolerance(std::string_view currency_code);

// The largest amount that is not taken for a typing error, minor units.
int64_t MaxUsualAmount(std::string_view currency_code);

}  // namespace daybook::billing
