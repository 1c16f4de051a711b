#include "tests/support/book_world.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "tests/support/facts.h"

namespace daybook {
namespace {

std::string AccountOf(const billing::v1::Event& event) {
  const auto* field = billing::v1::Event::descriptor()->FindFieldByNumber(event.event_case());
  const auto& body = event.GetReflection()->GetMessage(event, field);
  const auto* account = body.GetDescriptor()->FindFieldByName("account_id");
  return body.GetReflection()->GetString(body, account);
}

// The newest of `ids` for small picks; one that is not there if there is none.
std::string PickOf(const std::vector<std::string>& ids, int pick) {
  if (ids.empty()) return "nobody";
  return ids[ids.size() - 1 - static_cast<size_t>(pick) % ids.size()];
}

}  // namespace

// The answer, if the command was accepted.
template <class Request>
auto BookWorld::Send(BookAccount& account, Request request) {
  test::Story<billing::Billing>& story = stories_[account.story];
  story.Now(now_);
  const auto outcome = story.When(std::move(request));
  if (!outcome.status.ok()) {
    DAYBOOK_CHECK(!ReasonOf(outcome.status).empty());
    return decltype(std::make_optional(outcome.response))();
  }
  std::vector<book::v1::Event> events;
  for (const auto& dated : outcome.events) {
    book::v1::Event& event = events.emplace_back();
    *event.mutable_effective_date() = DateOf(dated.effective_date);
    *event.mutable_billing() = dated.event;
    DAYBOOK_CHECK(account.id.empty() || AccountOf(dated.event) == account.id);
    ++happened_
        [billing::v1::Event::descriptor()->FindFieldByNumber(dated.event.event_case())->name()];
    account.facts.push_back({dated.effective_date, absl::ToUnixMicros(now_), dated.event});
  }
  if (!events.empty()) {
    Commit(account.story, std::move(events));
  }
  return std::make_optional(outcome.response);
}

BookWorld::BookWorld(std::vector<BookModel> models, int partition) : models_(std::move(models)) {
  for (const BookModel& model : models_) {
    auto shard = model.store->OpenShard(partition);
    DAYBOOK_CHECK(shard.ok());
    runners_.push_back(std::make_unique<projection::Runner>(model.info, *std::move(shard),
                                                            projection::RunnerLimits{}));
  }
  for (int i = 0; i < 2; ++i) {
    customers_.push_back(absl::StrCat("c-", i));
    stories_.emplace_back(customers_.back());
    stories_.back().Registered();
    Commit(static_cast<size_t>(i), {facts::Registered(absl::CivilDay(2026, 1, 1))});
  }
  Open("EUR", "UTC", 0, false);
  Open("EUR", "Pacific/Kiritimati", 1, true);
  Open("JPY", "America/Los_Angeles", 1, false);
}

void BookWorld::Open(const std::string& currency, const std::string& time_zone, size_t story,
                     bool manual) {
  billing::v1::OpenAccountRequest request;
  request.set_currency_code(currency);
  request.set_time_zone(time_zone);
  if (manual) request.set_credit_application(billing::v1::CREDIT_APPLICATION_MANUAL);
  BookAccount account{customers_[story], {}, currency, time_zone, story, {}, {}, {}, {}};
  const auto response = Send(account, request);
  DAYBOOK_CHECK(response.has_value());
  account.id = response->account_id();
  accounts_.push_back(std::move(account));
}

void BookWorld::Commit(size_t story, std::vector<book::v1::Event> events) {
  projection::ParsedBatch batch;
  book::v1::Commit* commit = batch.commits.Add();
  commit->set_customer_id(customers_[story]);
  for (auto& event : events) *commit->add_events() = std::move(event);
  const int64_t time = absl::ToUnixMicros(now_);
  batch.at = runners_.front()->applied();
  DAYBOOK_CHECK(batch.Enter(batch.at.next_offset, time));
  batch.at.last_offset = batch.at.next_offset++;
  batch.at.recorded_time_us = time;
  for (const auto& runner : runners_) runner->OnBatch(batch);
  if (times_.empty() || times_.back() != time) times_.push_back(time);
}

void BookWorld::Flush() {
  for (const auto& runner : runners_) {
    if (runner->applied() == runner->shard().position()) continue;
    DAYBOOK_CHECK(runner->Flush(absl::InfinitePast()).ok());
  }
}

projection::Reading BookWorld::Read(absl::Time now, size_t model) {
  reading_.clear();
  reading_.push_back({runners_[model]->shard().view(), now});
  return {now, absl::InfiniteFuture(), reading_};
}

const internal::billing::v1::Account& BookWorld::StateOf(const BookAccount& account) {
  for (const auto& one : stories_[account.story].state().billing().accounts()) {
    if (one.account_id() == account.id) return one;
  }
  DAYBOOK_CHECK(!"an account that was opened");
  __builtin_unreachable();
}

google::type::Money BookWorld::Money(const BookAccount& account, int64_t minor) const {
  return MoneyOf(minor, *Currency::Find(account.currency));
}

template <class Request>
void BookWorld::Day(const Act& act, Request& request) const {
  if (act.back < 0) return;
  const auto day = DateOf(TodayIn(absl::UTCTimeZone(), now_) - act.back);
  if constexpr (requires { request.mutable_effective_date(); }) {
    *request.mutable_effective_date() = day;
  } else if constexpr (requires { request.mutable_payment_date(); }) {
    *request.mutable_payment_date() = day;
  } else {
    *request.mutable_invoice_date() = day;
  }
}

template <class Request>
void BookWorld::Say(const BookAccount& account, const Act& act, Request& request) const {
  std::set<std::string> said;
  if (act.turn % 3 != 0) said.insert(PickOf(account.invoices, act.pick));
  if (act.turn % 3 == 2) said.insert(PickOf(account.invoices, act.other));
  for (const std::string& id : said) {
    auto& one = *request.add_allocations();
    one.set_invoice_id(id);
    if (act.turn % 2 == 0) *one.mutable_amount() = Money(account, 1 + act.amount / 2);
  }
}

void BookWorld::Issue(BookAccount& account, const Act& act) {
  billing::v1::IssueInvoiceRequest request;
  request.set_account_id(account.id);
  Day(act, request);
  if (act.turn % 7 == 0) {  // an invoice of a day to come
    *request.mutable_invoice_date() = DateOf(TodayIn(absl::UTCTimeZone(), now_) + act.other * 9);
  }
  if (act.turn % 4 >= 2) {
    billing::v1::Terms& terms = *request.mutable_terms();
    terms.set_net_days(60);
    auto& early = *terms.mutable_early_payment_discount();
    early.set_days(act.other * 20);
    early.mutable_percent()->set_value(act.turn % 4 == 2 ? "45.5" : "3");
  }
  // With a discount only that is taxed, so that the tax of the whole is below zero.
  const bool discount = act.turn % 5 == 1;
  for (int i = 0; i <= act.turn % 3; ++i) {
    auto& line = *request.add_lines();
    *line.mutable_amount() = Money(account, act.amount * (!discount ? i + 1 : i == 1 ? -1 : 3));
    if (discount ? i == 1 : act.turn % 2 == 0) {
      line.mutable_tax_rate_percent()->set_value(i == 0 ? "19" : "7.25");
    }
  }
  const auto response = Send(account, request);
  if (response) account.invoices.push_back(response->invoice_id());
}

void BookWorld::Pay(BookAccount& account, const Act& act, billing::v1::PaymentState state) {
  billing::v1::RecordPaymentRequest request;
  request.set_account_id(account.id);
  *request.mutable_amount() = Money(account, 1 + act.amount * 2);
  request.set_method(billing::v1::PAYMENT_METHOD_CARD);
  request.set_initial_state(state);
  Day(act, request);
  if (act.turn % 11 == 0) {  // money of a day to come
    *request.mutable_payment_date() = DateOf(TodayIn(absl::UTCTimeZone(), now_) + act.other * 5);
  }
  Say(account, act, request);
  const auto response = Send(account, request);
  if (response) account.payments.push_back(response->payment_id());
}

void BookWorld::Note(BookAccount& account, const Act& act) {
  billing::v1::IssueCreditNoteRequest request;
  request.set_invoice_id(PickOf(account.invoices, act.pick));
  request.set_kind(static_cast<billing::v1::CreditNoteKind>(1 + act.turn % 3));
  request.set_reason(absl::StrCat("note ", act.turn));
  Day(act, request);
  if (act.amount != 0) {
    auto& line = *request.add_lines();
    line.set_line_index(act.other % 2);
    *line.mutable_net() = Money(account, act.amount);
  }
  const auto response = Send(account, request);
  if (response && request.kind() == billing::v1::CREDIT_NOTE_KIND_CREDIT) {
    account.payments.push_back(response->credit_note_id());
    account.notes.push_back(response->credit_note_id());
  }
}

// Of an invoice that offers a discount all but that, on its first day; now and then a bit less or
// more.
void BookWorld::PayEarly(BookAccount& account, const Act& act) {
  std::vector<const internal::billing::v1::Invoice*> offering;
  for (const auto& invoice : StateOf(account).open_invoices()) {
    if (invoice.discount_minor() > 0 && invoice.open_minor() > invoice.discount_minor()) {
      offering.push_back(&invoice);
    }
  }
  if (offering.empty()) return;
  const auto& invoice = *offering[static_cast<size_t>(act.pick) % offering.size()];
  billing::v1::RecordPaymentRequest request;
  request.set_account_id(account.id);
  const int64_t least = invoice.open_minor() - invoice.discount_minor();
  *request.mutable_amount() = Money(account, std::max<int64_t>(1, least + act.turn % 4 - 1));
  request.set_method(billing::v1::PAYMENT_METHOD_BANK_TRANSFER);
  const int32_t date = invoice.invoice_date();
  *request.mutable_payment_date() =
      DateOf(absl::CivilDay(date / 10'000, date / 100 % 100, date % 100));
  request.add_allocations()->set_invoice_id(invoice.invoice_id());
  const auto response = Send(account, request);
  if (response) account.payments.push_back(response->payment_id());
}

// All that is left, a part, or more.
template <class Request>
void BookWorld::TakeBack(BookAccount& account, const Act& act, Request request) {
  request.set_excess(static_cast<billing::v1::ReversalExcess>(act.turn % 3));
  const auto response = Send(account, request);
  if (response && !response->debit_note_id().empty()) {
    account.invoices.push_back(response->debit_note_id());
  }
}

// A small rest of any payment; with one that comes first, so that there is one.
void BookWorld::TakeRest(BookAccount& account, const Act& act) {
  if (act.turn % 2 == 0) {
    billing::v1::RecordPaymentRequest request;
    request.set_account_id(account.id);
    *request.mutable_amount() = Money(account, 1 + act.amount % 90);
    request.set_method(billing::v1::PAYMENT_METHOD_CASH);
    const auto response = Send(account, request);
    if (response) account.payments.push_back(response->payment_id());
  }
  billing::v1::WriteOffCreditRequest request;
  for (auto id = account.payments.rbegin(); id != account.payments.rend(); ++id) {
    request.set_payment_id(*id);
    Day(act, request);
    if (Send(account, request)) return;
  }
}

void BookWorld::Do(const Act& act) {
  now_ += absl::Hours(act.pause);
  BookAccount& account = accounts_[static_cast<size_t>(act.account) % accounts_.size()];
  const auto of_payment = [&](auto request) {
    request.set_payment_id(PickOf(account.payments, act.pick));
    if constexpr (requires { request.set_reason("text"); }) {
      if (act.turn % 2 == 0) request.set_reason(absl::StrCat("because ", act.turn));
    }
    if constexpr (requires { request.mutable_amount(); }) {
      if (act.amount != 0) *request.mutable_amount() = Money(account, act.amount);
    }
    Day(act, request);
    return request;
  };
  const auto of_invoice = [&](auto request) {
    request.set_invoice_id(PickOf(account.invoices, act.pick));
    Day(act, request);
    return request;
  };
  switch (act.kind % 35) {
    case 0:
    case 1:
    case 2:
    case 3:
      return Issue(account, act);
    case 4:
    case 5:
    case 6:
      return Pay(account, act, billing::v1::PAYMENT_STATE_SUCCEEDED);
    case 7:
      return Pay(account, act, billing::v1::PAYMENT_STATE_PENDING);
    case 8:
      Send(account, of_payment(billing::v1::ConfirmPaymentRequest()));
      return;
    case 9:
      Send(account, of_payment(billing::v1::FailPaymentRequest()));
      return;
    case 10:
    case 11:
    case 24:
      return TakeBack(account, act, of_payment(billing::v1::ReversePaymentRequest()));
    case 12:
    case 25:
      return TakeBack(account, act, of_payment(billing::v1::ChargeBackPaymentRequest()));
    case 26:
      Send(account, of_invoice(billing::v1::MarkInvoiceUncollectibleRequest()));
      Send(account, of_invoice(billing::v1::UnmarkInvoiceUncollectibleRequest()));
      return;
    case 27:
      Send(account, of_invoice(billing::v1::ReverseWriteOffRequest()));
      return;
    case 28:
    case 29:
      return TakeRest(account, act);
    case 30: {
      billing::v1::ReverseCreditWriteOffRequest request;
      for (const std::string& id : account.payments) {
        request.set_payment_id(id);
        Day(act, request);
        if (Send(account, request)) return;
      }
      return;
    }
    case 31: {
      billing::v1::RefundCreditNoteRequest request;
      request.set_credit_note_id(PickOf(account.notes, act.pick));
      if (act.amount != 0) *request.mutable_amount() = Money(account, act.amount);
      Day(act, request);
      Send(account, request);
      return;
    }
    case 32:
    case 33:
      return PayEarly(account, act);
    case 34: {
      billing::v1::ReinstatePaymentRequest request;
      const std::vector<std::string> payments = account.payments;
      for (const std::string& id : payments) {
        request.set_payment_id(id);
        if (act.turn % 2 == 0) Day(act, request);
        const auto again = Send(account, request);
        if (again && !again->payment_id().empty()) account.payments.push_back(again->payment_id());
      }
      return;
    }
    case 13:
      Send(account, of_payment(billing::v1::RefundPaymentRequest()));
      return;
    case 14:
    case 15: {
      billing::v1::ApplyCreditRequest request;
      request.set_account_id(account.id);
      if (act.turn % 4 == 1) request.set_payment_id(PickOf(account.payments, act.other));
      Say(account, act, request);
      Day(act, request);
      Send(account, request);
      return;
    }
    case 16:
    case 17: {
      auto request = of_payment(billing::v1::ReleaseCreditRequest());
      request.set_invoice_id(PickOf(account.invoices, act.other));
      Send(account, request);
      return;
    }
    case 18: {
      auto request = of_invoice(billing::v1::VoidInvoiceRequest());
      request.set_reason("a mistake");
      Send(account, request);
      return;
    }
    case 19:
      Send(account, of_invoice(billing::v1::MarkInvoiceUncollectibleRequest()));
      return;
    case 20:
    case 21: {
      auto request = of_invoice(billing::v1::WriteOffInvoiceRequest());
      request.set_reason(static_cast<billing::v1::WriteOffReason>(1 + act.turn % 4));
      request.set_correct_tax(act.other % 2 == 0);
      Send(account, request);
      return;
    }
    default:
      return Note(account, act);
  }
}

}  // namespace daybook
