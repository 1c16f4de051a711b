#include "services/customer/customer.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/contact.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

using customer::v1::Contact;
using customer::v1::CustomerRegistered;
using customer::v1::Personal;
using customer::v1::PostalAddress;
using customer::v1::RegisterCustomerRequest;
using customer::v1::RegisterCustomerResponse;

constexpr size_t kMaxNameBytes = 200;
constexpr size_t kMaxPostalBytes = 200;
constexpr size_t kMaxPostcodeBytes = 32;
constexpr size_t kMaxIndustryCodeBytes = 16;
constexpr size_t kMaxIndustryLabelBytes = 200;
constexpr int kMaxWays = 20;  // of each kind to reach a customer
constexpr int kMaxAddressLines = 5;
constexpr int kMaxContacts = 50;
constexpr int kMaxWarnings = 8;  // named; the answer must fit its kilobyte

// Given name first, but family name first and without a space where the script has it so.
std::string DerivedName(const Personal& personal) {
  const std::string& given = personal.given_name();
  const std::string& family = personal.family_name();
  if (given.empty()) return family;
  if (family.empty()) return given;
  if (IsCjk(given) && IsCjk(family)) return absl::StrCat(family, given);
  return absl::StrCat(given, " ", family);
}

void CheckOptionalName(const std::string& name, std::string_view field, FieldViolations& bad) {
  if (!name.empty()) Expect(CheckName(name, kMaxNameBytes), field, bad);
}

void CheckNames(const Personal& personal, FieldViolations& bad) {
  CheckOptionalName(personal.display_name(), "personal.display_name", bad);
  CheckOptionalName(personal.given_name(), "personal.given_name", bad);
  CheckOptionalName(personal.family_name(), "personal.family_name", bad);
  if (!personal.display_name().empty()) return;
  const size_t derived = DerivedName(personal).size();
  if (derived == 0) bad.Add("personal.display_name", "is required, or a given or family name");
  if (derived > kMaxNameBytes && personal.given_name().size() <= kMaxNameBytes &&
      personal.family_name().size() <= kMaxNameBytes) {
    bad.Add("personal.display_name", "is required: given and family name exceed 200 bytes");
  }
}

void CheckAddress(const PostalAddress& address, int index, FieldViolations& bad) {
  constexpr std::string_view kList = "personal.postal_addresses";
  if (address.address_lines_size() > kMaxAddressLines) {
    bad.Add(At(kList, index, "address_lines").ToString(), "has more than 5 lines");
  } else {
    for (const std::string& line : address.address_lines()) {
      Expect(CheckText(line, kMaxPostalBytes), At(kList, index, "address_lines"), bad);
    }
  }
  Expect(CheckText(address.locality(), kMaxPostalBytes), At(kList, index, "locality"), bad);
  Expect(CheckText(address.postal_code(), kMaxPostcodeBytes), At(kList, index, "postal_code"), bad);
  if (!address.region_code().empty()) {
    Expect(CheckRegion(address.region_code()), At(kList, index, "region_code"), bad);
  }
}

void CheckContact(const Contact& contact, int index, FieldViolations& bad) {
  constexpr std::string_view kList = "personal.contacts";
  if (!customer::v1::ContactRole_IsValid(contact.role())) {
    bad.Add(At(kList, index, "role").ToString(), "is no known role");
  }
  Expect(CheckName(contact.display_name(), kMaxNameBytes), At(kList, index, "display_name"), bad);
  if (!contact.email().empty()) {
    Expect(ParseEmail(contact.email()).status(), At(kList, index, "email"), bad);
  }
  if (!contact.phone().empty()) {
    Expect(CheckName(contact.phone(), kMaxPhoneBytes), At(kList, index, "phone"), bad);
  }
}

// Calls `check(item, index)` for each item of a list that is not too long.
template <class List, class Check>
void CheckEach(const List& list, int limit, std::string_view field, FieldViolations& bad,
               Check check) {
  if (list.size() > limit) return bad.Add(field, absl::StrCat("has more than ", limit, " entries"));
  for (int i = 0; i < list.size(); ++i) check(list[i], i);
}

void CheckPersonal(const Personal& personal, FieldViolations& bad) {
  CheckNames(personal, bad);
  CheckEach(personal.emails(), kMaxWays, "personal.emails", bad,
            [&](const std::string& email, int i) {
              Expect(ParseEmail(email).status(), At("personal.emails", i), bad);
            });
  CheckEach(personal.phones(), kMaxWays, "personal.phones", bad,
            [&](const std::string& phone, int i) {
              Expect(CheckName(phone, kMaxPhoneBytes), At("personal.phones", i), bad);
            });
  CheckEach(personal.postal_addresses(), kMaxWays, "personal.postal_addresses", bad,
            [&](const PostalAddress& address, int i) { CheckAddress(address, i, bad); });
  CheckEach(personal.contacts(), kMaxContacts, "personal.contacts", bad,
            [&](const Contact& contact, int i) { CheckContact(contact, i, bad); });
}

void CheckOrganisationOnly(const RegisterCustomerRequest& request, FieldViolations& bad) {
  constexpr std::string_view kOnly = "is of an organisation only";
  if (request.has_industry()) bad.Add("industry", kOnly);
  if (request.size_band() != customer::v1::SIZE_BAND_UNSPECIFIED) bad.Add("size_band", kOnly);
  if (request.personal().contacts_size() > 0) bad.Add("personal.contacts", kOnly);
}

void CheckWork(const RegisterCustomerRequest& request, FieldViolations& bad) {
  if (!customer::v1::SizeBand_IsValid(request.size_band())) {
    bad.Add("size_band", "is no known size band");
  }
  const auto& industry = request.industry();
  Expect(CheckText(industry.code(), kMaxIndustryCodeBytes), "industry.code", bad);
  Expect(CheckText(industry.label(), kMaxIndustryLabelBytes), "industry.label", bad);
  if (request.has_industry() && industry.code().empty() && industry.label().empty()) {
    bad.Add("industry", "has neither code nor label");
  }
}

// Warnings name fields, never what stands in them: an answer is kept for ever, outside of
// `personal`.
class Warnings {
 public:
  explicit Warnings(RegisterCustomerResponse& response) : response_(response) {}
  ~Warnings() {
    if (more_ > 0) response_.add_warnings(absl::StrCat("and ", more_, " more"));
  }

  std::string Phone(const std::string& text, std::string_view region, const At& at) {
    daybook::Phone phone = ParsePhone(text, region);
    if (!phone.plausible) Add(absl::StrCat(at.ToString(), ": is not a plausible telephone number"));
    return std::move(phone.text);
  }

 private:
  void Add(std::string warning) {
    if (response_.warnings_size() == kMaxWarnings) {
      ++more_;
    } else {
      response_.add_warnings(std::move(warning));
    }
  }

  RegisterCustomerResponse& response_;
  int more_ = 0;
};

void NormaliseInPlace(std::string& text) {
  if (!IsAscii(text)) text = Normalise(text);
}

Personal NormalisedPersonal(const RegisterCustomerRequest& request, Warnings& warnings) {
  Personal personal = request.personal();
  if (personal.display_name().empty()) personal.set_display_name(DerivedName(personal));
  NormaliseInPlace(*personal.mutable_display_name());
  NormaliseInPlace(*personal.mutable_given_name());
  NormaliseInPlace(*personal.mutable_family_name());

  const std::string_view country = CountryOf(request.region_code());
  for (std::string& email : *personal.mutable_emails()) email = *ParseEmail(email);
  for (int i = 0; i < personal.phones_size(); ++i) {
    personal.set_phones(i, warnings.Phone(personal.phones(i), country, At("personal.phones", i)));
  }
  for (PostalAddress& address : *personal.mutable_postal_addresses()) {
    for (std::string& line : *address.mutable_address_lines()) NormaliseInPlace(line);
    NormaliseInPlace(*address.mutable_locality());
    NormaliseInPlace(*address.mutable_postal_code());
  }
  for (int i = 0; i < personal.contacts_size(); ++i) {
    Contact& contact = *personal.mutable_contacts(i);
    NormaliseInPlace(*contact.mutable_display_name());
    if (!contact.email().empty()) contact.set_email(*ParseEmail(contact.email()));
    if (!contact.phone().empty()) {
      contact.set_phone(
          warnings.Phone(contact.phone(), country, At("personal.contacts", i, "phone")));
    }
  }
  return personal;
}

}  // namespace

absl::Status Customer::Check(const RegisterCustomerRequest& request) {
  FieldViolations bad;
  CheckEnvelope(request, command::kMaxRequestIdBytes, bad);
  if (!request.customer_id().empty()) {
    Expect(CheckId(request.customer_id(), command::kMaxCustomerIdBytes), "customer_id", bad);
  }
  if (request.kind() == customer::v1::CUSTOMER_KIND_UNSPECIFIED) {
    bad.Add("kind", "is required");
  } else if (!customer::v1::CustomerKind_IsValid(request.kind())) {
    bad.Add("kind", "is no known kind of customer");
  }
  if (request.kind() == customer::v1::CUSTOMER_KIND_PERSON) CheckOrganisationOnly(request, bad);
  CheckPersonal(request.personal(), bad);
  CheckWork(request, bad);
  if (!request.region_code().empty())
    Expect(CheckRegion(request.region_code()), "region_code", bad);
  if (!request.language_code().empty()) {
    Expect(ParseLanguage(request.language_code()).status(), "language_code", bad);
  }
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
  return bad.ToStatus();
}

absl::StatusOr<command::Events<Customer::Event>> Customer::Decide(
    const command::View& view, const RegisterCustomerRequest& request,
    const command::Context& context, RegisterCustomerResponse& response) {
  const std::string customer_id(view.customer_id);
  if (view.state.customer().registered()) {
    return Refuse(Reason::kCustomerExists,
                  absl::StrCat("customer '", customer_id, "' is in the book"),
                  {{"customer_id", customer_id}});
  }
  command::Events<Event> events(1);
  events[0].effective_date = request.has_effective_date()
                                 ? *DayOf(request.effective_date())
                                 : TodayIn(absl::UTCTimeZone(), context.now);
  CustomerRegistered& registered = *events[0].event.mutable_customer_registered();
  registered.set_kind(request.kind());
  registered.set_region_code(request.region_code());
  if (!request.language_code().empty()) {
    registered.set_language_code(*ParseLanguage(request.language_code()));
  }
  if (request.has_industry()) {
    registered.mutable_industry()->set_code(Normalise(request.industry().code()));
    registered.mutable_industry()->set_label(Normalise(request.industry().label()));
  }
  registered.set_size_band(request.size_band());
  {
    Warnings warnings(response);
    *registered.mutable_clear() = NormalisedPersonal(request, warnings);
  }
  response.set_customer_id(customer_id);
  return events;
}

void Customer::Evolve(const command::EventMeta&, const Event& event, book::v1::State& state,
                      book::v1::PartitionState&) {
  switch (event.event_case()) {  // without default: a new event without its case does not compile
    case Event::kCustomerRegistered:
      state.mutable_customer()->set_registered(true);
      state.mutable_customer()->set_kind(event.customer_registered().kind());
      return;
    case Event::EVENT_NOT_SET:
      break;
  }
  DAYBOOK_CHECK(!"an event of the customer book that this binary does not know");
}

}  // namespace daybook
