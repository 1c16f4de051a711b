// What becomes of a command beyond its own domain: gates, reactions, the size of its answer.
#include "common/command/book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/command/books.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/customer/v1/event.pb.h"

namespace daybook::command {
namespace {

using customer::v1::ArchiveCustomerRequest;
using customer::v1::ArchiveCustomerResponse;
using customer::v1::RegisterCustomerRequest;
using customer::v1::RegisterCustomerResponse;
using CustomerPart = internal::customer::v1::State;
using BillingPart = internal::billing::v1::State;

const absl::CivilDay kDay(2026, 3, 1);

// Stand-ins for domains, in the slots of those that there are. `People` has the streams.
struct People {
  using Event = customer::v1::Event;
  static constexpr int kStateVersion = 1;
  using Requests = RequestList<RegisterCustomerRequest, ArchiveCustomerRequest>;
  using AsksOpenItems = RequestList<ArchiveCustomerRequest>;

  static absl::Status Check(const RegisterCustomerRequest&) { return absl::OkStatus(); }
  static absl::Status Check(const ArchiveCustomerRequest&) { return absl::OkStatus(); }
  static absl::StatusOr<Events<Event>> Decide(const View& view, const RegisterCustomerRequest&,
                                              const Context& context,
                                              RegisterCustomerResponse& response) {
    Events<Event> events(1);
    events[0].effective_date = kDay;
    events[0].event.mutable_customer_registered()->set_region_code("DE");
    response.set_customer_id(context.NewId(view, 0));
    return events;
  }
  static absl::StatusOr<Events<Event>> Decide(const View& view, const ArchiveCustomerRequest& asked,
                                              const Context&, ArchiveCustomerResponse&) {
    const OpenItems open = view.open_items();
    if (!open.empty()) return absl::FailedPreconditionError(open.ToText());
    Events<Event> events(1);
    events[0].effective_date = kDay;
    events[0].event.mutable_customer_archived()->set_comment(asked.comment());
    return events;
  }
  static void Evolve(const EventMeta&, const Event& event, CustomerPart& own,
                     internal::book::v1::PartitionState&) {
    own.set_version(own.version() + 1);
    if (event.has_customer_registered()) own.set_registered(true);
  }
  static ReasonList Refusals(std::string_view) { return {}; }
  static ReasonList GateRefusals(Gate) { return {}; }
  static absl::Status Admit(const View& view, Gate gate) {
    if (view.part<CustomerPart>().registered()) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("gate ", static_cast<int>(gate)));
  }
};

// Opens two accounts for everybody who is registered, and one for each update.
struct Accounts {
  using Event = billing::v1::Event;
  static constexpr int kStateVersion = 1;
  static constexpr Gate kGate = Gate::kActive;
  using Requests = RequestList<billing::v1::OpenAccountRequest>;
  using ReactsTo = FactList<customer::v1::CustomerRegistered, customer::v1::CustomerUpdated>;
  using Reads = PartList<CustomerPart>;

  static absl::Status Check(const billing::v1::OpenAccountRequest&) { return absl::OkStatus(); }
  static absl::StatusOr<Events<Event>> Decide(const View& view,
                                              const billing::v1::OpenAccountRequest& asked,
                                              const Context&,
                                              billing::v1::OpenAccountResponse& response) {
    response.set_account_id(asked.account_id());
    return One(asked.account_id());
  }
  static void React(const View& after, const customer::v1::CustomerRegistered& fact,
                    const EventMeta& meta, const Context& context, Events<Event>* events) {
    ++reacted;
    EXPECT_EQ(fact.region_code(), "DE");
    EXPECT_EQ(meta.effective_date, kDay);
    EXPECT_EQ(meta.stream_id, "c-1");
    id = context.NewId(after, 0);
    Say(after, events);
    Say(after, events);
  }
  static void React(const View& after, const customer::v1::CustomerUpdated&, const EventMeta&,
                    const Context&, Events<Event>* events) {
    ++reacted;
    Say(after, events);
  }
  static void Evolve(const EventMeta&, const Event& event, BillingPart& own,
                     internal::book::v1::PartitionState& partition) {
    own.add_accounts()->set_account_id(event.account_opened().account_id());
    partition.mutable_series();
  }
  static ReasonList Refusals(std::string_view) { return {}; }
  static void Blocks(const BillingPart& own, OpenItems* open) {
    open->Add(own.accounts_size(), "account_count", "accounts");
    open->Add(0, "loan_count", "loans");
  }

  static Events<Event> One(const std::string& account_id) {
    Events<Event> events(1);
    events[0].effective_date = kDay;
    events[0].event.mutable_account_opened()->set_account_id(account_id);
    return events;
  }
  // What it knew when it said it: the version of the customer, its own accounts.
  static void Say(const View& after, Events<Event>* events) {
    events->push_back(One(absl::StrCat(after.part<CustomerPart>().version(), "-",
                                       after.part<BillingPart>().accounts_size()))[0]);
  }
  static int reacted;
  static std::string id;
};
int Accounts::reacted = 0;
std::string Accounts::id;

// People who are told of new accounts.
struct Listeners : People {
  using ReactsTo = FactList<billing::v1::AccountOpened>;
  static void React(const View&, const billing::v1::AccountOpened&, const EventMeta&,
                    const Context&, Events<Event>* events) {
    events->push_back({kDay, {}});
    events->back().event.mutable_customer_updated();
  }
};

class BookTest : public testing::Test {
 protected:
  template <class... Domains>
  void Make() {
    auto book = Books<Domains...>({});
    ASSERT_TRUE(book.ok()) << book.status();
    book_ = *std::move(book);
    Add<People, RegisterCustomerRequest>("daybook.customer.v1.CustomerService.RegisterCustomer");
    Add<People, ArchiveCustomerRequest>("daybook.customer.v1.CustomerService.ArchiveCustomer");
    Add<Accounts, billing::v1::OpenAccountRequest>("daybook.billing.v1.BillingService.OpenAccount");
  }
  template <class Domain, class Request>
  void Add(const std::string& name) {
    const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    ASSERT_NE(method, nullptr);
    detail::AddMethods<Domain>(method, RequestList<Request>{}, &book_.methods);
  }
  absl::Status Decide(size_t method, const google::protobuf::Message& request) {
    decision_ = {};
    const Context context = {
        .now = absl::FromUnixSeconds(1'750'000'000), .request_id = "r-1", .actor = ""};
    const Method& asked = book_.methods[method];
    // Parts that are not to be loaded are not there.
    Parts parts = parts_.CopyOf(book_.LoadsOf(asked));
    const View view = ViewOf(parts);
    RETURN_IF_ERROR(book_.Decide(asked, view, request, context, &decision_));
    const PartSet more = book_.ReactionReads(decision_.events);
    if (more.empty()) return absl::OkStatus();
    parts = parts_.CopyOf(book_.LoadsOf(asked) | more);
    book_.React(view, context, &decision_.events);
    return absl::OkStatus();
  }
  // `registered account_opened=1-0`, one word for each event.
  std::string Said() const {
    std::string all;
    for (const book::v1::Event& event : decision_.events) {
      const FactTable::Fact fact = FactsOf<book::v1::Event>().In(event);
      absl::StrAppend(&all, all.empty() ? "" : " ", fact.message->GetDescriptor()->name());
      if (event.billing().has_account_opened()) {
        absl::StrAppend(&all, "=", event.billing().account_opened().account_id());
      }
    }
    return all;
  }

  View ViewOf(const Parts& parts) const {
    return {
        .stream_id = "c-1", .parts = parts, .partition_state = partition_state_, .partition = 3};
  }

  Book book_;
  Parts parts_ = Parts::Empty();
  internal::book::v1::PartitionState partition_state_;
  Decision decision_;
};

constexpr size_t kRegister = 0, kArchive = 1, kOpen = 2;

TEST_F(BookTest, ADomainReactsToEventsOfAnotherInTheSameDecision) {
  Make<People>();
  ASSERT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok());
  EXPECT_EQ(Said(), "CustomerRegistered");
  const std::string answer = decision_.answer;

  Make<People, Accounts>();
  ASSERT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok());
  // It sees what the command has done.
  EXPECT_EQ(Said(), "CustomerRegistered AccountOpened=1-0 AccountOpened=1-0");
  EXPECT_EQ(decision_.answer, answer);
  EXPECT_EQ(decision_.events[1].effective_date().month(), 3);
  // Nothing is folded into what the decision was made on.
  EXPECT_EQ(parts_.Get<CustomerPart>().ByteSizeLong(), 0u);
  EXPECT_EQ(parts_.Get<BillingPart>().ByteSizeLong(), 0u);
  EXPECT_FALSE(partition_state_.has_series());
  // The same command makes the same once more, and ids that are not the command's own.
  const std::string first = decision_.events[2].SerializeAsString();
  const std::string id = Accounts::id;
  ASSERT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok());
  EXPECT_EQ(decision_.events[2].SerializeAsString(), first);
  EXPECT_EQ(Accounts::id, id);
  RegisterCustomerResponse response;
  ASSERT_TRUE(response.ParseFromString(answer));
  EXPECT_NE(response.customer_id(), id);
}

TEST_F(BookTest, DomainsReactInWiringOrderAndHearThoseBeforeThem) {
  Make<Listeners, Accounts>();
  ASSERT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok());
  EXPECT_EQ(Said(), "CustomerRegistered AccountOpened=1-0 AccountOpened=1-0");

  Make<Accounts, Listeners>();
  ASSERT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok());
  // Once each: who reacts to a reaction is not heard again.
  EXPECT_EQ(Said(),
            "CustomerRegistered AccountOpened=1-0 AccountOpened=1-0 CustomerUpdated "
            "CustomerUpdated");
}

TEST_F(BookTest, OnlyFactsThatSomeDomainListensToCost) {
  Make<People, Accounts>();
  Accounts::reacted = 0;
  ASSERT_TRUE(Decide(kArchive, ArchiveCustomerRequest()).ok());
  EXPECT_EQ(Said(), "CustomerArchived");
  EXPECT_EQ(Accounts::reacted, 0);
}

TEST_F(BookTest, AGateIsAskedBeforeTheDomain) {
  Make<People, Accounts>();
  billing::v1::OpenAccountRequest open;
  open.set_account_id("main");
  EXPECT_EQ(Decide(kOpen, open), absl::NotFoundError("gate 2"));
  EXPECT_TRUE(decision_.events.empty());
  EXPECT_TRUE(Decide(kRegister, RegisterCustomerRequest()).ok()) << "has no gate";
  parts_.Edit<CustomerPart>().set_registered(true);
  ASSERT_TRUE(Decide(kOpen, open).ok());
  EXPECT_EQ(Said(), "AccountOpened=main");
}

TEST_F(BookTest, TwoDomainsCannotBothAdmitStreams) {
  const auto book = Books<People, Listeners>({});
  EXPECT_EQ(book.status().message(),
            "two domains admit streams; the second is that of daybook.customer.v1.Event");
}

struct Dreamers : Accounts {
  using ReactsTo = FactList<google::type::Date>;
  static void React(const View&, const google::type::Date&, const EventMeta&, const Context&,
                    Events<Event>*) {}
};
TEST_F(BookTest, ADomainCannotReactToWhatNoBookSays) {
  EXPECT_EQ(Books<Dreamers>({}).status().message(),
            "the domain of daybook.billing.v1.Event reacts to google.type.Date, which no book's "
            "event holds");
}

TEST_F(BookTest, WhatIsOpenInAnyBookIsAskedForTogether) {
  Make<People, Accounts>();
  parts_.Edit<BillingPart>().add_accounts();
  parts_.Edit<BillingPart>().add_accounts();
  EXPECT_EQ(Decide(kArchive, ArchiveCustomerRequest()).message(), "2 accounts");
  OpenItems open;
  book_.find_open_items(ViewOf(parts_), &open);
  EXPECT_THAT(open.metadata(), testing::ElementsAre(testing::Pair("account_count", "2"),
                                                    testing::Pair("loan_count", "0")));
  open.Add(1, "draft_count", "draft");
  open.Add(4, "payment_count", "pending payments");
  EXPECT_EQ(open.ToText(), "2 accounts, 1 draft and 4 pending payments");
}

// What a decision may look at is what it declared, whatever happens to be in memory.
struct Nosy : People {
  using Requests = RequestList<RegisterCustomerRequest, ArchiveCustomerRequest>;
  using AsksOpenItems = RequestList<>;
  static absl::StatusOr<Events<Event>> Decide(const View& view, const RegisterCustomerRequest&,
                                              const Context&, RegisterCustomerResponse&) {
    EXPECT_EQ(view.part<BillingPart>().accounts_size(), 0);
    return Events<Event>();
  }
  static absl::StatusOr<Events<Event>> Decide(const View& view, const ArchiveCustomerRequest&,
                                              const Context&, ArchiveCustomerResponse&) {
    EXPECT_TRUE(view.open_items().empty());
    return Events<Event>();
  }
};
TEST_F(BookTest, APartThatIsNotDeclaredStopsTheProgram) {
  Make<Nosy, Accounts>();
  book_.methods.clear();
  Add<Nosy, RegisterCustomerRequest>("daybook.customer.v1.CustomerService.RegisterCustomer");
  Add<Nosy, ArchiveCustomerRequest>("daybook.customer.v1.CustomerService.ArchiveCustomer");
  EXPECT_DEATH((void)Decide(kRegister, RegisterCustomerRequest()), "reads.Has");
  EXPECT_DEATH((void)Decide(kArchive, ArchiveCustomerRequest()), "find_open_items");
  // Also what is there: it would not be the next time.
  const View view = {.stream_id = "c-1",
                     .parts = parts_,
                     .partition_state = partition_state_,
                     .reads = PartSet::Of<CustomerPart>()};
  EXPECT_DEATH((void)view.part<BillingPart>(), "reads.Has");
  // And what was declared and is not there.
  const Parts none;
  EXPECT_DEATH((void)ViewOf(none).part<BillingPart>(), "part != nullptr");
}

TEST_F(BookTest, ACommandLoadsWhatItsDomainAndItsGateLookAt) {
  Make<People, Accounts>();
  const PartSet people = PartSet::Of<CustomerPart>(), accounts = PartSet::Of<BillingPart>();
  EXPECT_EQ(book_.LoadsOf(book_.methods[kRegister]), people);
  EXPECT_EQ(book_.LoadsOf(book_.methods[kArchive]), people | accounts) << "what is open anywhere";
  EXPECT_EQ(book_.LoadsOf(book_.methods[kOpen]), people | accounts) << "the gate's";
  EXPECT_EQ(book_.ReadsOf(book_.methods[kOpen]), people | accounts) << "it declares both";

  Make<Listeners>();
  EXPECT_EQ(book_.LoadsOf(book_.methods[kArchive]), people) << "nobody else has anything open";
}

// What a domain does when it hears another may be heard by a third.
TEST_F(BookTest, AReactionLoadsWhatAllWhoMayReactLookAt) {
  const auto reads = [&](const auto& fill) {
    EventList events;
    fill(events.Add());
    return book_.ReactionReads(events);
  };
  const auto registered = [](book::v1::Event* event) {
    event->mutable_customer()->mutable_customer_registered();
  };
  const auto opened = [](book::v1::Event* event) {
    event->mutable_billing()->mutable_account_opened();
  };
  const auto archived = [](book::v1::Event* event) {
    event->mutable_customer()->mutable_customer_archived();
  };
  const PartSet people = PartSet::Of<CustomerPart>(), accounts = PartSet::Of<BillingPart>();
  Make<People>();
  EXPECT_TRUE(reads(registered).empty());
  Make<Listeners, Accounts>();
  EXPECT_EQ(reads(registered), people | accounts);
  EXPECT_EQ(reads(opened), people | accounts) << "listeners say what Accounts hear";
  EXPECT_TRUE(reads(archived).empty());
  Make<Accounts, Listeners>();
  EXPECT_EQ(reads(opened), people) << "nobody is heard by those before";
}

struct Partless : People {
  static void Evolve(const EventMeta&, const Event&, google::type::Date&,
                     internal::book::v1::PartitionState&) {}
};
TEST_F(BookTest, ADomainNeedsAFieldForItsPart) {
  EXPECT_EQ(Books<Partless>({}).status().message(),
            "daybook.internal.book.v1.State has no field for google.type.Date, which the domain of "
            "daybook.customer.v1.Event looks at; add one");
}

TEST(Method, SaysWhatItsStreamsAre) {
  EXPECT_EQ(Method().stream_noun(), "stream");
  Method method;
  method.stream_field = "bank_account_id";
  EXPECT_EQ(method.stream_noun(), "bank_account");
  method.stream_field = "policy";
  EXPECT_EQ(method.stream_noun(), "policy");
}

}  // namespace
}  // namespace daybook::command
