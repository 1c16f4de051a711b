// The book, computed a second time: a plain fold of events with 128-bit integers that checks every
// sum on its way and knows none of Daybook's own arithmetic.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "daybook/book/v1/record.pb.h"
#include "google/type/money.pb.h"
#include "tests/support/history.h"
#include "tests/support/reference_chain.h"

namespace daybook {

using Wide = __int128;

std::string WideText(Wide number);

// Digits behind the point; the few currencies that tests use. -1 for others.
int DigitsOf(const std::string& currency);

// Minor units of an amount on the wire. False: an unknown currency or no such amount.
bool MinorUnits(const google::type::Money& money, Wide* minor);

struct ReferenceAccount {
  struct Invoice {
    Wide total = 0;
    Wide open = 0;
    Wide credited = 0;
  };
  std::string currency;
  std::map<std::string, Invoice> invoices;  // and debit notes
  // By payment or credit note; zero when all of it is applied.
  std::map<std::string, Wide> unapplied;
  int64_t payment_count = 0;
  // What of each stands on which invoice.
  std::map<std::pair<std::string, std::string>, Wide> on;
  int64_t credit_note_count = 0;
  int64_t debit_note_count = 0;
  Wide invoiced = 0;
  Wide claimed = 0;
  Wide credited = 0;        // all that credit notes took back
  Wide credit_applied = 0;  // of it, off their invoices
  Wide received = 0;
  Wide reversed = 0;
  Wide allocated = 0;

  Wide TotalOpen() const;
  Wide TotalUnapplied() const;
};

struct ReferenceCustomer {
  bool registered = false;
  int partition = 0;
  int64_t revision = 0;
  std::map<std::string, ReferenceAccount> accounts;
};

class ReferenceBook {
 public:
  explicit ReferenceBook(Violations* violations) : violations_(violations) {}

  // In order of partition and offset. Records without a commit change nothing.
  void Take(const CountingRecord& counting);
  // After the last one: received = allocated + unapplied and its like, debits = credits.
  void CheckSums();

  const std::map<std::string, ReferenceCustomer>& customers() const { return customers_; }
  // Debit and credit by currency and ledger account.
  using Ledger = std::map<std::pair<std::string, std::string>, std::pair<Wide, Wide>>;
  const Ledger& ledger() const { return ledger_; }

 private:
  void Say(const std::string& what);
  void Take(const book::v1::Event& event);
  void Take(const billing::v1::AccountOpened& event);
  void Take(const billing::v1::InvoiceIssued& event, int year);
  void Take(const billing::v1::CreditNoteIssued& event, int year);
  void Take(const billing::v1::PaymentRecorded& event);
  void Take(const billing::v1::CreditApplied& event);
  void Take(const billing::v1::CreditReleased& event);
  void Take(const billing::v1::PaymentReversed& event);
  void Take(const billing::v1::DebitNoteIssued& event, int year);
  void Take(const billing::v1::PaymentLossTaken& event);
  void Take(const billing::v1::PaymentLossRecovered& event);
  ReferenceAccount* Account(const std::string& id, const std::string& currency);
  using Allocations = google::protobuf::RepeatedPtrField<billing::v1::Allocation>;
  // Of a payment or credit note.
  Wide Apply(ReferenceAccount& account, const std::string& source, const Allocations& allocations);
  Wide TakeOff(ReferenceAccount& account, const std::string& source, const Allocations& released);
  void CheckNumber(const std::string& what, const billing::v1::InvoiceNumber& number, int year);
  void Post(const std::string& currency, const std::string& debit, const std::string& credit,
            Wide amount);

  Violations* const violations_;
  std::map<std::string, ReferenceCustomer> customers_;
  // By what is numbered, series, year, partition.
  std::map<std::tuple<std::string, std::string, int, int>, int64_t> last_numbers_;
  std::set<std::string> ids_;  // of invoices, credit notes and payments
  Ledger ledger_;

  // The record being taken.
  std::string place_;
  int partition_ = 0;
  ReferenceCustomer* customer_ = nullptr;
};

}  // namespace daybook
