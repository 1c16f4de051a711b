// Random histories of all commands against a fold of the events that knows only what they say, in
// 128 bits: the sums of every payment, invoice and account, and the ledger, after every event.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "common/base/dates.h"
#include "common/base/money.h"
#include "projections/journal/postings.h"
#include "services/billing/state.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;
namespace v1 = billing::v1;
namespace state = billing::state;
using postings::Ledger;

struct Source {
  Int128 amount = 0, allocated = 0, unapplied = 0, refunded = 0, reversed = 0, written_off = 0;
  Int128 claimed = 0, lost = 0;  // by banks, beyond the amount
  Int128 recovered = 0;          // of what was lost
  bool is_payment = true;
  absl::CivilDay day = {};   // on which the money first came
  std::string note_of = {};  // of a credit note: its invoice
};
struct Invoice {
  Int128 total = 0, allocated = 0, credited = 0;
  Int128 written_off = 0;  // with discounts
  Int128 corrected = 0;    // tax in that
  bool voided = false;
  Int128 offer = 0, discounted = 0;
  absl::CivilDay offer_day = {};
  Int128 noted = 0;                                        // by credit notes, whatever became of it
  v1::InvoiceState state = v1::INVOICE_STATE_UNSPECIFIED;  // before the command
  bool touched = false;                                    // by money or a credit note
  Int128 open() const { return voided ? 0 : total - allocated - credited - written_off; }
};

struct Books {
  std::map<std::string, Source> sources;
  std::map<std::string, Invoice> invoices;
  std::map<std::pair<std::string, std::string>, Int128> on;  // (source, invoice)
  std::map<std::string, int64_t> numbers;                    // last by kind, series and year
  std::map<Ledger, Int128> ledger;
  Int128 received = 0;

  template <class Event>
  void OpenAgain(const Event& event) {
    Invoice& invoice = invoices.at(event.invoice_id());
    RC_ASSERT(event.amount_minor() > 0 && event.tax_minor() >= 0);
    Taxes(event);
    invoice.written_off -= event.amount_minor();
    invoice.corrected -= event.tax_minor();
    if constexpr (requires { event.comment(); }) {
      if (event.reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
        invoice.discounted -= event.amount_minor();
      }
      RC_ASSERT(invoice.discounted >= 0);
    } else {
      RC_ASSERT(event.reason() != v1::WRITE_OFF_REASON_EARLY_PAYMENT);
    }
    RC_ASSERT(invoice.written_off >= 0 && invoice.corrected >= 0);
    if (invoice.written_off == 0) RC_ASSERT(invoice.corrected == 0);
  }
  template <class Event>
  static void Taxes(const Event& event) {
    Int128 sum = 0;
    for (const auto& tax : event.taxes()) sum += tax.tax_minor();
    RC_ASSERT(sum == event.tax_minor());
  }

  void Number(const std::string& kind, const v1::InvoiceNumber& number) {
    const std::string key = absl::StrCat(kind, number.series(), number.year());
    RC_ASSERT(number.sequence() == ++numbers[key]);
  }
  void Put(const std::string& source, const v1::Allocation& allocation, int sign) {
    const Int128 amount = sign * Int128{allocation.amount_minor()};
    RC_ASSERT(allocation.amount_minor() > 0);
    sources.at(source).allocated += amount;
    invoices.at(allocation.invoice_id()).allocated += amount;
    invoices.at(allocation.invoice_id()).touched = true;
    Int128& row = on[{source, allocation.invoice_id()}];
    row += amount;
    RC_ASSERT(row >= 0);
    RC_ASSERT(invoices.at(allocation.invoice_id()).open() >= 0);
  }
  template <class Event>
  void Receive(const Event& event, absl::CivilDay day) {
    Source& source = sources[event.payment_id()];
    RC_ASSERT(source.amount == 0);
    source.amount = event.amount_minor();
    source.unapplied = event.unapplied_minor();
    source.day = day;
    if constexpr (requires { event.reinstates_payment_id(); }) {
      if (!event.reinstates_payment_id().empty()) {
        source.day = sources.at(event.reinstates_payment_id()).day;
      }
    }
    received += event.amount_minor();
    for (const auto& allocation : event.allocations()) Put(event.payment_id(), allocation, 1);
  }

  void On(const billing::Billing::Event& event, absl::CivilDay day) {
    switch (event.event_case()) {
      case v1::Event::kInvoiceIssued:
        Number("invoice ", event.invoice_issued().number());
        RC_ASSERT(invoices
                      .emplace(event.invoice_issued().invoice_id(),
                               Invoice{.total = event.invoice_issued().total_minor()})
                      .second);
        if (event.invoice_issued().has_discount()) {
          const v1::DiscountOffer& offer = event.invoice_issued().discount();
          Invoice& invoice = invoices.at(event.invoice_issued().invoice_id());
          invoice.offer = offer.amount_minor();
          invoice.offer_day = *DayOf(offer.last_date());
          RC_ASSERT(invoice.offer > 0 && invoice.offer < invoice.total);
          RC_ASSERT(invoice.offer_day <= *DayOf(event.invoice_issued().due_date()));
        }
        break;
      case v1::Event::kInvoiceVoided:
        RC_ASSERT(invoices.at(event.invoice_voided().invoice_id()).allocated == 0);
        RC_ASSERT(invoices.at(event.invoice_voided().invoice_id()).open() ==
                  event.invoice_voided().open_minor());
        invoices.at(event.invoice_voided().invoice_id()).voided = true;
        break;
      case v1::Event::kInvoiceWrittenOff: {
        Invoice& invoice = invoices.at(event.invoice_written_off().invoice_id());
        if (event.invoice_written_off().reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
          RC_ASSERT(event.invoice_written_off().amount_minor() > 0);
          RC_ASSERT(event.invoice_written_off().amount_minor() <= invoice.open());
          invoice.discounted += event.invoice_written_off().amount_minor();
        } else {
          RC_ASSERT(invoice.open() == event.invoice_written_off().amount_minor());
        }
        Taxes(event.invoice_written_off());
        invoice.written_off += event.invoice_written_off().amount_minor();
        invoice.corrected += event.invoice_written_off().tax_minor();
        RC_ASSERT(invoice.corrected >= 0 && invoice.corrected <= invoice.written_off);
        break;
      }
      case v1::Event::kWriteOffRecovered:
        OpenAgain(event.write_off_recovered());
        break;
      case v1::Event::kWriteOffReversed:
        OpenAgain(event.write_off_reversed());
        break;
      case v1::Event::kPaymentRecorded:
        Receive(event.payment_recorded(), day);
        break;
      case v1::Event::kPaymentConfirmed:
        Receive(event.payment_confirmed(), day);
        break;
      case v1::Event::kPaymentReversed: {
        const auto& reversed = event.payment_reversed();
        Source& source = sources.at(reversed.payment_id());
        for (const auto& released : reversed.released()) Put(reversed.payment_id(), released, -1);
        RC_ASSERT(source.unapplied >= reversed.unapplied_minor());
        source.unapplied -= reversed.unapplied_minor();
        source.reversed += reversed.amount_minor();
        const Int128 left = source.allocated + source.unapplied + source.written_off;
        RC_ASSERT((left == 0) == !reversed.partial());
        RC_ASSERT(reversed.excess_minor() == 0 || left == 0);
        break;
      }
      case v1::Event::kDebitNoteIssued: {
        const auto& note = event.debit_note_issued();
        Number("debit note ", note.number());
        RC_ASSERT(note.total_minor() > 0);
        RC_ASSERT(
            invoices.emplace(note.debit_note_id(), Invoice{.total = note.total_minor()}).second);
        sources.at(note.payment_id()).claimed += note.total_minor();
        break;
      }
      case v1::Event::kPaymentLossTaken:
        RC_ASSERT(event.payment_loss_taken().amount_minor() > 0);
        sources.at(event.payment_loss_taken().payment_id()).lost +=
            event.payment_loss_taken().amount_minor();
        break;
      case v1::Event::kPaymentLossRecovered: {
        Source& source = sources.at(event.payment_loss_recovered().payment_id());
        RC_ASSERT(event.payment_loss_recovered().amount_minor() > 0);
        source.recovered += event.payment_loss_recovered().amount_minor();
        RC_ASSERT(source.recovered <= source.lost);
        break;
      }
      case v1::Event::kCreditWrittenOff: {
        Source& source = sources.at(event.credit_written_off().payment_id());
        RC_ASSERT(source.unapplied == event.credit_written_off().amount_minor());
        source.unapplied = 0;
        source.written_off += event.credit_written_off().amount_minor();
        break;
      }
      case v1::Event::kCreditWriteOffReversed: {
        Source& source = sources.at(event.credit_write_off_reversed().payment_id());
        RC_ASSERT(source.written_off == event.credit_write_off_reversed().amount_minor());
        source.unapplied += source.written_off;
        source.written_off = 0;
        break;
      }
      case v1::Event::kPaymentRefunded: {
        Source& source = sources.at(event.payment_refunded().payment_id());
        RC_ASSERT(source.is_payment);
        source.unapplied -= event.payment_refunded().amount_minor();
        source.refunded += event.payment_refunded().amount_minor();
        break;
      }
      case v1::Event::kCreditApplied:
        for (const auto& allocation : event.credit_applied().allocations()) {
          Put(event.credit_applied().payment_id(), allocation, 1);
          sources.at(event.credit_applied().payment_id()).unapplied -= allocation.amount_minor();
        }
        break;
      case v1::Event::kCreditReleased:
        for (const auto& allocation : event.credit_released().released()) {
          Put(event.credit_released().payment_id(), allocation, -1);
          sources.at(event.credit_released().payment_id()).unapplied += allocation.amount_minor();
        }
        break;
      case v1::Event::kCreditNoteIssued: {
        const auto& note = event.credit_note_issued();
        Number("credit note ", note.number());
        RC_ASSERT(note.applied_minor() + note.unapplied_minor() == note.total_minor());
        RC_ASSERT(note.net_minor() + note.tax_minor() == note.total_minor());
        Invoice& invoice = invoices.at(note.invoice_id());
        invoice.credited += note.applied_minor();
        invoice.noted += note.total_minor();
        invoice.touched = true;
        RC_ASSERT(invoice.open() >= 0);
        // Money is touched last, and never more of it than stands on the invoice.
        if (note.unapplied_minor() > 0) {
          RC_ASSERT(invoice.open() == 0 && invoice.written_off == invoice.discounted);
          RC_ASSERT(note.unapplied_minor() <= invoice.allocated);
        }
        if (note.unapplied_minor() > 0) {
          sources[note.credit_note_id()] = {.amount = note.unapplied_minor(),
                                            .unapplied = note.unapplied_minor(),
                                            .is_payment = false,
                                            .day = day,
                                            .note_of = note.invoice_id()};
        }
        break;
      }
      default:
        break;
    }
    Int128 balance = 0;
    for (const auto& posting : postings::PostingsOf(event)) {
      const Int128 amount = posting.side == postings::Side::kDebit ? Int128{posting.amount_minor}
                                                                   : -Int128{posting.amount_minor};
      ledger[posting.ledger] += amount;
      balance += amount;
    }
    RC_ASSERT(balance == 0);
    for (const auto& [id, source] : sources) {
      RC_ASSERT(source.amount == source.allocated + source.unapplied + source.refunded +
                                     source.reversed + source.written_off);
      RC_ASSERT(source.unapplied >= 0 && source.refunded + source.reversed <= source.amount);
    }
  }

  // By the definition: there is money, all of it came in time, and no more than what is left of the
  // offer is not paid.
  bool Earned(const std::string& id, const Invoice& invoice) const {
    bool paid = false;
    for (const auto& [key, amount] : on) {
      if (key.second != id || amount == 0) continue;
      paid = true;
      const Source& source = sources.at(key.first);
      if (source.note_of != id && source.day > invoice.offer_day) return false;
    }
    // Half-up.
    const Int128 left = 2 * invoice.offer * (invoice.total - invoice.noted) + invoice.total;
    return paid && invoice.offer > 0 &&
           (invoice.open() + invoice.discounted) * 2 * invoice.total <= left;
  }

  // Behind a command. How often a discount stands is counted in `standing`.
  void ExpectDiscounts(int& standing) {
    for (auto& [id, invoice] : invoices) {
      if (invoice.discounted > 0) {
        ++standing;
        RC_ASSERT(invoice.open() == 0 && Earned(id, invoice));
      }
      const bool was_open = invoice.state == v1::INVOICE_STATE_ISSUED ||
                            invoice.state == v1::INVOICE_STATE_PAID ||
                            invoice.state == v1::INVOICE_STATE_UNSPECIFIED;
      if (invoice.touched && was_open) RC_ASSERT(invoice.open() == 0 || !Earned(id, invoice));
      invoice.touched = false;
    }
  }
  void KeepStates(const state::Account& account) {
    for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
      for (const auto& invoice : *list) invoices.at(invoice.invoice_id()).state = invoice.state();
    }
  }

  void ExpectSame(const state::Account& account) const {
    Source sum;
    Int128 open = 0;
    for (const auto& [id, source] : sources) {
      sum.allocated += source.allocated;
      sum.unapplied += source.unapplied;
      sum.refunded += source.refunded;
      sum.reversed += source.reversed;
      sum.written_off += source.written_off;
      sum.claimed += source.claimed;
      sum.lost += source.lost;
      sum.recovered += source.recovered;
    }
    RC_ASSERT(account.received_minor() == received);
    RC_ASSERT(account.allocated_minor() == sum.allocated);
    RC_ASSERT(account.unapplied_minor() == sum.unapplied);
    RC_ASSERT(account.refunded_minor() == sum.refunded);
    RC_ASSERT(account.reversed_minor() == sum.reversed);
    RC_ASSERT(account.credit_written_off_minor() == sum.written_off);
    RC_ASSERT(received + account.credited_minor() ==
              sum.allocated + sum.unapplied + sum.refunded + sum.reversed + sum.written_off);
    size_t seen = 0;
    for (const auto* list : {&account.open_invoices(), &account.settled_invoices()}) {
      for (const auto& invoice : *list) {
        ++seen;
        const Invoice& known = invoices.at(invoice.invoice_id());
        RC_ASSERT(invoice.open_minor() == known.open());
        RC_ASSERT((invoice.open_minor() > 0) == (list == &account.open_invoices()));
        RC_ASSERT(invoice.written_off_minor() + invoice.residue_minor() +
                      invoice.discounted_minor() ==
                  (known.voided ? 0 : known.written_off));
        RC_ASSERT(invoice.discounted_minor() == known.discounted);
        Int128 corrected = 0;
        for (const auto& tax : invoice.written_off_taxes()) corrected += tax.tax_minor();
        for (const auto& tax : invoice.residue_taxes()) corrected += tax.tax_minor();
        for (const auto& tax : invoice.discounted_taxes()) corrected += tax.tax_minor();
        RC_ASSERT(corrected == known.corrected);
        switch (invoice.state()) {
          case v1::INVOICE_STATE_ISSUED:
            RC_ASSERT(invoice.open_minor() > 0 && invoice.written_off_minor() == 0);
            break;
          case v1::INVOICE_STATE_PAID:
            RC_ASSERT(invoice.open_minor() == 0 && invoice.written_off_minor() == 0);
            break;
          case v1::INVOICE_STATE_VOID:
            RC_ASSERT(known.voided);
            break;
          default:
            RC_ASSERT(invoice.state() == v1::INVOICE_STATE_UNCOLLECTIBLE);
            RC_ASSERT(invoice.open_minor() + invoice.written_off_minor() > 0);
        }
        open += invoice.open_minor();
      }
    }
    RC_ASSERT(seen == invoices.size());
    RC_ASSERT(account.open_minor() == open);
    size_t with_credit = 0;
    RC_ASSERT(account.payments_size() == account.external_keys_size());
    for (const auto& payment : account.payments()) {
      with_credit += payment.unapplied_minor() > 0;
      const auto it = sources.find(payment.payment_id());
      const Source known = it == sources.end() ? Source() : it->second;
      RC_ASSERT(payment.unapplied_minor() == known.unapplied);
      RC_ASSERT(payment.refunded_minor() == known.refunded);
      RC_ASSERT(payment.reversed_minor() == known.reversed);
      RC_ASSERT(payment.written_off_minor() == known.written_off);
      Source taken;
      for (const auto& take_back : payment.reversals()) {
        taken.reversed += take_back.reversed_minor();
        taken.claimed += take_back.claimed_minor();
        taken.lost += take_back.lost_minor();
      }
      RC_ASSERT(taken.reversed == known.reversed);
      RC_ASSERT(taken.claimed == known.claimed && taken.lost == known.lost);
    }
    RC_ASSERT(size_t(account.open_payments_size()) == with_credit);
    Int128 rows = 0;
    for (const int64_t amount : account.allocations().amount_minor()) {
      RC_ASSERT(amount > 0);
      rows += amount;
    }
    RC_ASSERT(rows == sum.allocated);
    const auto posted = [this](Ledger l) { return ledger.contains(l) ? ledger.at(l) : 0; };
    RC_ASSERT(posted(Ledger::kReceivable) == open);
    RC_ASSERT(posted(Ledger::kCustomerDeposits) == -sum.unapplied);
    RC_ASSERT(posted(Ledger::kCash) ==
              received - sum.refunded - sum.reversed - sum.claimed - sum.lost + sum.recovered);
    RC_ASSERT(posted(Ledger::kPaymentLosses) == sum.lost - sum.recovered);
    RC_ASSERT(posted(Ledger::kResidueIncome) == -sum.written_off);
  }
};

google::type::Money Euros(int64_t low, int64_t high) {
  return MoneyOf(*rc::gen::inRange<int64_t>(low, high), *Currency::Find("EUR"));
}

// One of the ids, or one that is not there.
std::string AnyOf(const std::vector<std::string>& ids) {
  if (ids.empty()) return "nobody";
  return *rc::gen::elementOf(ids);
}

class Player {
 public:
  Player(bool manual, std::map<std::string, int>& accepted)
      : story_(CustomerWithAccount(
            absl::StrCat("currency_code: 'EUR' credit_application: CREDIT_APPLICATION_",
                         manual ? "MANUAL" : "AUTOMATIC"))),
        accepted_(accepted) {}

 private:
  // The answer, if it was accepted. A refusal has a reason and changes nothing.
  template <class Request>
  auto Send(const Request& request) {
    const std::string before = story_.state().SerializeAsString();
    const auto outcome = story_.When(request);
    if (outcome.status.ok()) {
      for (const auto& dated : outcome.events) books_.On(dated.event, dated.effective_date);
      books_.ExpectSame(story_.state().billing().accounts(0));
      books_.ExpectDiscounts(accepted_["a discount that stands"]);
      books_.KeepStates(story_.state().billing().accounts(0));
      for (const auto& dated : outcome.events) Count(dated.event);
    } else {
      RC_ASSERT(!ReasonOf(outcome.status).empty());
      RC_ASSERT(story_.state().SerializeAsString() == before);
    }
    if (outcome.status.ok() && !outcome.events.empty()) ++accepted_[Request::descriptor()->name()];
    return outcome.status.ok() ? std::make_optional(outcome.response) : std::nullopt;
  }

  // Of what is left, of a part, of more.
  template <class Request>
  void Reverse() {
    auto request = OfPayment<Request>();
    if (Coin()) *request.mutable_amount() = Euros(1, 3000);
    request.set_excess(static_cast<v1::ReversalExcess>(*rc::gen::inRange(0, 3)));
    if (*rc::gen::inRange(0, 4) == 0) {
      request.set_external_id(absl::StrCat("t", *rc::gen::inRange(0, 3)));
    }
    const auto outcome = Send(request);
    if (outcome && !outcome->debit_note_id().empty()) invoices_.push_back(outcome->debit_note_id());
  }

  // The newest that it can be of.
  template <class Request>
  void OfAnyPayment() {
    for (size_t i = payments_.size(); i-- > 0;) {
      Request request;
      request.set_payment_id(payments_[i]);
      if (Send(request)) return;
    }
  }

  static bool Coin() { return *rc::gen::arbitrary<bool>(); }

  // What became of discounts.
  void Count(const billing::Billing::Event& event) {
    if (event.invoice_written_off().reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
      ++accepted_["a discount is taken"];
    }
    if (event.write_off_reversed().reason() == v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
      ++accepted_["a discount is undone"];
    }
  }
  // Of the days before today.
  static google::type::Date SomeDay() {
    return DateOf(absl::CivilDay(2026, 3, 15) - *rc::gen::inRange(0, 12));
  }

  template <class Request>
  Request OfPayment() {
    Request request;
    request.set_payment_id(AnyOf(payments_));
    return request;
  }
  template <class Request>
  Request OfInvoice() {
    Request request;
    request.set_invoice_id(AnyOf(invoices_));
    return request;
  }
  template <class Request>
  void Say(Request& request) {
    std::set<std::string> said;
    for (int n = *rc::gen::inRange(0, 3); n > 0; --n) said.insert(AnyOf(invoices_));
    for (const std::string& id : said) {
      auto& one = *request.add_allocations();
      one.set_invoice_id(id);
      if (Coin()) *one.mutable_amount() = Euros(1, 2000);
    }
  }
  void Issue() {
    IssueInvoiceRequest request;
    for (int n = *rc::gen::inRange(1, 4); n > 0; --n) {
      auto& line = *request.add_lines();
      *line.mutable_amount() = Euros(-50, 2000);
      if (Coin()) line.mutable_tax_rate_percent()->set_value(Coin() ? "19" : "7.25");
    }
    if (Coin()) {
      *request.mutable_invoice_date() = SomeDay();
      v1::Terms& terms = *request.mutable_terms();
      terms.set_net_days(30);
      auto& discount = *terms.mutable_early_payment_discount();
      discount.set_days(*rc::gen::inRange(0, 9));
      discount.mutable_percent()->set_value(*rc::gen::element("2", "33.3", "60"));
    }
    const auto outcome = Send(request);
    if (outcome) invoices_.push_back(outcome->invoice_id());
  }
  void Pay(v1::PaymentState state) {
    RecordPaymentRequest request;
    *request.mutable_amount() = Euros(1, *rc::gen::inRange(0, 4) == 0 ? 100 : 3000);
    request.set_method(v1::PAYMENT_METHOD_CARD);
    request.set_initial_state(state);
    if (Coin()) *request.mutable_payment_date() = SomeDay();
    if (*rc::gen::inRange(0, 4) == 0) {
      request.set_external_id(absl::StrCat("x", *rc::gen::inRange(0, 6)));
    }
    Say(request);
    const auto outcome = Send(request);
    if (outcome) payments_.push_back(outcome->payment_id());
  }
  void Note() {
    auto request = OfInvoice<v1::IssueCreditNoteRequest>();
    request.set_kind(static_cast<v1::CreditNoteKind>(*rc::gen::inRange(1, 4)));
    if (Coin()) {
      auto& line = *request.add_lines();
      line.set_line_index(*rc::gen::inRange(0, 3));
      if (Coin()) *line.mutable_net() = Euros(1, 1000);
    }
    const auto outcome = Send(request);
    if (outcome && request.kind() == v1::CREDIT_NOTE_KIND_CREDIT) {
      payments_.push_back(outcome->credit_note_id());
      notes_.push_back(outcome->credit_note_id());
    }
  }

  Story<billing::Billing> story_;
  std::map<std::string, int>& accepted_;
  Books books_;
  std::vector<std::string> invoices_, payments_, notes_;

 public:
  void Play() {
    switch (*rc::gen::inRange(0, 34)) {
      case 0:
      case 1:
      case 2:
        return Issue();
      case 3:
      case 4:
      case 5:
        return Pay(v1::PAYMENT_STATE_SUCCEEDED);
      case 6:
        return Pay(v1::PAYMENT_STATE_PENDING);
      case 7:
        return Pay(v1::PAYMENT_STATE_UNKNOWN);
      case 8:
      case 9:
        Send(OfPayment<v1::ConfirmPaymentRequest>());
        return;
      case 10:
        Send(OfPayment<v1::FailPaymentRequest>());
        return;
      case 11:
        return Reverse<v1::ReversePaymentRequest>();
      case 12:
      case 24:
        Reverse<v1::ChargeBackPaymentRequest>();
        [[fallthrough]];
      case 31: {
        auto request = OfPayment<v1::ReinstatePaymentRequest>();
        if (Coin()) *request.mutable_amount() = Euros(1, 2000);
        if (const auto outcome = Send(request)) {
          if (!outcome->payment_id().empty()) payments_.push_back(outcome->payment_id());
          accepted_["a loss is recovered"] += outcome->has_recovered_loss();
        }
        return;
      }
      case 13: {
        auto request = OfPayment<v1::RefundPaymentRequest>();
        if (Coin()) *request.mutable_amount() = Euros(1, 2000);
        Send(request);
        return;
      }
      case 14:
      case 15: {
        v1::ApplyCreditRequest request;
        if (Coin()) request.set_payment_id(AnyOf(payments_));
        Say(request);
        Send(request);
        return;
      }
      case 16:
      case 17: {
        auto request = OfPayment<v1::ReleaseCreditRequest>();
        request.set_invoice_id(AnyOf(invoices_));
        if (Coin()) *request.mutable_amount() = Euros(1, 2000);
        Send(request);
        return;
      }
      case 18:
        Send(OfInvoice<v1::VoidInvoiceRequest>());
        return;
      case 19:
        Send(OfInvoice<v1::MarkInvoiceUncollectibleRequest>());
        return;
      case 20: {
        auto request = OfInvoice<v1::WriteOffInvoiceRequest>();
        request.set_reason(static_cast<v1::WriteOffReason>(*rc::gen::inRange(1, 5)));
        request.set_correct_tax(Coin());
        Send(request);
        return;
      }
      case 25:
        Send(OfInvoice<v1::UnmarkInvoiceUncollectibleRequest>());
        return;
      case 26:
        Send(OfInvoice<v1::ReverseWriteOffRequest>());
        return;
      case 27:
      case 32:
      case 33:
        Pay(v1::PAYMENT_STATE_SUCCEEDED);
        OfAnyPayment<v1::WriteOffCreditRequest>();
        if (Coin()) OfAnyPayment<v1::ReverseCreditWriteOffRequest>();
        return;
      case 28:
        return OfAnyPayment<v1::ReverseCreditWriteOffRequest>();
      case 29:
      case 30: {
        // A credit note of what was paid, as far as it was.
        Issue();
        Pay(v1::PAYMENT_STATE_SUCCEEDED);
        if (!invoices_.empty()) {
          v1::IssueCreditNoteRequest all;
          all.set_invoice_id(invoices_.back());
          all.set_kind(v1::CREDIT_NOTE_KIND_CREDIT);
          const auto outcome = Send(all);
          if (outcome) notes_.push_back(outcome->credit_note_id());
        }
        v1::RefundCreditNoteRequest request;
        request.set_credit_note_id(AnyOf(notes_));
        if (Coin()) *request.mutable_amount() = Euros(1, 500);
        Send(request);
        return;
      }
      default:
        return Note();
    }
  }
};

// So many histories that each command is met in each state, however the test is started.
const int kHistories = ::setenv("RC_PARAMS", "max_success=3000", 0);

TEST(WholeHistory, KeepsEverySumAfterEveryCommand) {
  ASSERT_EQ(kHistories, 0);
  std::map<std::string, int> accepted;
  EXPECT_TRUE(rc::check([&accepted] {
    Player player(*rc::gen::arbitrary<bool>(), accepted);
    const int commands = *rc::gen::inRange(1, 150);
    for (int i = 0; i < commands; ++i) player.Play();
  }));
  // The histories are worth something: everything happened in them.
  for (const char* command :
       {"IssueInvoiceRequest",      "VoidInvoiceRequest",      "MarkInvoiceUncollectibleRequest",
        "WriteOffInvoiceRequest",   "IssueCreditNoteRequest",  "RecordPaymentRequest",
        "ConfirmPaymentRequest",    "FailPaymentRequest",      "ReversePaymentRequest",
        "ChargeBackPaymentRequest", "ReinstatePaymentRequest", "RefundPaymentRequest",
        "ApplyCreditRequest",       "ReleaseCreditRequest",    "UnmarkInvoiceUncollectibleRequest",
        "ReverseWriteOffRequest",   "WriteOffCreditRequest",   "ReverseCreditWriteOffRequest",
        "RefundCreditNoteRequest",  "a discount is taken",     "a discount is undone",
        "a discount that stands",   "a loss is recovered"}) {
    EXPECT_GT(accepted[command], 10) << command;
  }
}

}  // namespace
}  // namespace daybook
