// The second opinion on histories of the real billing book: how an account stands on a day, by the
// definitions, from a plain list of its events. Slow, and shares no code with the read model.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "daybook/billing/v1/event.pb.h"
#include "tests/support/book_world.h"

namespace daybook::balances {

struct HandFigures {
  int64_t invoiced = 0, received = 0, receivable = 0, unapplied = 0, allocated = 0, refunded = 0,
          reversed = 0, credited = 0, written_off = 0, claimed = 0, lost = 0, income = 0;
  int64_t net = 0, tax = 0;  // of invoices that are not void, less credit notes
  int64_t normal = 0, overdue = 0, bad_debt = 0;        // of `written_off`, without its tax
  int64_t relief = 0;                                   // that tax
  int64_t discounted = 0, early = 0, discount_tax = 0;  // with its tax, without it, the tax
  int64_t invoices = 0, payments = 0, open = 0, voids = 0, notes = 0, debit_notes = 0;

  int64_t balance() const { return receivable - unapplied; }
};

struct HandItem {
  absl::CivilDay due, day;
  std::string number, id;
  int64_t total, open;
  bool debit_note;
  int64_t discount;  // that can still be taken
  absl::CivilDay discount_day;
};

struct HandLine {
  absl::CivilDay day;
  std::string kind, id, number, reason;
  int64_t debit, credit;
};

// What is known of an account at some time.
class HandAccount {
 public:
  using Day = absl::CivilDay;

  // The facts of one account in the order of the log, up to `read`.
  HandAccount(const std::vector<BookFact>& facts, int64_t read) {
    for (const BookFact& fact : facts) {
      if (fact.recorded <= read) Learn(fact.day, fact.event);
    }
  }

  HandFigures At(Day as_of) const {
    HandFigures sum;
    for (const auto& [id, invoice] : invoices_) {
      if (invoice.day > as_of) continue;
      if (!invoice.Lives(as_of)) {
        ++sum.voids;
        continue;
      }
      if (invoice.debit_note) {
        ++sum.debit_notes;
        sum.claimed += invoice.total;
      } else {
        ++sum.invoices;
        sum.invoiced += invoice.total;
        sum.net += invoice.total - invoice.tax;
        sum.tax += invoice.tax;
      }
      sum.receivable += Open(id, as_of);
      sum.open += Open(id, as_of) != 0;
      for (const Loss& loss : invoice.losses) {
        if (loss.day > as_of) continue;
        if (loss.reason == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT) {
          sum.discounted += loss.amount;
          sum.early += loss.amount - loss.tax;
          sum.discount_tax += loss.tax;
          continue;
        }
        sum.written_off += loss.amount;
        sum.relief += loss.tax;
        (loss.reason == billing::v1::WRITE_OFF_REASON_NORMAL    ? sum.normal
         : loss.reason == billing::v1::WRITE_OFF_REASON_OVERDUE ? sum.overdue
                                                                : sum.bad_debt) +=
            loss.amount - loss.tax;
      }
      for (const Note& note : invoice.notes) {
        if (note.day > as_of) continue;
        ++sum.notes;
        sum.credited += note.total;
        sum.net -= note.total - note.tax;
        sum.tax -= note.tax;
      }
    }
    for (const auto& [id, source] : sources_) {
      if (source.day > as_of) continue;
      int64_t left = source.amount;
      if (!source.is_note) {
        ++sum.payments;
        sum.received += source.amount;
      }
      for (const Out& out : source.outs) {
        if (out.day > as_of) continue;
        if (out.kind == "LOSS") {
          sum.lost += out.amount;
          continue;
        }
        if (out.kind == "LOSS_RECOVERED") {
          sum.lost -= out.amount;
          continue;
        }
        (out.kind == "REFUND"             ? sum.refunded
         : out.kind == "CREDIT_WRITE_OFF" ? sum.income
                                          : sum.reversed) += out.amount;
        left -= out.amount;
      }
      for (const auto& [invoice, unused] : invoices_) {
        const int64_t on = Stands(id, invoice, as_of);
        sum.allocated += on;
        left -= on;
      }
      sum.unapplied += left;
    }
    return sum;
  }

  std::vector<HandItem> OpenItems(Day as_of) const {
    std::vector<HandItem> items;
    for (const auto& [id, invoice] : invoices_) {
      if (!invoice.Lives(as_of) || Open(id, as_of) == 0) continue;
      items.push_back({invoice.due, invoice.day, invoice.number, id, invoice.total, Open(id, as_of),
                       invoice.debit_note, Discount(id, as_of), invoice.offer_day});
    }
    std::sort(items.begin(), items.end(), [](const HandItem& a, const HandItem& b) {
      return std::tie(a.due, a.day, a.number) < std::tie(b.due, b.day, b.number);
    });
    return items;
  }

  // Not due, 1-30, 31-60, 61-90, 91-120, more.
  std::vector<int64_t> Ages(Day as_of) const {
    std::vector<int64_t> columns(6, 0);
    for (const HandItem& item : OpenItems(as_of)) {
      const int64_t late = as_of - item.due;
      const size_t column = late < 1      ? 0
                            : late <= 30  ? 1
                            : late <= 60  ? 2
                            : late <= 90  ? 3
                            : late <= 120 ? 4
                                          : 5;
      columns[column] += item.open;
    }
    return columns;
  }

  std::vector<HandLine> Lines(Day first, Day last) const {
    std::vector<HandLine> lines;
    for (const HandLine& line : lines_) {
      HandLine copy = line;
      if (line.kind == "VOID" || line.kind == "WRITE_OFF" || line.kind == "RECOVERY" ||
          line.kind == "WRITE_OFF_REVERSED" || line.kind == "DISCOUNT" ||
          line.kind == "DISCOUNT_REVERSED") {
        const Invoice& invoice = invoices_.at(line.id);
        if (line.kind != "VOID" && !invoice.Lives(line.day) && line.day != *invoice.voided) {
          continue;  // nothing was left to give up
        }
        if (line.kind == "VOID") {
          copy.credit = invoice.total;
          for (const Loss& loss : invoice.losses) {
            if (loss.day <= line.day) copy.credit -= loss.amount;
          }
        }
      }
      if (copy.day >= first && copy.day <= last) lines.push_back(copy);
    }
    std::stable_sort(lines.begin(), lines.end(),
                     [](const HandLine& a, const HandLine& b) { return a.day < b.day; });
    return lines;
  }

 private:
  struct Loss {
    Day day;
    int64_t amount;  // of a recovery or reversal negative
    int64_t tax;     // likewise
    billing::v1::WriteOffReason reason;
  };
  struct Note {
    Day day;
    int64_t total, tax;
    int64_t applied;
  };
  struct Invoice {
    Day day, due;
    std::string number;
    int64_t total, tax;
    bool debit_note = false;
    std::optional<Day> voided = {};
    std::vector<Loss> losses = {};
    std::vector<Note> notes = {};
    int64_t offer = 0;
    Day offer_day = {};

    bool Lives(Day as_of) const { return day <= as_of && !(voided && *voided <= as_of); }
  };
  struct Out {
    Day day;
    std::string kind;
    int64_t amount;     // back in: negative
    bool last = false;  // of a reversal: nothing is left
  };
  struct Source {
    Day day;
    int64_t amount;
    bool is_note;
    std::vector<Out> outs = {};

    bool Lives(Day as_of) const {
      return day <= as_of && std::none_of(outs.begin(), outs.end(), [&](const Out& out) {
               return out.last && out.day <= as_of;
             });
    }
  };
  struct Move {
    Day day;
    int64_t amount;  // off an invoice: negative
  };

  int64_t Stands(const std::string& source, const std::string& invoice, Day as_of) const {
    const auto it = moves_.find({source, invoice});
    if (it == moves_.end() || !sources_.at(source).Lives(as_of) ||
        !invoices_.at(invoice).Lives(as_of)) {
      return 0;
    }
    int64_t sum = 0;
    for (const Move& move : it->second) sum += move.day <= as_of ? move.amount : 0;
    return sum;
  }

  int64_t Open(const std::string& id, Day as_of) const {
    const Invoice& invoice = invoices_.at(id);
    int64_t open = invoice.total;
    for (const Loss& loss : invoice.losses) open -= loss.day <= as_of ? loss.amount : 0;
    for (const Note& note : invoice.notes) {
      open -= note.day <= as_of ? note.applied : 0;
    }
    for (const auto& [source, unused] : sources_) open -= Stands(source, id, as_of);
    return open;
  }

  // Off if the rest is paid on that day.
  int64_t Discount(const std::string& id, Day as_of) const {
    const Invoice& invoice = invoices_.at(id);
    if (invoice.offer == 0 || as_of > invoice.offer_day) return 0;
    int64_t lost = 0, taken = 0, left = invoice.total;
    for (const Loss& loss : invoice.losses) {
      if (loss.day > as_of || loss.reason == billing::v1::WRITE_OFF_REASON_NORMAL) continue;
      (loss.reason == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT ? taken : lost) += loss.amount;
    }
    for (const Note& note : invoice.notes) left -= note.day <= as_of ? note.total : 0;
    if (lost != 0 || left < 0) return 0;
    const int64_t allowed = (2 * invoice.offer * left + invoice.total) / (2 * invoice.total);
    return std::max<int64_t>(0, std::min(allowed - taken, Open(id, as_of)));
  }

  static std::string NumberOf(const billing::v1::InvoiceNumber& number) {
    return absl::StrFormat("%s-%d-%02d-%06d", number.series(), number.year(), number.partition(),
                           number.sequence());
  }

  template <class Allocations>
  void Put(const std::string& source, const Allocations& allocations, Day day, int sign) {
    for (const auto& allocation : allocations) {
      moves_[{source, allocation.invoice_id()}].push_back({day, sign * allocation.amount_minor()});
    }
  }

  template <class Event>
  void Receive(Day day, const Event& event) {
    sources_[event.payment_id()] = {day, event.amount_minor(), false};
    Put(event.payment_id(), event.allocations(), day, 1);
    lines_.push_back({day, "PAYMENT", event.payment_id(), "", "", 0, event.amount_minor()});
  }

  // A recovery or a reversal undoes a write-off: it waits for the day on which there was so much to
  // undo.
  template <class Event>
  static Day DayOfRecovery(Day day, const Invoice& invoice, const Event& event) {
    std::set<Day> days = {day};
    for (const Loss& loss : invoice.losses) days.insert(std::max(day, loss.day));
    for (const Day candidate : days) {
      int64_t lost = 0;
      for (const Loss& loss : invoice.losses) {
        if (loss.day <= candidate && loss.reason == event.reason()) lost += loss.amount;
      }
      if (lost >= event.amount_minor()) return candidate;
    }
    return *days.rbegin();
  }

  template <class Event>
  void OpenAgain(Day day, const char* kind, const Event& e) {
    Invoice& invoice = invoices_[e.invoice_id()];
    const Day counts = DayOfRecovery(day, invoice, e);
    invoice.losses.push_back({counts, -e.amount_minor(), -e.tax_minor(), e.reason()});
    if (e.reason() == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT) kind = "DISCOUNT_REVERSED";
    lines_.push_back(
        {counts, kind, e.invoice_id(), invoice.number, ReasonOf(e.reason()), e.amount_minor(), 0});
  }

  void Learn(Day day, const billing::v1::Event& fact) {
    using E = billing::v1::Event;
    switch (fact.event_case()) {
      case E::kInvoiceIssued: {
        const auto& e = fact.invoice_issued();
        invoices_[e.invoice_id()] = {
            day, Day(e.due_date().year(), e.due_date().month(), e.due_date().day()),
            NumberOf(e.number()), e.total_minor(), e.tax_minor()};
        if (e.has_discount()) {
          const auto& last = e.discount().last_date();
          invoices_[e.invoice_id()].offer = e.discount().amount_minor();
          invoices_[e.invoice_id()].offer_day = Day(last.year(), last.month(), last.day());
        }
        lines_.push_back(
            {day, "INVOICE", e.invoice_id(), NumberOf(e.number()), "", e.total_minor(), 0});
        break;
      }
      case E::kInvoiceVoided: {
        const auto& e = fact.invoice_voided();
        invoices_[e.invoice_id()].voided = day;
        lines_.push_back({day, "VOID", e.invoice_id(), NumberOf(e.number()), e.reason(), 0, 0});
        break;
      }
      case E::kInvoiceWrittenOff: {
        const auto& e = fact.invoice_written_off();
        Invoice& invoice = invoices_[e.invoice_id()];
        invoice.losses.push_back({day, e.amount_minor(), e.tax_minor(), e.reason()});
        const bool discount = e.reason() == billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT;
        lines_.push_back({day, discount ? "DISCOUNT" : "WRITE_OFF", e.invoice_id(), invoice.number,
                          ReasonOf(e.reason()), 0, e.amount_minor()});
        break;
      }
      case E::kWriteOffRecovered:
        return OpenAgain(day, "RECOVERY", fact.write_off_recovered());
      case E::kWriteOffReversed:
        return OpenAgain(day, "WRITE_OFF_REVERSED", fact.write_off_reversed());
      case E::kCreditNoteIssued: {
        const auto& e = fact.credit_note_issued();
        invoices_[e.invoice_id()].notes.push_back(
            {day, e.total_minor(), e.tax_minor(), e.applied_minor()});
        if (e.unapplied_minor() != 0) {
          sources_[e.credit_note_id()] = {day, e.unapplied_minor(), true};
        }
        lines_.push_back({day, "CREDIT_NOTE", e.credit_note_id(), NumberOf(e.number()), e.reason(),
                          0, e.total_minor()});
        break;
      }
      case E::kPaymentRecorded:
        return Receive(day, fact.payment_recorded());
      case E::kPaymentConfirmed:
        return Receive(day, fact.payment_confirmed());
      case E::kPaymentReversed: {
        const auto& e = fact.payment_reversed();
        const std::string kind =
            e.state() == billing::v1::PAYMENT_STATE_CHARGED_BACK ? "CHARGEBACK" : "REVERSAL";
        if (e.amount_minor() == 0) break;
        sources_[e.payment_id()].outs.push_back({day, kind, e.amount_minor(), !e.partial()});
        lines_.push_back({day, kind, e.payment_id(), "", e.reason(), e.amount_minor(), 0});
        break;
      }
      case E::kDebitNoteIssued: {
        const auto& e = fact.debit_note_issued();
        invoices_[e.debit_note_id()] = {
            day,
            Day(e.due_date().year(), e.due_date().month(), e.due_date().day()),
            NumberOf(e.number()),
            e.total_minor(),
            0,
            true};
        lines_.push_back({day, "DEBIT_NOTE", e.debit_note_id(), NumberOf(e.number()), e.reason(),
                          e.total_minor(), 0});
        break;
      }
      case E::kPaymentLossTaken: {
        const auto& e = fact.payment_loss_taken();
        sources_[e.payment_id()].outs.push_back({day, "LOSS", e.amount_minor()});
        break;
      }
      case E::kPaymentLossRecovered: {
        const auto& e = fact.payment_loss_recovered();
        sources_[e.payment_id()].outs.push_back({day, "LOSS_RECOVERED", e.amount_minor()});
        break;
      }
      case E::kCreditWrittenOff: {
        const auto& e = fact.credit_written_off();
        sources_[e.payment_id()].outs.push_back({day, "CREDIT_WRITE_OFF", e.amount_minor()});
        lines_.push_back(
            {day, "CREDIT_WRITE_OFF", e.payment_id(), "", e.reason(), e.amount_minor(), 0});
        break;
      }
      case E::kCreditWriteOffReversed: {
        const auto& e = fact.credit_write_off_reversed();
        sources_[e.payment_id()].outs.push_back({day, "CREDIT_WRITE_OFF", -e.amount_minor()});
        lines_.push_back({day, "CREDIT_WRITE_OFF_REVERSED", e.payment_id(), "", e.reason(), 0,
                          e.amount_minor()});
        break;
      }
      case E::kPaymentRefunded: {
        const auto& e = fact.payment_refunded();
        sources_[e.payment_id()].outs.push_back({day, "REFUND", e.amount_minor()});
        lines_.push_back({day, "REFUND", e.payment_id(), "", e.reason(), e.amount_minor(), 0});
        break;
      }
      case E::kCreditApplied:
        return Put(fact.credit_applied().payment_id(), fact.credit_applied().allocations(), day, 1);
      case E::kCreditReleased:
        return Put(fact.credit_released().payment_id(), fact.credit_released().released(), day, -1);
      default:
        break;
    }
  }

  static std::string ReasonOf(billing::v1::WriteOffReason reason) {
    switch (reason) {
      case billing::v1::WRITE_OFF_REASON_NORMAL:
        return "NORMAL";
      case billing::v1::WRITE_OFF_REASON_OVERDUE:
        return "OVERDUE";
      case billing::v1::WRITE_OFF_REASON_EARLY_PAYMENT:
        return "EARLY_PAYMENT";
      default:
        return "BAD_DEBT";
    }
  }

  std::map<std::string, Invoice> invoices_;
  std::map<std::string, Source> sources_;
  std::map<std::pair<std::string, std::string>, std::vector<Move>> moves_;
  std::vector<HandLine> lines_;  // as recorded
};

}  // namespace daybook::balances
