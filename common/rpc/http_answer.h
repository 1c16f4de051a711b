// The head of an HTTP answer (pure). Private to common/rpc.
#pragma once

#include <cstddef>
#include <string>

#include "common/rpc/http_page.h"

namespace daybook::rpc {

// Status line and header lines, with the empty line behind them. `body_bytes`: of the body as it is
// sent, packed if `gzip`. `last`: the connection ends with this answer.
std::string HttpHead(const HttpPage& page, size_t body_bytes, bool gzip, bool last);

}  // namespace daybook::rpc
