#include "projections/documents/get.h"

namespace daybook::documents {

absl::Status ExpectCustomer(const store::View& view, const std::string& customer_id,
                            int64_t read_us) {
  rows::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  if (found && row.recorded_us() <= read_us) return absl::OkStatus();
  return projection::UnknownCustomer(customer_id);
}

const Pin* NumberPin(absl::Span<const Pin> pins) {
  for (const Pin& pin : pins) {
    if (pin.part == KeyPart::kNumber) return &pin;
  }
  return nullptr;
}

}  // namespace daybook::documents
