// Ids as they stand in rows: a UUID takes 17 bytes, not 37. Packed ids can be put one behind the
// other.
#pragma once

#include <string>
#include <string_view>

namespace daybook::balances {

// The result is good until the thread's next call.
std::string_view PackId(std::string_view id);
std::string UnpackId(std::string_view packed);
// Bytes of the packed id that `ids` begins with; 0 if it begins with none.
size_t PackedSize(std::string_view ids);

}  // namespace daybook::balances
