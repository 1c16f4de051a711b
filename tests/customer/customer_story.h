// Customers to tell stories of.
#pragma once

#include <string>

#include "services/customer/customer.h"
#include "tests/support/given_when_then.h"

namespace daybook::test {

using customer::v1::AddExternalIdRequest;
using customer::v1::ArchiveCustomerRequest;
using customer::v1::RegisterCustomerRequest;
using customer::v1::RemoveExternalIdRequest;
using customer::v1::RestoreCustomerRequest;
using customer::v1::UpdateCustomerRequest;

inline const absl::CivilDay kRegistered(2026, 1, 10);

inline Story<customer::Customer> Ada() {
  Story<customer::Customer> story;
  story.Given(kRegistered, R"pb(customer_registered {
                                  kind: CUSTOMER_KIND_PERSON
                                  region_code: "GB"
                                  clear {
                                    display_name: "Ada Byron"
                                    given_name: "Ada"
                                    family_name: "Byron"
                                    emails: "ada@example.com"
                                  }
                                  external_ids { system: "erp" id: "4711" }
                                })pb");
  return story;
}

inline Story<customer::Customer> Acme() {
  Story<customer::Customer> story;
  story.Given(kRegistered, R"pb(customer_registered {
                                  kind: CUSTOMER_KIND_ORGANIZATION
                                  industry { code: "62.01" label: "Software" }
                                  size_band: SIZE_BAND_SMALL
                                  clear { display_name: "ACME" }
                                })pb");
  return story;
}

}  // namespace daybook::test
