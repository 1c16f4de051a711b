// After any history of the billing book, at every pair of clocks: the documents add up to the
// balances, each keeps its law, what stands on an invoice is what its payments say, and lists of
// all customers in any order and by any filter are those of each customer. Once everything counts,
// the states are those of the book.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/timestamp.h"
#include "projections/balances/balances.h"
#include "projections/balances/queries.h"
#include "projections/documents/documents.h"
#include "tests/documents/asking.h"
#include "tests/support/book_world.h"
#include "tests/support/given_when_then.h"
#include "tests/support/scratch.h"

namespace daybook::documents {
namespace {

constexpr size_t kBalances = 0, kDocuments = 1;

struct Pair {
  std::optional<absl::CivilDay> day;
  std::optional<int64_t> read_us;
};

class Asking {
 public:
  Asking(BookWorld& world, const Pair& pair, int page_size)
      : world_(world), pair_(pair), page_size_(page_size), now_(world.now() + absl::Hours(1)) {}

  void All() {
    for (const BookAccount& account : world_.accounts()) {
      if (pair_.read_us && account.facts.front().recorded > *pair_.read_us) continue;
      SCOPED_TRACE(absl::StrCat("account ", account.id));
      Sums(account);
    }
    Lists();
  }

 private:
  template <class Request>
  Request Of(Request request) const {
    if (pair_.day) *request.mutable_as_of_date() = DateOf(*pair_.day);
    if (pair_.read_us) SetMicros(*pair_.read_us, request.mutable_read_time());
    return request;
  }
  template <class Request>
  Request OfAccount(const BookAccount& account) const {
    Request request;
    request.set_customer_id(account.customer);
    if constexpr (requires { request.set_filter(""); }) {
      request.set_filter(absl::StrCat("account_id = \"", account.id, "\""));
      request.set_page_size(page_size_);
      if constexpr (requires { request.view(); }) request.set_view(v1::DOCUMENT_VIEW_FULL);
    } else {
      request.set_account_id(account.id);
    }
    return Of(request);
  }
  projection::Reading Reading(size_t model) { return world_.Read(now_, model); }

  // The documents of an account against its balance.
  void Sums(const BookAccount& account) {
    auto balance = Ask<balances::BalancesQueries, balances::v1::GetBalanceResponse>(
        OfAccount<balances::v1::GetBalanceRequest>(account), Reading(kBalances));
    ASSERT_TRUE(balance.ok()) << balance.status();
    const auto invoices = documents::All<v1::ListInvoicesResponse>(
        OfAccount<v1::ListInvoicesRequest>(account), Reading(kDocuments));
    const auto payments = documents::All<v1::ListPaymentsResponse>(
        OfAccount<v1::ListPaymentsRequest>(account), Reading(kDocuments));
    const auto notes = documents::All<v1::ListCreditNotesResponse>(
        OfAccount<v1::ListCreditNotesRequest>(account), Reading(kDocuments));

    std::map<std::string, int64_t> sums;
    std::map<std::pair<std::string, std::string>, int64_t> on, of;  // source, invoice
    for (const v1::Invoice& invoice : invoices) {
      Law(invoice);
      const bool is_void = invoice.state() == billing::v1::INVOICE_STATE_VOID;
      const bool debit_note = invoice.kind() == billing::v1::INVOICE_KIND_DEBIT_NOTE;
      sums["receivable"] += Minor(invoice.open());
      sums["allocated"] += Minor(invoice.allocated());
      sums["written off"] += Minor(invoice.written_off());
      sums["discounted"] += Minor(invoice.discounted());
      sums[debit_note ? "claimed" : "invoiced"] += is_void ? 0 : Minor(invoice.total());
      sums[debit_note ? "debit notes" : is_void ? "void invoices" : "invoices"] += 1;
      sums["open invoices"] += Minor(invoice.open()) != 0;
      for (const v1::MoneyOnInvoice& money : invoice.money()) {
        on[{money.payment_id() + money.credit_note_id(), invoice.invoice_id()}] +=
            Minor(money.amount());
      }
    }
    for (const v1::Payment& payment : payments) {
      Law(payment);
      if (!payment.has_unapplied()) continue;
      sums["unapplied"] += Minor(payment.unapplied());
      sums["received"] += Minor(payment.amount());
      sums["refunded"] += Minor(payment.refunded());
      sums["reversed"] += Minor(payment.reversed());
      sums["taken to income"] += Minor(payment.written_off());
      sums["payments"] += 1;
      for (const v1::MoneyPut& put : payment.money()) {
        of[{payment.payment_id(), put.invoice_id()}] += Minor(put.amount());
      }
    }
    for (const v1::CreditNote& note : notes) {
      Law(note);
      sums["unapplied"] += Minor(note.unapplied());
      sums["credited"] += Minor(note.total());
      sums["taken to income"] += Minor(note.written_off());
      sums["credit notes"] += 1;
      for (const v1::MoneyPut& put : note.money()) {
        of[{note.credit_note_id(), put.invoice_id()}] += Minor(put.amount());
      }
    }
    EXPECT_EQ(on, of) << "what stands on invoices, and what payments say";
    EXPECT_EQ(sums["receivable"], Minor(balance->receivable()));
    EXPECT_EQ(sums["unapplied"], Minor(balance->unapplied()));
    EXPECT_EQ(sums["allocated"], Minor(balance->allocated()));
    EXPECT_EQ(sums["received"], Minor(balance->received()));
    EXPECT_EQ(sums["invoiced"], Minor(balance->invoiced()));
    EXPECT_EQ(sums["claimed"], Minor(balance->claimed()));
    EXPECT_EQ(sums["written off"], Minor(balance->written_off()));
    EXPECT_EQ(sums["discounted"], Minor(balance->discounted()));
    EXPECT_EQ(sums["refunded"], Minor(balance->refunded()));
    EXPECT_EQ(sums["reversed"], Minor(balance->reversed()));
    EXPECT_EQ(sums["credited"], Minor(balance->credited()));
    EXPECT_EQ(sums["taken to income"], Minor(balance->credit_written_off()));
    EXPECT_EQ(sums["invoices"], balance->invoice_count());
    EXPECT_EQ(sums["void invoices"], balance->void_invoice_count());
    EXPECT_EQ(sums["open invoices"], balance->open_invoice_count());
    EXPECT_EQ(sums["debit notes"], balance->debit_note_count());
    EXPECT_EQ(sums["payments"], balance->payment_count());
    EXPECT_EQ(sums["credit notes"], balance->credit_note_count());
    if (!pair_.read_us && pair_.day == absl::CivilDay(9999, 12, 31)) {
      StatesOfTheBook(account, invoices, payments);
    }
  }

  static void Law(const v1::Invoice& invoice) {
    int64_t money = 0, write_offs = 0;
    for (const auto& one : invoice.money()) money += Minor(one.amount());
    for (const auto& one : invoice.write_offs()) write_offs += Minor(one.amount());
    EXPECT_EQ(money, Minor(invoice.allocated())) << test::Text(invoice);
    EXPECT_EQ(write_offs, Minor(invoice.written_off()) + Minor(invoice.discounted()))
        << test::Text(invoice);
    if (invoice.state() == billing::v1::INVOICE_STATE_VOID) return;
    EXPECT_EQ(Minor(invoice.total()),
              Minor(invoice.open()) + money + Minor(invoice.credited()) + write_offs)
        << test::Text(invoice);
    int64_t net = 0, tax = 0;
    for (const auto& line : invoice.lines()) {
      net += Minor(line.net());
      tax += Minor(line.tax());
    }
    if (invoice.kind() == billing::v1::INVOICE_KIND_DEBIT_NOTE) return;
    EXPECT_EQ(net, Minor(invoice.net()));
    EXPECT_EQ(tax, Minor(invoice.tax()));
  }
  static void Law(const v1::Payment& payment) {
    if (!payment.has_unapplied()) return;
    int64_t money = 0;
    for (const auto& one : payment.money()) money += Minor(one.amount());
    EXPECT_EQ(money, Minor(payment.allocated())) << test::Text(payment);
    EXPECT_EQ(Minor(payment.amount()), money + Minor(payment.unapplied()) +
                                           Minor(payment.refunded()) + Minor(payment.reversed()) +
                                           Minor(payment.written_off()))
        << test::Text(payment);
  }
  static void Law(const v1::CreditNote& note) {
    int64_t money = 0, paid_out = 0;
    for (const auto& one : note.money()) money += Minor(one.amount());
    for (const auto& one : note.payouts()) paid_out += Minor(one.amount());
    EXPECT_EQ(money, Minor(note.allocated()));
    EXPECT_EQ(paid_out, Minor(note.paid_out()));
    EXPECT_EQ(Minor(note.total()), Minor(note.applied()) + Minor(note.credited()));
    EXPECT_EQ(Minor(note.credited()), money + Minor(note.unapplied()) + Minor(note.written_off()));
  }

  void StatesOfTheBook(const BookAccount& account, const std::vector<v1::Invoice>& invoices,
                       const std::vector<v1::Payment>& payments) {
    const internal::billing::v1::Account& state = world_.StateOf(account);
    std::map<std::string, const internal::billing::v1::Invoice*> of_book;
    for (const auto* list : {&state.open_invoices(), &state.settled_invoices()}) {
      for (const auto& invoice : *list) of_book[invoice.invoice_id()] = &invoice;
    }
    ASSERT_EQ(invoices.size(), of_book.size());
    for (const v1::Invoice& invoice : invoices) {
      const internal::billing::v1::Invoice* book = of_book[invoice.invoice_id()];
      ASSERT_NE(book, nullptr);
      EXPECT_EQ(invoice.state(), book->state()) << test::Text(invoice);
      EXPECT_EQ(Minor(invoice.open()), book->open_minor());
      EXPECT_EQ(Minor(invoice.discounted()), book->discounted_minor());
    }
    size_t found = 0;
    for (const auto& book : state.payments()) {
      for (const v1::Payment& payment : payments) {
        if (payment.payment_id() != book.payment_id()) continue;
        ++found;
        EXPECT_EQ(payment.state(), book.state()) << test::Text(payment);
        EXPECT_EQ(Minor(payment.unapplied()), book.unapplied_minor());
        EXPECT_EQ(Minor(payment.reinstated()), book.reinstated_minor());
      }
    }
    EXPECT_EQ(found, payments.size());
  }

  // All customers, in every order and by filters, against the lists of each customer.
  void Lists() {
    const std::pair<const char*, const char*> kOrders[] = {
        {"invoice_date", ""},
        {"invoice_date desc", "open_minor > 0"},
        {"due_date", "state = ISSUED OR state = UNCOLLECTIBLE"},
        {"due_date desc", ""},
        {"number", "kind = INVOICE"},
        {"total", ""},
        {"total desc", "currency_code = EUR"},
        {"open desc", ""},
        {"open", "NOT state = VOID"}};
    for (const auto& [order, filter] : kOrders) {
      SCOPED_TRACE(absl::StrCat("invoices by ", order, " where ", filter));
      SameList<v1::ListInvoicesRequest, v1::ListInvoicesResponse>(
          order, filter, [](const v1::Invoice& invoice) { return invoice.invoice_id(); },
          [](const v1::Invoice& invoice, std::string_view by) -> std::tuple<std::string, int64_t> {
            if (by == "invoice_date") return {"", DayNumber(invoice.invoice_date())};
            if (by == "due_date") return {"", DayNumber(invoice.due_date())};
            if (by == "number") return {invoice.number(), 0};
            return {"", Minor(by == "total" ? invoice.total() : invoice.open())};
          });
    }
    for (const char* order : {"payment_date", "payment_date desc", "amount", "unapplied desc"}) {
      SCOPED_TRACE(absl::StrCat("payments by ", order));
      SameList<v1::ListPaymentsRequest, v1::ListPaymentsResponse>(
          order, "method = CARD OR state = PENDING OR unapplied_minor > 0",
          [](const v1::Payment& payment) { return payment.payment_id(); },
          [](const v1::Payment& payment, std::string_view by) {
            return by == "payment_date" ? DayNumber(payment.payment_date())
                   : by == "amount"     ? Minor(payment.amount())
                                        : Minor(payment.unapplied());
          });
    }
    for (const char* order : {"issue_date desc", "number", "total", "unapplied"}) {
      SCOPED_TRACE(absl::StrCat("credit notes by ", order));
      SameList<v1::ListCreditNotesRequest, v1::ListCreditNotesResponse>(
          order, "", [](const v1::CreditNote& note) { return note.credit_note_id(); },
          [](const v1::CreditNote& note, std::string_view by) -> std::tuple<std::string, int64_t> {
            if (by == "issue_date") return {"", DayNumber(note.issue_date())};
            if (by == "number") return {note.number(), 0};
            return {"", Minor(by == "total" ? note.total() : note.unapplied())};
          });
    }
  }

  static int64_t DayNumber(const google::type::Date& date) {
    return date.year() * 10'000 + date.month() * 100 + date.day();
  }

  template <class Request, class Response, class IdOf, class KeyOf>
  void SameList(const std::string& order, const std::string& filter, const IdOf& id_of,
                const KeyOf& key_of) {
    Request request = Of(Request());
    request.set_order_by(order);
    request.set_filter(filter);
    request.set_page_size(page_size_);
    const auto all = documents::All<Response>(request, Reading(kDocuments));
    std::string_view field = order;
    const bool descending = field.ends_with(" desc");
    if (descending) field.remove_suffix(5);
    std::vector<std::string> ids, of_each;
    for (size_t i = 0; i < all.size(); ++i) {
      ids.push_back(id_of(all[i]));
      if (i == 0) continue;
      const auto before = key_of(all[i - 1], field), here = key_of(all[i], field);
      EXPECT_TRUE(descending ? here <= before : before <= here)
          << test::Text(all[i - 1]) << " before " << test::Text(all[i]);
    }
    for (const char* customer : {"c-0", "c-1"}) {
      request.set_customer_id(customer);
      request.set_page_size(3);
      for (const auto& one : documents::All<Response>(request, Reading(kDocuments))) {
        of_each.push_back(id_of(one));
      }
    }
    std::sort(ids.begin(), ids.end());
    std::sort(of_each.begin(), of_each.end());
    EXPECT_EQ(ids, of_each);
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "shown twice";
  }

  BookWorld& world_;
  const Pair pair_;
  const int page_size_;
  const absl::Time now_;
};

std::unique_ptr<store::Store> OpenStore(const std::string& directory, const std::string& kind) {
  auto store = store::Store::Open({.directory = directory + "/" + kind, .kind = kind});
  DAYBOOK_CHECK(store.ok());
  return *std::move(store);
}

// `acts` commands drawn by the seed, then questions at pairs of clocks that it draws.
void TellAndAsk(uint32_t seed, int acts, store::Store& balances, store::Store& documents,
                std::map<std::string, int>& happened) {
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto draw = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  BookWorld world({{projection::InfoOf<balances::Balances>(), &balances},
                   {projection::InfoOf<Documents>(), &documents}},
                  static_cast<int>(seed));
  for (int i = 0; i < acts; ++i) {
    world.Do({.kind = draw(35),
              .account = draw(3) == 0 ? 1 + draw(2) : 0,
              .pick = draw(4) == 0 ? draw(40) : draw(4),
              .other = draw(4),
              .amount = draw(3) == 0 ? 0 : draw(500),
              .back = draw(60) - 20,
              .pause = draw(4) == 0 ? draw(40) : 0,
              .turn = draw(42)});
    if (draw(20) == 0) world.Flush();
  }
  world.Flush();
  for (const auto& [event, count] : world.happened()) happened[event] += count;
  const absl::CivilDay today = TodayIn(absl::UTCTimeZone(), world.now());
  for (int i = 0; i < 6; ++i) {
    Pair pair;
    if (i == 0) pair.day = absl::CivilDay(9999, 12, 31);
    if (i > 1) {
      if (draw(4) != 0) pair.day = today - draw(130) + 30;
      const auto& times = world.times();
      if (draw(3) != 0) {
        // A microsecond before, at, and a microsecond behind a time that occurs.
        const auto place = static_cast<size_t>(draw(static_cast<int>(times.size())));
        pair.read_us = std::max(times.front(), times[place] + draw(3) - 1);
      }
    }
    SCOPED_TRACE(absl::StrCat("as of ", pair.day ? FormatDay(*pair.day) : "today", ", read at ",
                              pair.read_us.value_or(-1)));
    Asking(world, pair, 1 + draw(12)).All();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(DocumentsProperty, DocumentsAddUpToTheBalancesAtEveryPairOfClocks) {
  ScratchDirectory scratch;
  const auto balances = OpenStore(scratch.path(), "balances");
  const auto documents = OpenStore(scratch.path(), "documents");
  std::map<std::string, int> happened;
  for (uint32_t seed = 1; seed <= 250 && !HasFailure(); ++seed) {
    TellAndAsk(seed, 15 + static_cast<int>(seed) % 80, *balances, *documents, happened);
  }
  // The histories are worth something: everything happened in them.
  for (const char* event : {"invoice_issued",
                            "invoice_voided",
                            "invoice_written_off",
                            "write_off_recovered",
                            "credit_note_issued",
                            "payment_recorded",
                            "payment_announced",
                            "payment_confirmed",
                            "payment_failed",
                            "payment_reversed",
                            "payment_refunded",
                            "credit_applied",
                            "credit_released",
                            "invoice_marked_uncollectible",
                            "invoice_unmarked_uncollectible",
                            "write_off_reversed",
                            "credit_written_off",
                            "credit_write_off_reversed",
                            "debit_note_issued",
                            "payment_loss_taken",
                            "payment_loss_recovered"}) {
    EXPECT_GT(happened[event], 5) << event;
  }
}

TEST(DocumentsProperty, LongHistoriesAddUpAsWell) {
  ScratchDirectory scratch;
  const auto balances = OpenStore(scratch.path(), "balances");
  const auto documents = OpenStore(scratch.path(), "documents");
  std::map<std::string, int> happened;
  for (uint32_t seed = 1001; seed <= 1003 && !HasFailure(); ++seed) {
    TellAndAsk(seed, 800, *balances, *documents, happened);
  }
}

}  // namespace
}  // namespace daybook::documents
