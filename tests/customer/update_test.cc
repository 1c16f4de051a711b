// UpdateCustomer: what a mask means, what is refused, what changes.
#include <gtest/gtest.h>

#include "tests/customer/customer_story.h"
#include "tests/support/nasty.h"

namespace daybook {
namespace {

using test::Acme;
using test::Ada;
using test::Proto;
using test::Story;
using test::UpdateCustomerRequest;

UpdateCustomerRequest Update(const std::string& text) { return Proto<UpdateCustomerRequest>(text); }

TEST(UpdateCustomer, RefusesMasksThatNameNoFieldOfAProfile) {
  const char* const kPaths[] = {"",
                                "person",
                                "personal.",
                                "personal.email",
                                "Personal",
                                "personal.emails[0]",
                                "personal.contacts.email",
                                "industry.",
                                "request_id",
                                "update_mask",
                                "customer_id",
                                "kind",
                                "state",
                                "external_ids",
                                "*",
                                "personal.*"};
  for (const char* path : kPaths) {
    SCOPED_TRACE(path);
    auto request = Update("profile { region_code: 'DE' }");
    request.mutable_update_mask()->add_paths("region_code");
    request.mutable_update_mask()->add_paths(path);
    Ada().When(request).ThenInvalid({"update_mask"});
  }
}

TEST(UpdateCustomer, SaysWhatToDoAboutFieldsThatItDoesNotChange) {
  const std::pair<const char*, const char*> rows[] = {{"kind", "never changes"},
                                                      {"state", "ArchiveCustomer"},
                                                      {"external_ids", "AddExternalId"},
                                                      {"*", "wildcard"},
                                                      {"profile.region_code", "leave out"},
                                                      {"nome", "known are personal"}};
  for (const auto& [path, words] : rows) {
    UpdateCustomerRequest request;
    request.mutable_update_mask()->add_paths(path);
    const auto outcome = Ada().When(request);
    EXPECT_THAT(std::string(outcome.status.message()), testing::HasSubstr(words));
  }
}

TEST(UpdateCustomer, RefusesARequestThatNamesNothing) {
  Ada().When(UpdateCustomerRequest()).ThenInvalid({"update_mask"});
  Ada().When(Update("update_mask {}")).ThenInvalid({"update_mask"});
}

TEST(UpdateCustomer, RefusesAMaskOfTooManyPaths) {
  auto request = Update("profile { region_code: 'DE' }");
  for (int i = 0; i < 101; ++i) request.mutable_update_mask()->add_paths("region_code");
  Ada().When(request).ThenInvalid({"update_mask"});
  request.mutable_update_mask()->mutable_paths()->RemoveLast();
  EXPECT_TRUE(Ada().When(request).status.ok());
}

TEST(UpdateCustomer, ChecksTheNamedFieldsAsRegistrationDoes) {
  Ada()
      .When(Update("profile { personal { emails: 'ada' phones: '' } region_code: 'XX' "
                   "language_code: 'xx' size_band: 77 }"))
      .ThenInvalid({"profile.personal.emails[0]", "profile.personal.phones[0]", "profile.size_band",
                    "profile.region_code", "profile.language_code"});
}

TEST(UpdateCustomer, LooksAtNothingThatTheMaskDoesNotName) {
  Story<customer::Customer> story = Ada();
  auto request = Update("profile { personal { emails: 'no address' } region_code: 'DE' }");
  request.mutable_update_mask()->add_paths("region_code");
  story.When(request).Then({"customer_updated { changed_paths: 'region_code' region_code: 'DE' }"});
}

TEST(UpdateCustomer, RefusesForAPersonWhatOnlyAnOrganisationHas) {
  Ada()
      .When(Update("profile { personal { contacts { display_name: 'Bob' } } industry { code: '1' } "
                   "size_band: SIZE_BAND_LARGE }"))
      .ThenInvalid({"profile.personal.contacts", "profile.industry.code", "profile.size_band"});
  // Clearing what is not there is no change.
  auto request = UpdateCustomerRequest();
  request.mutable_update_mask()->add_paths("industry");
  request.mutable_update_mask()->add_paths("size_band");
  Ada().When(request).Then({});
}

TEST(UpdateCustomer, RefusesToLeaveNoName) {
  auto request = UpdateCustomerRequest();
  request.mutable_update_mask()->add_paths("personal.display_name");
  Acme().When(request).ThenInvalid({"profile.personal.display_name"});
  request.mutable_update_mask()->add_paths("personal");
  Ada().When(request).ThenInvalid({"profile.personal.display_name"});
}

TEST(UpdateCustomer, RefusesAnotherEtagAndTellsThePresentOne) {
  Story<customer::Customer> story = Ada();
  const auto outcome =
      story.When(Update("profile { region_code: 'DE' } etag: '7'")).ThenRefused("ETAG_MISMATCH");
  EXPECT_EQ(MetadataOf(outcome.status, "etag"), "1");
  EXPECT_TRUE(absl::IsAborted(outcome.status));
  story.When(Update("profile { region_code: 'DE' } etag: '1'"))
      .ThenAnswers("changed_paths: 'region_code' etag: '2'");
  story.When(Update("profile { region_code: 'FR' } etag: '1'")).ThenRefused("ETAG_MISMATCH");
}

TEST(UpdateCustomer, RefusesADayBeforeTheRegistration) {
  Ada()
      .When(Update("profile { region_code: 'DE' } effective_date { year: 2026 month: 1 day: 9 }"))
      .ThenInvalid({"effective_date"});
  const auto outcome = Ada().When(
      Update("profile { region_code: 'DE' } effective_date { year: 2026 month: 1 day: 10 }"));
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0].effective_date, test::kRegistered);
}

TEST(UpdateCustomer, CountsFromTheRegistrationIfThatLiesAhead) {
  Story<customer::Customer> story;
  story.Given(absl::CivilDay(2030, 1, 1),
              "customer_registered { kind: CUSTOMER_KIND_PERSON clear { display_name: 'Ada' } }");
  const auto outcome = story.When(Update("profile { region_code: 'DE' }"));
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0].effective_date, absl::CivilDay(2030, 1, 1));
}

TEST(UpdateCustomer, WithoutAMaskChangesWhatIsFilledIn) {
  Story<customer::Customer> story = Ada();
  story.When(Update("profile { personal { family_name: 'Lovelace' } language_code: 'en-gb' }"))
      .Then({R"pb(customer_updated {
                    changed_paths: "personal.family_name"
                    changed_paths: "language_code"
                    region_code: "GB"
                    language_code: "en-GB"
                    clear {
                      display_name: "Ada Byron"
                      given_name: "Ada"
                      family_name: "Lovelace"
                      emails: "ada@example.com"
                    }
                  })pb"});
  EXPECT_EQ(story.state().customer().profile().personal().family_name(), "Lovelace");
  EXPECT_EQ(story.state().customer().version(), 2);
}

TEST(UpdateCustomer, DerivesADisplayNameThatIsNamedAndEmpty) {
  Story<customer::Customer> story = Ada();
  auto request = Update("profile { personal { family_name: 'Lovelace' } }");
  request.mutable_update_mask()->add_paths("personal.family_name");
  request.mutable_update_mask()->add_paths("personal.display_name");
  story.When(request);
  EXPECT_EQ(story.state().customer().profile().personal().display_name(), "Ada Lovelace");
}

TEST(UpdateCustomer, ReplacesListsWholeAndClearsWhatIsNamedAndEmpty) {
  Story<customer::Customer> story = Ada();
  auto request = Update("profile { personal { emails: 'b@EXAMPLE.com' emails: 'a@example.com' } }");
  request.mutable_update_mask()->add_paths("personal.emails");
  request.mutable_update_mask()->add_paths("region_code");
  story.When(request).Then({R"pb(customer_updated {
                                   changed_paths: "personal.emails"
                                   changed_paths: "region_code"
                                   clear {
                                     display_name: "Ada Byron"
                                     given_name: "Ada"
                                     family_name: "Byron"
                                     emails: "b@example.com"
                                     emails: "a@example.com"
                                   }
                                 })pb"});
}

TEST(UpdateCustomer, ReadsTelephoneNumbersInTheRegionAsItWillBe) {
  Story<customer::Customer> story = Ada();
  const auto outcome = story.When(
      Update("profile { personal { phones: '030 901820' phones: '1' } region_code: 'DE-BE' }"));
  EXPECT_EQ(story.state().customer().profile().personal().phones(0), "+4930901820");
  ASSERT_EQ(outcome.response.warnings_size(), 1);
  EXPECT_THAT(outcome.response.warnings(0), testing::StartsWith("profile.personal.phones[1]"));
}

TEST(UpdateCustomer, KeepsThePersonalPartOutOfEventsThatDoNotChangeIt) {
  Story<customer::Customer> story = Acme();
  story.When(Update("profile { size_band: SIZE_BAND_LARGE }"))
      .Then({R"pb(customer_updated {
                    changed_paths: "size_band"
                    industry { code: "62.01" label: "Software" }
                    size_band: SIZE_BAND_LARGE
                  })pb"});
  EXPECT_EQ(story.state().customer().profile().personal().display_name(), "ACME");
  auto request = UpdateCustomerRequest();
  request.mutable_update_mask()->add_paths("industry");
  story.When(request);
  EXPECT_FALSE(story.state().customer().profile().has_industry());
}

TEST(UpdateCustomer, AcceptsWhatChangesNothingWithoutAnEvent) {
  for (const char* text :
       {"profile { region_code: 'GB' }",
        "profile { personal { given_name: 'Ada' emails: 'ada@EXAMPLE.com' } }",
        "update_mask { paths: 'size_band' }", "update_mask { paths: 'language_code' }"}) {
    SCOPED_TRACE(text);
    const auto outcome = Ada().When(Update(text));
    outcome.Then({});
    outcome.ThenAnswers("etag: '1'");
  }
}

TEST(UpdateCustomer, EveryLeafIsChangedAloneAndReadBack) {
  const char* const kTexts[] = {"profile { personal { display_name: 'X' } }",
                                "profile { personal { given_name: 'X' } }",
                                "profile { personal { family_name: 'X' } }",
                                "profile { personal { emails: 'x@example.com' } }",
                                "profile { personal { phones: '+4930901820' } }",
                                "profile { personal { postal_addresses { locality: 'X' } } }",
                                "profile { personal { contacts { display_name: 'X' } } }",
                                "profile { region_code: 'DE' }",
                                "profile { language_code: 'de' }",
                                "profile { industry { code: '1' } }",
                                "profile { industry { label: 'X' } }",
                                "profile { size_band: SIZE_BAND_LARGE }"};
  for (const char* text : kTexts) {
    SCOPED_TRACE(text);
    Story<customer::Customer> story = Acme();
    const auto outcome = story.When(Update(text));
    EXPECT_EQ(outcome.response.changed_paths_size(), 1) << outcome.status;
    const auto again = story.When(Update(text));
    again.Then({});
  }
}

TEST(UpdateCustomer, AnswersWithinItsKilobyte) {
  auto request = Update(
      "profile { personal { given_name: 'X' family_name: 'X' emails: 'x@example.com' phones: '1' "
      "postal_addresses { locality: 'X' } } region_code: 'DE' language_code: 'de' industry { code: "
      "'1' label: 'X' } size_band: SIZE_BAND_LARGE }");
  request.mutable_profile()->mutable_personal()->set_display_name("X");
  for (int i = 0; i < 50; ++i) {
    auto& contact = *request.mutable_profile()->mutable_personal()->add_contacts();
    contact.set_display_name("Bob");
    contact.set_phone("1");
  }
  const auto outcome = Acme().When(request);  // checks the size
  EXPECT_EQ(outcome.response.changed_paths_size(), 12);
  EXPECT_EQ(outcome.response.warnings_size(), 9);
}

TEST(UpdateCustomer, NoRequestStopsTheProcess) {
  int accepted = 0;
  for (uint32_t seed = 0; seed < 5'000; ++seed) {
    test::Nasty nasty(seed, {"c-1", "Ada", "personal", "personal.emails", "region_code", "industry",
                             "size_band", "personal.display_name", "*"});
    UpdateCustomerRequest request;
    nasty.Fill(request);
    if (nasty.Below(2) == 0) request.clear_effective_date();
    if (nasty.Below(2) == 0) request.clear_update_mask();
    if (nasty.Below(2) == 0) request.clear_etag();
    const auto outcome = (nasty.Below(2) == 0 ? Ada() : Acme()).When(request);
    accepted += outcome.status.ok();
    EXPECT_TRUE(outcome.status.ok() || ReasonOf(outcome.status) == "INVALID_FIELDS" ||
                ReasonOf(outcome.status) == "ETAG_MISMATCH")
        << outcome.status;
  }
  EXPECT_GT(accepted, 20);
}

}  // namespace
}  // namespace daybook
