// What other systems call a customer.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/fields.h"
#include "daybook/customer/v1/customer.pb.h"
#include "daybook/customer/v1/state.pb.h"
#include "google/protobuf/repeated_field.h"
#include "services/customer/checks.h"

namespace daybook::customer {

inline constexpr int kMaxExternalIds = 50;  // a customer

// Shape of system and id. `field`: where it stands.
void CheckExternalId(const v1::ExternalId& external_id, std::string_view field,
                     FieldViolations& bad);

// Of a registration: each, how many, and one a system.
void CheckExternalIds(const google::protobuf::RepeatedPtrField<v1::ExternalId>& external_ids,
                      FieldViolations& bad);

// As it is stored and compared; it was found fine.
v1::ExternalId Normalised(const v1::ExternalId& external_id);

// Null if the customer is not known in `system`.
const v1::ExternalId* FindSystem(const v1::State& state, const std::string& system);

// What AddExternalId and RemoveExternalId check.
template <class Request>
absl::Status CheckExternalIdRequest(const Request& request) {
  FieldViolations bad;
  CheckCustomerAndDate(request, bad);
  CheckExternalId(request.external_id(), "external_id", bad);
  return bad.ToStatus();
}

}  // namespace daybook::customer
