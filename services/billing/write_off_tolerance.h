// How much of an invoice may be written off as a residue: by currency, as data.
#pragma once

#include <cstdint>
#include <string_view>

namespace daybook::billing {

// Minor units. One major unit, unless the table says otherwise: where a major unit buys next to
// nothing.
int64_t WriteOffTolerance(std::string_view currency_code);

}  // namespace daybook::billing
