// What the queries refuse, page by page and row by row.
#include "projections/directory/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/collation.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/log/token.h"
#include "common/projection/models.h"
#include "projections/directory/listing.h"
#include "projections/directory/rows.h"
#include "projections/topology.h"
#include "tests/directory/world.h"
#include "tests/support/memory_log.h"
#include "tests/support/scratch.h"

namespace daybook::directory {
namespace {

using testing::HasSubstr;

const absl::CivilDay kDay(2026, 3, 1);

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    auto store = store::Store::Open({.directory = scratch_.path(), .kind = "directory"});
    DAYBOOK_CHECK(store.ok());
    store_ = *std::move(store);
    world_ = std::make_unique<World>(*store_, 0);
  }

  void Register(const std::string& id, const std::string& rest = "") {
    world_->Tell(id, kDay,
                 absl::StrCat("customer_registered { kind: CUSTOMER_KIND_PERSON clear { "
                              "display_name: 'Name of ",
                              id, "' } ", rest, " }"));
  }
  void Customers(int count) {
    for (int i = 0; i < count; ++i) Register(absl::StrCat("c-", 1000 + i));
    world_->Flush();
  }
  absl::StatusOr<v1::ListCustomersResponse> List(const v1::ListCustomersRequest& request) {
    return Ask<v1::ListCustomersResponse>(*world_, request);
  }
  absl::StatusOr<v1::GetCustomerByExternalIdResponse> Lookup(const std::string& system,
                                                             const std::string& id) {
    v1::GetCustomerByExternalIdRequest request;
    request.set_system(system);
    request.set_id(id);
    return Ask<v1::GetCustomerByExternalIdResponse>(*world_, request);
  }

  ScratchDirectory scratch_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<World> world_;
};

TEST_F(DirectoryTest, NamesEveryFieldThatIsWrong) {
  v1::ListCustomersRequest request;
  request.set_page_size(-1);
  request.set_filter("state = ACTIVE AND");
  request.set_order_by("revision");
  EXPECT_EQ(test::FieldsOf(DirectoryQueries::Check(request)),
            (std::vector<std::string>{"page_size", "filter", "order_by"}));
  EXPECT_THAT(std::string(DirectoryQueries::Check(request).message()),
              HasSubstr("filter: at character 19"));
  for (const char* order_by : {" desc", "customer_id asc", "customer_id, display_name",
                               "customer_iddesc", "CUSTOMER_ID", " customer_id"}) {
    request.set_order_by(order_by);
    EXPECT_THAT(test::FieldsOf(DirectoryQueries::Check(request)), testing::Contains("order_by"))
        << order_by;
  }
  request.set_order_by(std::string(100'000, 'x'));
  EXPECT_THAT(test::FieldsOf(DirectoryQueries::Check(request)), testing::Contains("order_by"));
  EXPECT_EQ(test::FieldsOf(DirectoryQueries::Check(v1::GetCustomerRequest())),
            std::vector<std::string>{"customer_id"});
  EXPECT_EQ(test::FieldsOf(DirectoryQueries::Check(v1::GetCustomerByExternalIdRequest())),
            (std::vector<std::string>{"system", "id"}));
}

TEST_F(DirectoryTest, KnowsNobodyWhoIsNotInTheBook) {
  Register("c-1");
  world_->TellOther("c-2");
  // What no honest log holds: facts of a customer who was never registered.
  world_->Tell("c-3", kDay, "customer_archived {}");
  world_->Flush();
  for (const char* id : {"c-2", "c-3", "nobody"}) {
    v1::GetCustomerRequest request;
    request.set_customer_id(id);
    const auto answer = Ask<v1::GetCustomerResponse>(*world_, request, id);
    EXPECT_EQ(ReasonOf(answer.status()), "CUSTOMER_NOT_FOUND") << id;
  }
  EXPECT_EQ(List({})->customers_size(), 1);
}

TEST_F(DirectoryTest, KeepsNoDayOfAnArchivingThatWasTakenBack) {
  Register("c-1");
  world_->Tell("c-1", kDay, "customer_archived {}");
  world_->Tell("c-1", kDay + 1, "customer_restored {}");
  world_->Flush();
  rows::CustomerRow row;
  ASSERT_TRUE(*world_->ReadingOf("c-1").partitions[0].view->Read(kCustomers, "c-1", &row));
  EXPECT_EQ(row.archived_day(), 0);
}

TEST_F(DirectoryTest, ShowsEveryCustomerOnceUnderEveryPageSize) {
  Customers(60);
  for (const char* order_by : {"", "customer_id desc", "display_name", "registered_date desc"}) {
    for (int page_size = 1; page_size <= 62; ++page_size) {
      v1::ListCustomersRequest request;
      request.set_order_by(order_by);
      request.set_page_size(page_size);
      const auto listed = AllPages(*world_, request);
      ASSERT_TRUE(listed.ok()) << listed.status();
      std::set<std::string> ids;
      for (const auto& customer : *listed) ids.insert(customer.customer_id());
      EXPECT_EQ(listed->size(), 60u);
      EXPECT_EQ(ids.size(), 60u);
    }
  }
}

TEST_F(DirectoryTest, SortsAndFindsNamesAsPeopleDo) {
  const char* const names[] = {"Zebra", "Ärzte", "arzt", "Łódź", "İstanbul", "ISTANBUL", "O’Neill"};
  for (const char* name : names) {
    world_->Tell(absl::StrCat("of ", name), kDay,
                 absl::StrCat("customer_registered { clear { display_name: '", name, "' } }"));
  }
  world_->Flush();
  const auto listed = [&](const std::string& filter) {
    v1::ListCustomersRequest request;
    request.set_order_by("display_name");
    request.set_filter(filter);
    request.set_page_size(2);
    const auto all = AllPages(*world_, request);
    EXPECT_TRUE(all.ok()) << all.status();
    std::vector<std::string> shown;
    for (const auto& customer : *all) shown.push_back(customer.display_name());
    return shown;
  };
  EXPECT_THAT(listed(""), testing::ElementsAre("arzt", "Ärzte", "ISTANBUL", "İstanbul", "Łódź",
                                               "O’Neill", "Zebra"));
  for (const char* name : {"istanbul", "İSTANBUL", "ıstanbul", "Istan*"}) {
    EXPECT_THAT(listed(absl::StrCat("display_name : \"", name, "\"")),
                testing::ElementsAre("ISTANBUL", "İstanbul"))
        << name;
  }
  EXPECT_THAT(listed("display_name : lodz"), testing::ElementsAre("Łódź"));
  EXPECT_THAT(listed("display_name : \"o'n*\""), testing::ElementsAre("O’Neill"));
  // A mark alone would be in everybody's name.
  EXPECT_THAT(std::string(FilterOf("display_name : \"\xcc\x88\"").status().message()),
              HasSubstr("needs letters"));
}

TEST_F(DirectoryTest, RowsOfAnotherLibraryVersionAreOthers) {
  const int version = projection::InfoOf<Directory>().version;
  EXPECT_EQ(version, Directory::kVersion * 10'000 + LibraryVersion());
  EXPECT_GT(LibraryVersion(), 5000);
}

// The longest of keys fit a page token.
TEST_F(DirectoryTest, GoesOnBehindTheLongestNamesAndIds) {
  std::string name, id;
  for (int i = 0; i < 200; ++i) name += "\xef\xb7\xba";  // eighteen letters each
  for (int i = 0; i < 63; ++i) id += "\xf0\x9f\x99\x82";
  for (const char* last : {"a", "b", "c"}) {
    world_->Tell(id + last, kDay,
                 absl::StrCat("customer_registered { clear { display_name: '", name, "' } }"));
  }
  world_->Flush();
  for (const char* order_by : {"display_name", "customer_id desc", "registered_date"}) {
    v1::ListCustomersRequest request;
    request.set_order_by(order_by);
    request.set_page_size(1);
    const auto all = AllPages(*world_, request);
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_EQ(all->size(), 3u);
  }
}

TEST_F(DirectoryTest, EndsWithThePageThatIsJustFull) {
  Customers(6);
  v1::ListCustomersRequest request;
  request.set_page_size(3);
  const auto first = List(request);
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  EXPECT_EQ(second->customers_size(), 3);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(DirectoryTest, GivesFiftyByDefaultAndAThousandAtMost) {
  Customers(1100);
  v1::ListCustomersRequest request;
  EXPECT_EQ(List(request)->customers_size(), 50);
  request.set_page_size(5000);
  const auto page = List(request);
  EXPECT_EQ(page->customers_size(), 1000);
  EXPECT_NE(page->next_page_token(), "");
  int64_t seen = 0;
  ASSERT_EQ(page->position().partitions_size(), World::kPartitions);
  for (const auto& place : page->position().partitions()) seen += place.next_offset();
  EXPECT_EQ(seen, 1100);
}

TEST_F(DirectoryTest, RefusesForgedPageTokensAndThoseOfOtherRequests) {
  Customers(5);
  v1::ListCustomersRequest request;
  request.set_page_size(2);
  const std::string token = List(request)->next_page_token();
  ASSERT_NE(token, "");
  const auto reason = [&](v1::ListCustomersRequest other, const std::string& text) {
    other.set_page_token(text);
    return ReasonOf(List(other).status());
  };
  EXPECT_EQ(reason(request, token), "");
  for (const std::string& forged :
       {std::string("x"), std::string(10'000, 'A'), token.substr(0, 10), "!" + token}) {
    EXPECT_EQ(reason(request, forged), "PAGE_TOKEN_MALFORMED") << forged;
  }
  v1::ListCustomersRequest other = request;
  other.set_page_size(3);
  EXPECT_EQ(reason(other, token), "PAGE_TOKEN_MALFORMED");
  other = request;
  other.set_filter("state = ACTIVE");
  EXPECT_EQ(reason(other, token), "PAGE_TOKEN_MALFORMED");
  other = request;
  other.set_order_by("customer_id");
  EXPECT_EQ(reason(other, token), "PAGE_TOKEN_MALFORMED");
}

TEST_F(DirectoryTest, GoesOnBehindACustomerWhoIsNoMoreThere) {
  Customers(6);
  v1::ListCustomersRequest request;
  request.set_order_by("display_name");
  request.set_page_size(2);
  const auto first = List(request);
  world_->Tell("c-1001", kDay, "customer_updated { clear { display_name: 'A' } }");
  world_->Flush();
  request.set_page_token(first->next_page_token());
  EXPECT_EQ(List(request)->customers(0).customer_id(), "c-1002");
}

TEST_F(DirectoryTest, LooksAtALimitedNumberOfCustomersForAFilter) {
  for (int i = 0; i < projection::kMostLooked + 500; ++i) Register(absl::StrCat("c-", 100'000 + i));
  world_->Tell("c-100003", kDay, "customer_archived {}");
  world_->Tell(absl::StrCat("c-", 100'000 + projection::kMostLooked + 400), kDay,
               "customer_archived {}");
  world_->Flush();
  v1::ListCustomersRequest request;
  request.set_filter("state = ARCHIVED");
  const auto first = List(request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->customers_size(), 1);
  ASSERT_NE(first->next_page_token(), "");
  request.set_page_token(first->next_page_token());
  const auto second = List(request);
  EXPECT_EQ(second->customers_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(DirectoryTest, GivesUpAtTheDeadline) {
  Customers(300);
  v1::ListCustomersRequest request;
  request.set_filter("state = ARCHIVED");
  v1::ListCustomersResponse response;
  const absl::Status status = test::AnswerOf<DirectoryQueries>(
      request, world_->ReadingOf("", absl::InfinitePast()), &response);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
}

TEST_F(DirectoryTest, RefusesToChooseBetweenTwoWhoClaimAnExternalId) {
  const std::string erp = "external_ids { system: 'erp' id: '4711' }";
  Register("c-1", erp);
  Register("c-2");
  world_->Flush();
  EXPECT_EQ(Lookup("erp", "4711")->customer().customer_id(), "c-1");
  EXPECT_EQ(ReasonOf(Lookup("erp", "47").status()), "EXTERNAL_ID_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Lookup("er", "p4711").status()), "EXTERNAL_ID_NOT_FOUND");

  world_->Tell("c-2", kDay, "external_id_added { external_id { system: 'erp' id: '4711' } }");
  world_->Flush();
  const auto two = Lookup("erp", "4711").status();
  EXPECT_EQ(ReasonOf(two), "EXTERNAL_ID_AMBIGUOUS");
  EXPECT_EQ(MetadataOf(two, "customer_ids"), "c-1, c-2");

  // Archiving settles nothing, removing does.
  world_->Tell("c-1", kDay, "customer_archived {}");
  world_->Flush();
  EXPECT_EQ(ReasonOf(Lookup("erp", "4711").status()), "EXTERNAL_ID_AMBIGUOUS");
  world_->Tell("c-1", kDay, "external_id_removed { external_id { system: 'erp' id: '4711' } }");
  world_->Flush();
  EXPECT_EQ(Lookup("erp", "4711")->customer().customer_id(), "c-2");
}

TEST_F(DirectoryTest, NamesTheFirstTenOfMany) {
  for (int i = 0; i < 40; ++i) {
    Register(absl::StrCat("c-", 10 + i), "external_ids { system: 'erp' id: '1' }");
  }
  world_->Flush();
  EXPECT_EQ(MetadataOf(Lookup("erp", "1").status(), "customer_ids"),
            "c-10, c-11, c-12, c-13, c-14, c-15, c-16, c-17, c-18, c-19, ...");
}

TEST_F(DirectoryTest, FindsAnExternalIdInAnyNormalForm) {
  Register("c-1", "external_ids { system: 'crm' id: 'Zo\xc3\xab' }");
  world_->Flush();
  EXPECT_TRUE(Lookup("crm", "Zoe\xcc\x88").ok());
}

// Through the engine: tokens, and all partitions of a log.
TEST(DirectoryService, ShowsTheCommandOfTheToken) {
  ScratchDirectory scratch;
  MemoryLog log(4);
  LogPen pen(log);
  auto opened = projection::Models::Open(log, TheTopology(), {.directory = scratch.path()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto models = *std::move(opened);
  models->Start();
  const auto* service =
      v1::GetCustomerRequest::descriptor()->file()->FindServiceByName("DirectoryService");
  const auto ask = [&](const std::string& method, const google::protobuf::Message& request,
                       google::protobuf::Message* response) {
    std::promise<absl::Status> done;
    models->Query(*service->FindMethodByName(method), request, absl::Now() + absl::Seconds(20),
                  [&](const absl::Status& status, const google::protobuf::Message* answer) {
                    if (status.ok()) response->CopyFrom(*answer);
                    done.set_value(status);
                  });
    return done.get_future().get();
  };
  for (int i = 0; i < 50; ++i) {
    const std::string id = absl::StrCat("c-", i);
    book::v1::Event event;
    *event.mutable_effective_date() = DateOf(kDay);
    *event.mutable_customer() = test::Proto<customer::v1::Event>(
        absl::StrCat("customer_registered { kind: CUSTOMER_KIND_PERSON clear { display_name: '", i,
                     "' } external_ids { system: 'erp' id: '", i, "' } }"));
    const int64_t offset = pen.Commit(id, {event});
    const std::string token =
        log::EncodeToken({pen.log_id(), log::PartitionOf(id, log.partitions()), offset + 1});
    v1::GetCustomerByExternalIdRequest lookup;
    lookup.set_system("erp");
    lookup.set_id(absl::StrCat(i));
    lookup.set_consistency_token(token);
    v1::GetCustomerByExternalIdResponse found;
    ASSERT_TRUE(ask("GetCustomerByExternalId", lookup, &found).ok());
    EXPECT_EQ(found.customer().customer_id(), id);
    v1::ListCustomersRequest list;
    list.set_page_size(1000);
    list.set_filter("state = ACTIVE");
    list.set_consistency_token(token);
    v1::ListCustomersResponse listed;
    ASSERT_TRUE(ask("ListCustomers", list, &listed).ok());
    EXPECT_GE(listed.customers_size(), 1);
    v1::GetCustomerRequest get;
    get.set_customer_id(id);
    get.set_consistency_token(token);
    v1::GetCustomerResponse got;
    ASSERT_TRUE(ask("GetCustomer", get, &got).ok());
    EXPECT_EQ(got.customer().revision(), 1);
    EXPECT_EQ(got.position().partitions(0).partition(), log::PartitionOf(id, log.partitions()));
  }
  v1::GetCustomerRequest bad;
  bad.set_customer_id("c-1");
  bad.set_consistency_token("no token");
  v1::GetCustomerResponse none;
  EXPECT_EQ(ReasonOf(ask("GetCustomer", bad, &none)), "CONSISTENCY_TOKEN_MALFORMED");
}

}  // namespace
}  // namespace daybook::directory
