#include <string>
#include <utility>

#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "services/customer/checks.h"
#include "services/customer/customer.h"
#include "services/customer/effective_day.h"
#include "services/customer/external_ids.h"
#include "services/customer/lifecycle.h"
#include "services/customer/profile.h"

namespace daybook::customer {

using v1::CustomerRegistered;
using v1::Profile;
using v1::RegisterCustomerRequest;
using v1::RegisterCustomerResponse;

absl::Status Customer::Check(const RegisterCustomerRequest& request) {
  FieldViolations bad;
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  if (!request.customer_id().empty()) {
    Expect(CheckId(request.customer_id(), command::kMaxStreamIdCharacters), "customer_id", bad);
  }
  if (request.kind() == v1::CUSTOMER_KIND_UNSPECIFIED) {
    bad.Add("kind", "is required");
  } else if (!v1::CustomerKind_IsValid(request.kind())) {
    bad.Add("kind", "is no known kind of customer");
  }
  const Profile& profile = request.profile();
  CheckShownName(profile.personal(), bad);
  CheckProfile(profile, bad);
  if (request.kind() == v1::CUSTOMER_KIND_PERSON) {
    CheckOrganisationOnly(profile, bad);
  }
  if (profile.has_industry() && profile.industry().code().empty() &&
      profile.industry().label().empty()) {
    bad.Add("profile.industry", "has neither code nor label");
  }
  CheckExternalIds(request.external_ids(), bad);
  CheckDate(request, bad);
  return bad.ToStatus();
}

absl::StatusOr<Events> Customer::Decide(const command::View& view,
                                        const RegisterCustomerRequest& request,
                                        const command::Context& context,
                                        RegisterCustomerResponse& response) {
  RETURN_IF_ERROR(ExpectAllowed(view, Command::kRegisterCustomer));
  Profile profile = request.profile();
  NormaliseProfile(profile.region_code(), profile, *response.mutable_warnings());
  if (profile.personal().display_name().empty()) {
    profile.mutable_personal()->set_display_name(DerivedName(profile.personal()));
  }

  Events events(1);
  events[0].effective_date = DayOrToday(request, context);
  CustomerRegistered& registered = *events[0].event.mutable_customer_registered();
  registered.set_kind(request.kind());
  registered.set_region_code(profile.region_code());
  registered.set_language_code(profile.language_code());
  if (profile.has_industry())
    *registered.mutable_industry() = std::move(*profile.mutable_industry());
  registered.set_size_band(profile.size_band());
  *registered.mutable_clear() = std::move(*profile.mutable_personal());
  for (const auto& external_id : request.external_ids()) {
    *registered.add_external_ids() = Normalised(external_id);
  }
  response.set_customer_id(std::string(view.stream_id));
  return events;
}

}  // namespace daybook::customer
