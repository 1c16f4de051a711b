// Every command in every state, archiving, external ids.
#include "services/customer/lifecycle.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/customer/customer_story.h"
#include "tests/support/nasty.h"

namespace daybook {
namespace {

using test::Ada;
using test::Proto;
using test::Story;

Story<customer::Customer> In(const std::string& state) {
  if (state == "ABSENT") return Story<customer::Customer>();
  Story<customer::Customer> story = Ada();
  if (state == "ARCHIVED") story.Given(absl::CivilDay(2026, 2, 1), "customer_archived {}");
  return story;
}

// Reason of a sound request of this command; empty = accepted.
absl::Status Try(const std::string& command, Story<customer::Customer> story) {
  if (command == "RegisterCustomer") {
    return story
        .When(Proto<test::RegisterCustomerRequest>(
            "kind: CUSTOMER_KIND_PERSON profile { personal { given_name: 'Ada' } }"))
        .status;
  }
  if (command == "UpdateCustomer") {
    return story.When(Proto<test::UpdateCustomerRequest>("profile { region_code: 'DE' }")).status;
  }
  if (command == "ArchiveCustomer") return story.When(test::ArchiveCustomerRequest()).status;
  if (command == "RestoreCustomer") return story.When(test::RestoreCustomerRequest()).status;
  if (command == "AddExternalId") {
    return story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'shop' id: '1' }"))
        .status;
  }
  if (command == "RemoveExternalId") {
    return story
        .When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'erp' id: '4711' }"))
        .status;
  }
  ADD_FAILURE() << "the test does not know " << command;
  return absl::OkStatus();
}

TEST(Lifecycle, EveryCommandInEveryState) {
  const struct {
    const char *state, *command, *reason;
  } rows[] = {
      {"ABSENT", "RegisterCustomer", ""},
      {"ABSENT", "UpdateCustomer", "CUSTOMER_NOT_FOUND"},
      {"ABSENT", "ArchiveCustomer", "CUSTOMER_NOT_FOUND"},
      {"ABSENT", "RestoreCustomer", "CUSTOMER_NOT_FOUND"},
      {"ABSENT", "AddExternalId", "CUSTOMER_NOT_FOUND"},
      {"ABSENT", "RemoveExternalId", "CUSTOMER_NOT_FOUND"},
      {"ACTIVE", "RegisterCustomer", "CUSTOMER_EXISTS"},
      {"ACTIVE", "UpdateCustomer", ""},
      {"ACTIVE", "ArchiveCustomer", ""},
      {"ACTIVE", "RestoreCustomer", "CUSTOMER_NOT_ARCHIVED"},
      {"ACTIVE", "AddExternalId", ""},
      {"ACTIVE", "RemoveExternalId", ""},
      {"ARCHIVED", "RegisterCustomer", "CUSTOMER_EXISTS"},
      {"ARCHIVED", "UpdateCustomer", "CUSTOMER_ARCHIVED"},
      {"ARCHIVED", "ArchiveCustomer", "CUSTOMER_ARCHIVED"},
      {"ARCHIVED", "RestoreCustomer", ""},
      {"ARCHIVED", "AddExternalId", "CUSTOMER_ARCHIVED"},
      {"ARCHIVED", "RemoveExternalId", ""},
  };
  EXPECT_EQ(std::size(rows), customer::NamesOf(customer::Command{}).size() * 3);
  for (const auto& row : rows) {
    SCOPED_TRACE(absl::StrCat(row.state, " ", row.command));
    const absl::Status status = Try(row.command, In(row.state));
    EXPECT_EQ(ReasonOf(status), row.reason) << status;
    if (status.ok()) continue;
    // The refusal names the state and the commands that the table allows in it.
    std::string allowed;
    for (const auto& other : rows) {
      if (std::string(other.state) == row.state && *other.reason == '\0') {
        absl::StrAppend(&allowed, allowed.empty() ? "" : ",", other.command);
      }
    }
    EXPECT_EQ(MetadataOf(status, "state"), row.state);
    EXPECT_EQ(MetadataOf(status, "allowed_commands"), allowed);
    EXPECT_THAT(std::string(status.message()),
                testing::HasSubstr(absl::StrReplaceAll(allowed, {{",", ", "}})));
  }
}

TEST(Lifecycle, TheTableKnowsEveryCommandOfTheService) {
  const auto* service =
      test::RegisterCustomerRequest::descriptor()->file()->FindServiceByName("CustomerService");
  ASSERT_EQ(static_cast<size_t>(service->method_count()),
            customer::NamesOf(customer::Command{}).size());
  for (int i = 0; i < service->method_count(); ++i) {
    EXPECT_EQ(customer::NamesOf(customer::Command{})[static_cast<size_t>(i)],
              service->method(i)->name());
  }
}

TEST(Archive, RefusesWhatIsMalformed) {
  auto request = Proto<test::ArchiveCustomerRequest>("effective_date { year: 2026 }");
  request.set_comment(std::string(201, 'x'));
  Ada().When(request).ThenInvalid({"effective_date", "comment"});
  auto restore = Proto<test::RestoreCustomerRequest>("comment: 'a\\nb'");
  restore.set_customer_id("a ");
  In("ARCHIVED").When(restore).ThenInvalid({"customer_id", "comment"});
}

TEST(Archive, RefusesWhileSomethingIsOpen) {
  Story<customer::Customer> story = Ada();
  auto& account = *story.state().mutable_billing()->add_accounts();
  account.add_settled_invoices();
  account.add_open_invoices();
  const auto outcome =
      story.When(test::ArchiveCustomerRequest()).ThenRefused("CUSTOMER_HAS_OPEN_ITEMS");
  EXPECT_EQ(MetadataOf(outcome.status, "open_invoice_count"), "1");
  account.clear_open_invoices();
  account.add_open_payments(0);
  story.When(test::ArchiveCustomerRequest()).ThenRefused("CUSTOMER_HAS_OPEN_ITEMS");
  account.clear_open_payments();
  account.add_drafts();
  story.When(test::ArchiveCustomerRequest()).ThenRefused("CUSTOMER_HAS_OPEN_ITEMS");
  account.clear_drafts();
  account.add_pending_payments();
  story.When(test::ArchiveCustomerRequest()).ThenRefused("CUSTOMER_HAS_OPEN_ITEMS");
  account.clear_pending_payments();
  story.When(test::ArchiveCustomerRequest()).Then({"customer_archived {}"});
}

TEST(Archive, KeepsEverythingUntilItIsRestored) {
  Story<customer::Customer> story = Ada();
  const auto before = story.state().customer();
  story.When(Proto<test::ArchiveCustomerRequest>("comment: 'moved away'"))
      .Then({"customer_archived { comment: 'moved away' }"});
  EXPECT_EQ(story.state().customer().state(), customer::v1::CUSTOMER_STATE_ARCHIVED);
  story.When(test::RestoreCustomerRequest()).Then({"customer_restored {}"});
  auto after = story.state().customer();
  EXPECT_EQ(after.version(), 3);
  after.set_version(before.version());
  after.clear_state_date();
  EXPECT_THAT(after, test::EqualsProto(before));
}

TEST(Archive, AndRestoreFollowEachOtherByDay) {
  Story<customer::Customer> story = Ada();
  const auto on = [](int month, int day) {
    return absl::StrCat("effective_date { year: 2026 month: ", month, " day: ", day, " }");
  };
  EXPECT_TRUE(story.When(Proto<test::ArchiveCustomerRequest>(on(3, 1))).status.ok());
  story.When(Proto<test::RestoreCustomerRequest>(on(2, 28))).ThenInvalid({"effective_date"});
  EXPECT_TRUE(story.When(Proto<test::RestoreCustomerRequest>(on(9, 1))).status.ok());
  story.When(Proto<test::ArchiveCustomerRequest>(on(8, 31))).ThenInvalid({"effective_date"});
  const auto today = story.When(test::ArchiveCustomerRequest());
  ASSERT_EQ(today.events.size(), 1u);
  EXPECT_EQ(today.events[0].effective_date, absl::CivilDay(2026, 9, 1));
}

TEST(ExternalIds, RefusesWhatIsNone) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "1"},   {"ERP", "1"},  {"1erp", "1"}, {"e rp", "1"},   {std::string(33, 'a'), "1"},
      {"erp", ""}, {"erp", "  "}, {"erp", "\n"}, {"erp", "\xff"}, {"erp", std::string(129, '1')}};
  for (const auto& [system, id] : rows) {
    test::AddExternalIdRequest add;
    add.mutable_external_id()->set_system(system);
    add.mutable_external_id()->set_id(id);
    const std::string field = id == "1" ? "external_id.system" : "external_id.id";
    Ada().When(add).ThenInvalid({field});
    test::RemoveExternalIdRequest remove;
    *remove.mutable_external_id() = add.external_id();
    Ada().When(remove).ThenInvalid({field});
  }
  Ada().When(test::AddExternalIdRequest()).ThenInvalid({"external_id.system", "external_id.id"});
}

TEST(ExternalIds, AreOneASystem) {
  Story<customer::Customer> story = Ada();
  const auto refused =
      story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'erp' id: '4712' }"))
          .ThenRefused("EXTERNAL_ID_EXISTS");
  EXPECT_EQ(MetadataOf(refused.status, "id"), "4711");
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'erp' id: '4711' }"))
      .Then({});
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'shop' id: '4711' }"))
      .Then({"external_id_added { external_id { system: 'shop' id: '4711' } }"});
}

TEST(ExternalIds, AreComparedInNormalForm) {
  Story<customer::Customer> story = Ada();
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'crm' id: 'Zoe\xcc\x88' }"));
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'crm' id: 'Zo\xc3\xab' }"))
      .Then({});
}

TEST(ExternalIds, AreComparedWithoutWhiteSpaceAroundThemAndDoubledInThem) {
  Story<customer::Customer> story = Ada();
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'erp' id: ' 4711 ' }"))
      .Then({});
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'crm' id: ' A  1' }"))
      .Then({"external_id_added { external_id { system: 'crm' id: 'A 1' } }"});
  story.When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'crm' id: 'A 1  ' }"))
      .Then({"external_id_removed { external_id { system: 'crm' id: 'A 1' } }"});
}

TEST(ExternalIds, OfOlderEventsAreComparedTheSameWay) {
  Story<customer::Customer> story = Ada();
  story.Given(test::kRegistered, "external_id_added { external_id { system: 'crm' id: ' A  1' } }");
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'crm' id: 'A 1' }")).Then({});
  story.When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'crm' id: 'A 1' }"))
      .Then({"external_id_removed { external_id { system: 'crm' id: ' A  1' } }"});
  EXPECT_EQ(story.state().customer().external_ids_size(), 1);
}

TEST(ExternalIds, AreRemovedByBothParts) {
  Story<customer::Customer> story = Ada();
  story.When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'erp' id: '4712' }"))
      .ThenRefused("EXTERNAL_ID_NOT_FOUND");
  story.When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'shop' id: '4711' }"))
      .ThenRefused("EXTERNAL_ID_NOT_FOUND");
  story.When(Proto<test::RemoveExternalIdRequest>("external_id { system: 'erp' id: '4711' }"))
      .Then({"external_id_removed { external_id { system: 'erp' id: '4711' } }"});
  EXPECT_EQ(story.state().customer().external_ids_size(), 0);
  story.When(Proto<test::AddExternalIdRequest>("external_id { system: 'erp' id: '4712' }"))
      .Then({"external_id_added { external_id { system: 'erp' id: '4712' } }"});
}

TEST(ExternalIds, AreFiftyAtMost) {
  Story<customer::Customer> story = Ada();
  test::AddExternalIdRequest request;
  request.mutable_external_id()->set_id("1");
  for (int i = 1; i < 50; ++i) {
    request.mutable_external_id()->set_system(absl::StrCat("s", i));
    EXPECT_TRUE(story.When(request).status.ok());
  }
  request.mutable_external_id()->set_system("more");
  story.When(request).ThenRefused("EXTERNAL_IDS_FULL");
}

TEST(ExternalIds, ComeWithTheRegistration) {
  Story<customer::Customer> story;
  story.When(Proto<test::RegisterCustomerRequest>(
      "kind: CUSTOMER_KIND_PERSON profile { personal { display_name: 'Ada' } } external_ids { "
      "system: 'erp' id: '1' } external_ids { system: 'shop' id: '1' }"));
  EXPECT_EQ(story.state().customer().external_ids_size(), 2);
}

TEST(Lifecycle, NoRequestStopsTheProcess) {
  for (uint32_t seed = 0; seed < 2'000; ++seed) {
    test::Nasty nasty(seed, {"c-1", "erp", "4711"});
    const auto ask = [&](auto request) {
      nasty.Fill(request);
      if (nasty.Below(2) == 0) request.clear_effective_date();
      Ada().When(request);
      In("ARCHIVED").When(request);
    };
    ask(test::ArchiveCustomerRequest());
    ask(test::RestoreCustomerRequest());
    ask(test::AddExternalIdRequest());
    ask(test::RemoveExternalIdRequest());
  }
}

}  // namespace
}  // namespace daybook
