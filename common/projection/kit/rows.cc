#include "common/projection/kit/rows.h"

#include "absl/strings/str_cat.h"
#include "common/base/status.h"

namespace daybook::projection {

absl::Status Malformed(std::string_view table) {
  return absl::DataLossError(absl::StrCat("a row of table ", std::string(table),
                                          " does not parse; rebuild the read model"));
}

absl::Status UnknownCustomer(const std::string& customer_id) {
  return Refuse(reason::kCustomerNotFound,
                absl::StrCat("customer '", customer_id, "' is not in the book"),
                {{"customer_id", customer_id}});
}

}  // namespace daybook::projection
