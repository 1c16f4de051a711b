// The gzip format, for answers of HTTP.
#pragma once

#include <string>
#include <string_view>

namespace daybook::rpc {

// `text` as one gzip member, made fast rather than small. Empty if it cannot be made.
std::string Gzip(std::string_view text);

}  // namespace daybook::rpc
