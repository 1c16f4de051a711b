// What other systems call a customer.
#pragma once

#include "common/base/status.h"
#include "daybook/customer/v1/customer.pb.h"
#include "google/protobuf/repeated_field.h"

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

}  // namespace daybook::customer
