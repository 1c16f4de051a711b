// External ids: the ids of a customer in other systems.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/fields.h"
#include "daybook/customer/v1/customer.pb.h"
#include "google/protobuf/repeated_field.h"
#include "services/customer/checks.h"
#include "services/customer/state.h"

namespace daybook::customer {

inline constexpr int kMaxExternalIds = 50;  // per customer

// Checks the form of system and id. `field`: the field that has them.
void CheckExternalId(const v1::ExternalId& external_id, std::string_view field,
                     FieldViolations& bad);

// Checks those of a registration: the form of each, their number, and that there is one per system.
void CheckExternalIds(const google::protobuf::RepeatedPtrField<v1::ExternalId>& external_ids,
                      FieldViolations& bad);

// A checked id in the form that is stored and compared.
v1::ExternalId Normalised(const v1::ExternalId& external_id);

// Null if the customer is not known in `system`.
const v1::ExternalId* FindSystem(const state::State& state, const std::string& system);

// A whole request of AddExternalId or RemoveExternalId.
template <class Request>
absl::Status CheckExternalIdRequest(const Request& request) {
  FieldViolations bad;
  CheckCustomerAndDate(request, bad);
  CheckExternalId(request.external_id(), "external_id", bad);
  return bad.ToStatus();
}

}  // namespace daybook::customer
