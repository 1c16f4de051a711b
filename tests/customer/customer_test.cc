#include "services/customer/customer.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/given_when_then.h"
#include "tests/support/nasty.h"

namespace daybook {
namespace {

using customer::v1::RegisterCustomerRequest;
using test::Proto;
using test::Story;

RegisterCustomerRequest Ada() {
  return Proto<RegisterCustomerRequest>(
      "kind: CUSTOMER_KIND_PERSON profile { personal { given_name: 'Ada' } }");
}
RegisterCustomerRequest Acme() {
  return Proto<RegisterCustomerRequest>(
      "kind: CUSTOMER_KIND_ORGANIZATION profile { personal { display_name: 'ACME' } }");
}

struct Row {
  const char* why;
  std::function<void(RegisterCustomerRequest&)> spoil;
  std::vector<std::string> fields;
};

TEST(Customer, RefusesBadFields) {
  const std::string override_mark = "Ada\xe2\x80\xae";
  const Row rows[] = {
      {"id with a space before it", [](auto& r) { r.set_customer_id(" a"); }, {"customer_id"}},
      {"id of another spelling",
       [](auto& r) { r.set_customer_id("Mu\xcc\x88ller"); },
       {"customer_id"}},
      {"id of 65 characters",
       [](auto& r) { r.set_customer_id(std::string(65, 'a')); },
       {"customer_id"}},
      {"id with NUL", [](auto& r) { r.set_customer_id(std::string("a\0b", 3)); }, {"customer_id"}},
      {"no kind", [](auto& r) { r.clear_kind(); }, {"kind"}},
      {"unknown kind", [](auto& r) { r.set_kind(customer::v1::CustomerKind(99)); }, {"kind"}},
      {"no name",
       [](auto& r) { r.mutable_profile()->clear_personal(); },
       {"profile.personal.display_name"}},
      {"blank name",
       [](auto& r) { r.mutable_profile()->mutable_personal()->set_display_name("  "); },
       {"profile.personal.display_name"}},
      {"1 MB name",
       [](auto& r) {
         r.mutable_profile()->mutable_personal()->set_given_name(std::string(1 << 20, 'a'));
       },
       {"profile.personal.given_name"}},
      {"derived name too long",
       [](auto& r) {
         r.mutable_profile()->mutable_personal()->set_given_name(std::string(150, 'a'));
         r.mutable_profile()->mutable_personal()->set_family_name(std::string(150, 'a'));
       },
       {"profile.personal.display_name"}},
      {"invalid UTF-8",
       [](auto& r) { r.mutable_profile()->mutable_personal()->set_family_name("\xff"); },
       {"profile.personal.family_name"}},
      {"bidi override",
       [&](auto& r) { r.mutable_profile()->mutable_personal()->set_display_name(override_mark); },
       {"profile.personal.display_name"}},
      {"bad e-mail",
       [](auto& r) { r.mutable_profile()->mutable_personal()->add_emails("ada"); },
       {"profile.personal.emails[0]"}},
      {"21 e-mails",
       [](auto& r) {
         for (int i = 0; i < 21; ++i)
           r.mutable_profile()->mutable_personal()->add_emails("ada@example.com");
       },
       {"profile.personal.emails"}},
      {"empty phone",
       [](auto& r) { r.mutable_profile()->mutable_personal()->add_phones(""); },
       {"profile.personal.phones[0]"}},
      {"phone of 65 characters",
       [](auto& r) { r.mutable_profile()->mutable_personal()->add_phones(std::string(65, '1')); },
       {"profile.personal.phones[0]"}},
      {"address without a country there is",
       [](auto& r) {
         auto& address = *r.mutable_profile()->mutable_personal()->add_postal_addresses();
         address.set_region_code("XX");
         address.set_locality("a\nb");
         address.set_postal_code(std::string(33, '1'));
       },
       {"profile.personal.postal_addresses[0].locality",
        "profile.personal.postal_addresses[0].postal_code",
        "profile.personal.postal_addresses[0].region_code"}},
      {"address of 6 lines",
       [](auto& r) {
         auto& address = *r.mutable_profile()->mutable_personal()->add_postal_addresses();
         for (int i = 0; i < 6; ++i) address.add_address_lines("x");
       },
       {"profile.personal.postal_addresses[0].address_lines"}},
      {"unknown region",
       [](auto& r) { r.mutable_profile()->set_region_code("ZZ"); },
       {"profile.region_code"}},
      {"unknown language",
       [](auto& r) { r.mutable_profile()->set_language_code("xx"); },
       {"profile.language_code"}},
      {"a person with industry",
       [](auto& r) { r.mutable_profile()->mutable_industry()->set_code("62.01"); },
       {"profile.industry.code"}},
      {"a person with size",
       [](auto& r) { r.mutable_profile()->set_size_band(customer::v1::SIZE_BAND_LARGE); },
       {"profile.size_band"}},
      {"a person with contacts",
       [](auto& r) {
         r.mutable_profile()->mutable_personal()->add_contacts()->set_display_name("Bob");
       },
       {"profile.personal.contacts"}},
      {"30 February",
       [](auto& r) {
         *r.mutable_effective_date() = Proto<google::type::Date>("year: 2024 month: 2 day: 30");
       },
       {"effective_date"}},
      {"date zero", [](auto& r) { r.mutable_effective_date(); }, {"effective_date"}},
      {"request id with a space behind it",
       [](auto& r) { r.set_request_id("r "); },
       {"request_id"}},
      {"request id of 65 characters",
       [](auto& r) { r.set_request_id(std::string(65, 'x')); },
       {"request_id"}},
      {"external ids of no shape",
       [](auto& r) {
         r.add_external_ids()->set_system("ERP");
         r.mutable_external_ids(0)->set_id("1");
         r.add_external_ids()->set_system("erp");
         r.mutable_external_ids(1)->set_id("\n");
         r.add_external_ids()->set_system("erp");
         r.mutable_external_ids(2)->set_id("2");
       },
       {"external_ids[0].system", "external_ids[1].id", "external_ids[2].system"}},
      {"51 external ids",
       [](auto& r) {
         for (int i = 0; i < 51; ++i) r.add_external_ids();
       },
       {"external_ids"}},
      {"negative revision", [](auto& r) { r.set_expected_revision(-1); }, {"expected_revision"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Story<customer::Customer> story;
    RegisterCustomerRequest request = Ada();
    row.spoil(request);
    story.When(request).ThenInvalid(row.fields);
    EXPECT_FALSE(story.state().customer().registered());
  }
}

TEST(Customer, RefusesBadFieldsOfOrganisations) {
  const Row rows[] = {
      {"unknown size",
       [](auto& r) { r.mutable_profile()->set_size_band(customer::v1::SizeBand(77)); },
       {"profile.size_band"}},
      {"empty industry",
       [](auto& r) { r.mutable_profile()->mutable_industry(); },
       {"profile.industry"}},
      {"long industry",
       [](auto& r) {
         r.mutable_profile()->mutable_industry()->set_code(std::string(17, '1'));
         r.mutable_profile()->mutable_industry()->set_label(std::string(201, '1'));
       },
       {"profile.industry.code", "profile.industry.label"}},
      {"bad contact",
       [](auto& r) {
         r.mutable_profile()->mutable_personal()->add_contacts()->set_display_name("Bob");
         auto& contact = *r.mutable_profile()->mutable_personal()->add_contacts();
         contact.set_role(customer::v1::ContactRole(9));
         contact.set_email("@");
         contact.set_phone("\n");
       },
       {"profile.personal.contacts[1].role", "profile.personal.contacts[1].display_name",
        "profile.personal.contacts[1].email", "profile.personal.contacts[1].phone"}},
      {"51 contacts",
       [](auto& r) {
         for (int i = 0; i < 51; ++i) r.mutable_profile()->mutable_personal()->add_contacts();
       },
       {"profile.personal.contacts"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    RegisterCustomerRequest request = Acme();
    row.spoil(request);
    Story<customer::Customer>().When(request).ThenInvalid(row.fields);
  }
}

std::string Times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(Customer, HasAsMuchRoomForANameInEveryScript) {
  // Thai, three bytes a letter: the second is what one customer is called.
  for (const auto& [count, fits] : {std::pair(200, true), {77, true}, {201, false}}) {
    RegisterCustomerRequest request = Ada();
    request.mutable_profile()->mutable_personal()->set_display_name(Times(count, "\xe0\xb8\x97"));
    const auto outcome = Story<customer::Customer>().When(request);
    EXPECT_EQ(outcome.status.ok(), fits) << outcome.status;
    if (fits) continue;
    outcome.ThenInvalid({"profile.personal.display_name"});
    EXPECT_THAT(std::string(outcome.status.message()), testing::HasSubstr("200 characters"));
  }
  // Accents apart from their letters are no characters of their own, in a derived name either.
  RegisterCustomerRequest request = Ada();
  request.mutable_profile()->mutable_personal()->set_given_name(Times(100, "u\xcc\x88"));
  request.mutable_profile()->mutable_personal()->set_family_name(Times(99, "u\xcc\x88"));
  EXPECT_TRUE(Story<customer::Customer>().When(request).status.ok());
  request.mutable_profile()->mutable_personal()->set_family_name(Times(100, "u\xcc\x88"));
  Story<customer::Customer>().When(request).ThenInvalid({"profile.personal.display_name"});
}

TEST(Customer, HasAnIdInAnyScript) {
  for (const char* id :
       {"M\xc3\xbcller & S\xc3\xb6hne GmbH", "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e", "a/b?c=d#e"}) {
    RegisterCustomerRequest request = Ada();
    request.set_customer_id(id);
    const auto outcome = Story<customer::Customer>(id).When(request);
    EXPECT_EQ(outcome.response.customer_id(), id) << outcome.status;
  }
}

TEST(Customer, NamesEveryViolationAtOnce) {
  Story<customer::Customer>()
      .Ask(RegisterCustomerRequest())
      .ThenInvalid({"request_id", "kind", "profile.personal.display_name"});
}

TEST(Customer, RefusesASecondRegistration) {
  Story<customer::Customer> story;
  story.When(Ada());
  const auto outcome = story.When(Acme()).ThenRefused("CUSTOMER_EXISTS");
  EXPECT_EQ(MetadataOf(outcome.status, "customer_id"), "c-1");
}

TEST(Customer, RegistersAPerson) {
  Story<customer::Customer> story;
  auto request = Proto<RegisterCustomerRequest>(R"pb(
    kind: CUSTOMER_KIND_PERSON
    profile {
      personal {
        given_name: "Ada"
        family_name: "Lovelace"
        emails: "Ada@EXAMPLE.com"
        phones: "020 7946 0958"
        phones: "12"
        postal_addresses {
          address_lines: "1 St James's Square"
          locality: "London"
          region_code: "GB"
        }
      }
      region_code: "GB-ENG"
      language_code: "en-gb"
    }
    effective_date { year: 1997 month: 1 day: 1 }
  )pb");
  const auto outcome = story.When(request);
  outcome.Then({R"pb(customer_registered {
                       kind: CUSTOMER_KIND_PERSON
                       region_code: "GB-ENG"
                       language_code: "en-GB"
                       clear {
                         display_name: "Ada Lovelace"
                         given_name: "Ada"
                         family_name: "Lovelace"
                         emails: "Ada@example.com"
                         phones: "+442079460958"
                         phones: "12"
                         postal_addresses {
                           address_lines: "1 St James's Square"
                           locality: "London"
                           region_code: "GB"
                         }
                       }
                     })pb"});
  outcome.ThenAnswers(
      "customer_id: 'c-1' warnings: 'profile.personal.phones[1]: is not a plausible telephone "
      "number'");
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(1997, 1, 1));
  EXPECT_TRUE(story.state().customer().registered());
  EXPECT_EQ(story.state().customer().kind(), customer::v1::CUSTOMER_KIND_PERSON);
}

TEST(Customer, RegistersAnOrganisationTodayByDefault) {
  Story<customer::Customer> story;
  auto request = Acme();
  request.mutable_profile()->mutable_industry()->set_code("62.01");
  request.mutable_profile()->set_size_band(customer::v1::SIZE_BAND_SMALL);
  auto& contact = *request.mutable_profile()->mutable_personal()->add_contacts();
  contact.set_display_name("Zoe\xcc\x88");
  contact.set_role(customer::v1::CONTACT_ROLE_PAYER);
  const auto outcome = story.When(request);
  outcome.Then({R"pb(customer_registered {
                       kind: CUSTOMER_KIND_ORGANIZATION
                       industry { code: "62.01" }
                       size_band: SIZE_BAND_SMALL
                       clear {
                         display_name: "ACME"
                         contacts { role: CONTACT_ROLE_PAYER display_name: "Zoë" }
                       }
                     })pb"});
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2026, 3, 15));
}

TEST(Customer, StoresTextWithoutSpacesAroundItAndDoubledInIt) {
  Story<customer::Customer> story;
  const auto outcome = story.When(Proto<RegisterCustomerRequest>(R"pb(
    kind: CUSTOMER_KIND_ORGANIZATION
    profile {
      personal {
        given_name: " Ada "
        family_name: "King\302\240 Lovelace\343\200\200"
        phones: " call  me "
        postal_addresses {
          address_lines: " 1  St James's"
          locality: " London"
          postal_code: "SW1Y "
        }
        contacts { display_name: " Bob  B " }
      }
      industry { code: " 62.01" label: "Software " }
    }
  )pb"));
  outcome.Then({R"pb(customer_registered {
                       kind: CUSTOMER_KIND_ORGANIZATION
                       industry { code: "62.01" label: "Software" }
                       clear {
                         display_name: "Ada King\302\240Lovelace"
                         given_name: "Ada"
                         family_name: "King\302\240Lovelace"
                         phones: "call me"
                         postal_addresses {
                           address_lines: "1 St James's"
                           locality: "London"
                           postal_code: "SW1Y"
                         }
                         contacts { display_name: "Bob B" }
                       }
                     })pb"});
  // The same with other spaces is no change.
  auto update =
      Proto<customer::v1::UpdateCustomerRequest>("profile { personal { given_name: 'Ada  ' } }");
  story.When(update).Then({});
  RegisterCustomerRequest cjk = Ada();
  cjk.mutable_profile()->mutable_personal()->set_given_name("小明 ");
  cjk.mutable_profile()->mutable_personal()->set_family_name(" 王");
  const auto named = Story<customer::Customer>().When(cjk);
  ASSERT_EQ(named.events.size(), 1u);
  EXPECT_EQ(named.events[0].event.customer_registered().clear().display_name(), "王小明");
}

TEST(Customer, RefusesAnEmailAddressTwice) {
  RegisterCustomerRequest request = Acme();
  for (const char* email : {"a@x.example", "b@x.example", "A@X.example", "a@\xc3\xbc.example",
                            "a@xn--tda.example", "nonsense", "nonsense"}) {
    request.mutable_profile()->mutable_personal()->add_emails(email);
  }
  const auto outcome = Story<customer::Customer>().When(request).ThenInvalid(
      {"profile.personal.emails[2]", "profile.personal.emails[4]", "profile.personal.emails[5]",
       "profile.personal.emails[6]"});
  EXPECT_THAT(std::string(outcome.status.message()),
              testing::HasSubstr(
                  "profile.personal.emails[2]: is the same address as profile.personal.emails[0]"));
}

TEST(Customer, WarnsOfANumberTwice) {
  RegisterCustomerRequest request = Acme();
  request.mutable_profile()->set_region_code("GB");
  for (const char* phone : {"020 7946 0958", "+44 20 7946 0958", "020 7946 0959"}) {
    request.mutable_profile()->mutable_personal()->add_phones(phone);
  }
  Story<customer::Customer>().When(request).ThenAnswers(
      "customer_id: 'c-1' warnings: 'profile.personal.phones[1]: is the same number as "
      "profile.personal.phones[0]'");
}

TEST(Customer, WarnsOfRegionsAndLanguagesThatItsTablesDoNotHave) {
  RegisterCustomerRequest request = Acme();
  request.mutable_profile()->set_region_code("NO-ZZ");  // no county yet
  request.mutable_profile()->set_language_code("iw-il");
  request.mutable_profile()->mutable_personal()->add_postal_addresses()->set_region_code("GB");
  request.mutable_profile()->mutable_personal()->add_postal_addresses()->set_region_code("GB-ZZZ");
  const auto outcome = Story<customer::Customer>().When(request);
  outcome.ThenAnswers(R"pb(
    customer_id: "c-1"
    warnings: "profile.personal.postal_addresses[1].region_code: is not in the server's list "
              "of ISO 3166-2"
    warnings: "profile.region_code: is not in the server's list of ISO 3166-2"
    warnings: "profile.language_code: is not the code of today, which is he-IL"
  )pb");
  ASSERT_EQ(outcome.events.size(), 1u);
  const auto& registered = outcome.events[0].event.customer_registered();
  EXPECT_EQ(registered.region_code(), "NO-ZZ");
  EXPECT_EQ(registered.language_code(), "he-IL");
  EXPECT_EQ(registered.clear().postal_addresses(1).region_code(), "GB-ZZZ");
}

TEST(Customer, TakesAnEmailAddressOfAnyScriptOnce) {
  RegisterCustomerRequest request = Acme();
  for (const char* email : {" M\xc3\xbcller@b\xc3\xbc"
                            "cher.example",
                            "mu\xcc\x88ller@xn--bcher-kva.example"}) {
    request.mutable_profile()->mutable_personal()->add_emails(email);
  }
  Story<customer::Customer>().When(request).ThenInvalid({"profile.personal.emails[1]"});
  request.mutable_profile()->mutable_personal()->mutable_emails()->RemoveLast();
  const auto outcome = Story<customer::Customer>().When(request);
  ASSERT_EQ(outcome.events.size(), 1u) << outcome.status;
  EXPECT_EQ(outcome.events[0].event.customer_registered().clear().emails(0),
            "M\xc3\xbcller@xn--bcher-kva.example");
}

TEST(Customer, DerivesTheNameAsItsScriptHasIt) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"Ada", "Lovelace", "Ada Lovelace"},
      {"", "Lovelace", "Lovelace"},
      {"Ada", "", "Ada"},
      {"小明", "王", "王小明"},
      {"민준", "김", "김민준"},
      {"Xiaoming", "王", "Xiaoming 王"}};
  for (const auto& [given, family, display] : rows) {
    RegisterCustomerRequest request = Ada();
    request.mutable_profile()->mutable_personal()->set_given_name(given);
    request.mutable_profile()->mutable_personal()->set_family_name(family);
    const auto outcome = Story<customer::Customer>().When(request);
    ASSERT_EQ(outcome.events.size(), 1u);
    EXPECT_EQ(outcome.events[0].event.customer_registered().clear().display_name(), display);
  }
}

TEST(Customer, WarnsWithinTheLargestAnswerAndRepeatsNoNumber) {
  RegisterCustomerRequest request = Acme();
  const std::string id = Times(64, "\xf0\x9f\x99\x82");
  request.set_customer_id(id);
  for (int i = 0; i < 20; ++i)
    request.mutable_profile()->mutable_personal()->add_phones("1357924680" + std::to_string(i));
  for (int i = 0; i < 50; ++i) {
    auto& contact = *request.mutable_profile()->mutable_personal()->add_contacts();
    contact.set_display_name("Bob");
    contact.set_phone("2468013579");
  }
  const auto outcome = Story<customer::Customer>(id).When(request);  // checks the size
  ASSERT_EQ(outcome.response.warnings_size(), 9);
  EXPECT_EQ(outcome.response.warnings(8), "and 62 more");
  EXPECT_EQ(outcome.response.SerializeAsString().find("2468"), std::string::npos);
}

TEST(Customer, ValidatingChangesNothing) {
  Story<customer::Customer> story;
  RegisterCustomerRequest request = Ada();
  request.set_validate_only(true);
  EXPECT_TRUE(story.When(request).status.ok());
  EXPECT_FALSE(story.state().customer().registered());
}

TEST(Customer, NoRequestStopsTheProcess) {
  int accepted = 0;
  for (uint32_t seed = 0; seed < 5'000; ++seed) {
    test::Nasty nasty(seed, {"c-1", "Ada"});
    RegisterCustomerRequest request;
    nasty.Fill(request);
    if (nasty.Below(2) == 0)
      request.mutable_profile()->mutable_personal()->Swap(
          Ada().mutable_profile()->mutable_personal());
    if (nasty.Below(2) == 0) request.clear_effective_date();
    if (nasty.Below(2) == 0) request.mutable_profile()->clear_industry();
    if (nasty.Below(2) == 0) request.clear_external_ids();
    const auto outcome = Story<customer::Customer>().When(request);
    accepted += outcome.status.ok();
    EXPECT_TRUE(outcome.status.ok() || ReasonOf(outcome.status) == "INVALID_FIELDS");
  }
  EXPECT_GT(accepted, 20);
}

TEST(CustomerDeathTest, StopsAtAnEventThatItDoesNotKnow) {
  EXPECT_DEATH(
      Story<customer::Customer>().Given(absl::CivilDay(2026, 1, 1), customer::Customer::Event()),
      "know");
}

}  // namespace
}  // namespace daybook
