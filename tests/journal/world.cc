#include "tests/journal/world.h"

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"

namespace daybook::journal {
namespace {

namespace bv1 = billing::v1;

std::string IdOf(int customer) { return absl::StrCat("c-", customer); }
const char* CurrencyOf(int customer) { return customer == 1 ? "JPY" : "EUR"; }

}  // namespace

World::World() {
  for (int i = 0; i < kCustomers; ++i) {
    customers_.push_back({test::Story<billing::Billing>(IdOf(i), i % 2), {}, {}, 0});
    test::Story<billing::Billing>& story = customers_.back().story;
    story.Registered();
    book::v1::Commit commit;
    commit.set_customer_id(IdOf(i));
    commit.set_revision(++customers_.back().revision);
    book::v1::Event& event = *commit.add_events();
    *event.mutable_effective_date() = DateOf(kFirstDay);
    event.mutable_customer()->mutable_customer_registered();
    journal_.Commit(i % 2, commit, time_us_);
    balances_.Commit(i % 2, commit, time_us_);
    const auto opened = test::Proto<bv1::Event>(
        absl::StrCat("account_opened { account_id: 'acc' time_zone: '", kZones[i],
                     "' currency_code: '", CurrencyOf(i), "' }"));
    story.Given(kFirstDay, opened);
    Commit(i, {{IdOf(i), kFirstDay, opened}});
  }
}

void World::Commit(int customer, const std::vector<Told>& events) {
  book::v1::Commit commit;
  commit.set_customer_id(IdOf(customer));
  commit.set_revision(++customers_[static_cast<size_t>(customer)].revision);
  for (const Told& told : events) {
    book::v1::Event& event = *commit.add_events();
    *event.mutable_effective_date() = DateOf(told.day);
    *event.mutable_billing() = told.event;
    ++kinds_[told.event.event_case()];
    told_.push_back(told);
  }
  time_us_ += 1'000;
  journal_.Commit(customer % 2, commit, time_us_);
  balances_.Commit(customer % 2, commit, time_us_);
}

void World::Tell(int customer, absl::CivilDay day, const std::vector<std::string>& events) {
  std::vector<Told> told;
  for (const std::string& text : events) {
    told.push_back({IdOf(customer), day, test::Proto<bv1::Event>(text)});
  }
  Commit(customer, told);
}

void World::Flush() {
  journal_.Flush();
  balances_.Flush();
}

template <class Request>
auto World::Send(int customer, Request request)
    -> decltype(Customer::story.When(request).response) {
  const auto outcome = customers_[static_cast<size_t>(customer)].story.When(request);
  if (!outcome.status.ok()) return {};
  std::vector<Told> told;
  for (const auto& dated : outcome.events) {
    told.push_back({IdOf(customer), dated.effective_date, dated.event});
  }
  if (!told.empty()) Commit(customer, told);
  return outcome.response;
}

void World::Draw(std::mt19937& random, bool simple) {
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  const int customer = below(kCustomers);
  Customer& who = customers_[static_cast<size_t>(customer)];
  const auto money = [&](int low, int high) {
    google::type::Money amount;
    amount.set_currency_code(CurrencyOf(customer));
    amount.set_units(low + below(high - low));
    return amount;
  };
  const auto any = [&](const std::vector<std::string>& ids) {
    return ids.empty() ? "nobody" : ids[static_cast<size_t>(below(static_cast<int>(ids.size())))];
  };
  const google::type::Date day = DateOf(kFirstDay + below(kDays));
  if (below(4) == 0) Flush();

  const int kind = below(simple ? 8 : 29);
  if (kind < 3) {
    bv1::IssueInvoiceRequest request;
    *request.mutable_invoice_date() = day;
    for (int n = 1 + below(4); n > 0; --n) {
      bv1::LineItem& line = *request.add_lines();
      (below(3) == 0 ? *line.mutable_gross_amount() : *line.mutable_amount()) = money(-20, 100);
      const char* const rates[] = {"", "19", "7.25"};
      const char* const products[] = {"", "tea", "cups"};
      if (const int rate = below(3)) {
        line.mutable_tax_rate_percent()->set_value(rates[rate]);
        if (below(2) == 0) line.mutable_tax_code()->set_category(bv1::TAX_CATEGORY_S);
      }
      line.set_product(products[below(3)]);
    }
    if (!simple && below(2) == 0) {
      bv1::Terms& terms = *request.mutable_terms();
      terms.set_net_days(30);
      terms.mutable_early_payment_discount()->set_days(30);
      terms.mutable_early_payment_discount()->mutable_percent()->set_value("30");
    }
    const std::string id = Send(customer, request).invoice_id();
    if (!id.empty()) who.invoices.push_back(id);
  } else if (kind < 6 || (!simple && kind == 8)) {
    bv1::RecordPaymentRequest request;
    *request.mutable_payment_date() = day;
    *request.mutable_amount() = money(1, 150);
    request.set_method(bv1::PAYMENT_METHOD_CARD);
    request.set_channel(static_cast<bv1::PaymentChannel>(below(4)));
    if (kind == 8) request.set_initial_state(bv1::PAYMENT_STATE_PENDING);
    if (below(2) == 0) request.add_allocations()->set_invoice_id(any(who.invoices));
    const std::string id = Send(customer, request).payment_id();
    if (!id.empty()) who.sources.push_back(id);
  } else if (kind < 8) {
    bv1::ApplyCreditRequest request;
    Send(customer, request);
  } else if (kind < 10) {
    bv1::ConfirmPaymentRequest request;
    request.set_payment_id(any(who.sources));
    Send(customer, request);
  } else if (kind == 10) {
    bv1::FailPaymentRequest request;
    request.set_payment_id(any(who.sources));
    Send(customer, request);
  } else if (kind == 11 || kind == 22) {
    bv1::ChargeBackPaymentRequest request;
    request.set_payment_id(any(who.sources));
    if (below(2) == 0) *request.mutable_amount() = money(1, 120);
    request.set_excess(static_cast<bv1::ReversalExcess>(below(3)));
    if (below(2) == 0) *request.mutable_effective_date() = day;
    const std::string id = Send(customer, request).debit_note_id();
    if (!id.empty()) who.invoices.push_back(id);
  } else if (kind == 23) {
    bv1::RefundCreditNoteRequest request;
    request.set_credit_note_id(any(who.sources));
    Send(customer, request);
  } else if (kind == 24) {
    bv1::ReverseWriteOffRequest request;
    request.set_invoice_id(any(who.invoices));
    Send(customer, request);
  } else if (kind == 25) {
    // A payment of one that finds nothing to pay, so that there is a rest.
    bv1::RecordPaymentRequest request;
    *request.mutable_payment_date() = day;
    *request.mutable_amount() = money(1, 2);
    request.set_method(bv1::PAYMENT_METHOD_CARD);
    const std::string id = Send(customer, request).payment_id();
    if (!id.empty()) who.sources.push_back(id);
  } else if (kind == 26) {
    bv1::WriteOffCreditRequest request;
    for (const std::string& id : who.sources) {
      request.set_payment_id(id);
      if (!Send(customer, request).payment_id().empty()) break;
    }
  } else if (kind == 27) {
    bv1::ReverseCreditWriteOffRequest request;
    for (const std::string& id : who.sources) {
      request.set_payment_id(id);
      if (!Send(customer, request).payment_id().empty()) break;
    }
  } else if (kind == 28) {
    bv1::ReinstatePaymentRequest request;
    const std::vector<std::string> sources = who.sources;
    for (const std::string& id : sources) {
      request.set_payment_id(id);
      const std::string again = Send(customer, request).payment_id();
      if (!again.empty()) who.sources.push_back(again);
    }
  } else if (kind == 12) {
    bv1::RefundPaymentRequest request;
    request.set_payment_id(any(who.sources));
    Send(customer, request);
  } else if (kind < 15) {
    bv1::ReleaseCreditRequest request;
    request.set_payment_id(any(who.sources));
    request.set_invoice_id(any(who.invoices));
    Send(customer, request);
  } else if (kind == 15) {
    bv1::VoidInvoiceRequest request;
    request.set_invoice_id(any(who.invoices));
    Send(customer, request);
  } else if (kind == 16) {
    bv1::MarkInvoiceUncollectibleRequest request;
    request.set_invoice_id(any(who.invoices));
    Send(customer, request);
  } else if (kind == 17) {
    bv1::WriteOffInvoiceRequest request;
    request.set_invoice_id(any(who.invoices));
    request.set_reason(static_cast<bv1::WriteOffReason>(1 + below(4)));
    request.set_correct_tax(below(2) == 0);
    Send(customer, request);
  } else {
    bv1::IssueCreditNoteRequest request;
    request.set_invoice_id(any(who.invoices));
    request.set_kind(static_cast<bv1::CreditNoteKind>(1 + below(3)));
    const std::string id = Send(customer, request).credit_note_id();
    if (!id.empty() && request.kind() == bv1::CREDIT_NOTE_KIND_CREDIT) who.sources.push_back(id);
  }
}

absl::StatusOr<balances::v1::GetControlTotalsResponse> World::AskBalances(
    std::optional<absl::CivilDay> as_of) {
  balances::v1::GetControlTotalsRequest request;
  if (as_of.has_value()) *request.mutable_as_of_date() = DateOf(*as_of);
  balances::v1::GetControlTotalsResponse response;
  const absl::Status status =
      test::AnswerOf<balances::BalancesQueries>(request, balances_.Read(-1, now_), &response);
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<std::vector<journal::v1::Entry>> World::AllEntries(
    journal::v1::ListEntriesRequest request, int customer, int* pages) {
  const journal::v1::ListEntriesRequest first = request;
  std::vector<journal::v1::Entry> all;
  while (true) {
    auto page = Ask<journal::v1::ListEntriesResponse>(request, customer);
    if (!page.ok()) return page.status();
    for (auto& entry : *page->mutable_entries()) all.push_back(std::move(entry));
    if (pages != nullptr) ++*pages;
    if (page->next_page_token().empty()) break;
    request.set_page_token(page->next_page_token());
  }
  std::vector<std::string> texts;
  for (const auto& entry : all) texts.push_back(entry.ShortDebugString());
  const auto split = test::WalkSplitPages<JournalQueries, journal::v1::ListEntriesResponse>(
      first, journal_.Read(customer < 0 ? -1 : customer % 2, now_),
      [](const auto& page) { return page.entries(); });
  EXPECT_EQ(split, texts) << first.ShortDebugString();
  return all;
}

}  // namespace daybook::journal
