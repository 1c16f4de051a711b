// Page tokens: where the list goes on, mostly the key of the last row shown, bound to the request.
//
//   ASSIGN_OR_RETURN(const std::string after, AfterOf(request, request.page_token()));
//   ... rows behind `after` ...
//   response->set_next_page_token(PageTokenFor(request, last_key));
//
// A token tells a client nothing that the page did not. It is no secret and no signature: a forged
// one shows another page of the same list, no more.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace daybook::projection {

inline constexpr size_t kMaxPageTokenBytes = 4096;

// Token of the page that begins behind `key`, which is not empty: a key of the index, or what else
// says where a list goes on.
std::string PageTokenFor(const google::protobuf::Message& request, std::string_view key);

// PAGE_TOKEN_MALFORMED.
absl::Status PageTokenMalformed();

// The key in a token; empty for an empty one, the first page. PAGE_TOKEN_MALFORMED: none of ours,
// or of a request whose other fields (all but `page_token`) are not these.
absl::StatusOr<std::string> AfterOf(const google::protobuf::Message& request,
                                    const std::string& page_token);

}  // namespace daybook::projection
