// What was posted to which ledger account? The fold.
//
// Each event that moves money becomes an entry by the posting table (postings.h), and adds to
// the sums of its ledger accounts: of everything, and of its day. Sums are kept by detail: product
// of revenue, rate of tax, channel of cash. What a later event does not say itself (a void names no
// products, a reversal no channel) is kept from the invoice or payment.
//
// Days: what is done to a document counts from that document's day at the earliest, so an event
// about documents of several days is several entries, each balanced. Money put on an invoice that
// is dated later is a deposit until then. A reversal or void undoes each movement from its own day,
// if that is later. So what is receivable on any day is what projections/balances says.
//
// Cost: an entry and its place by day are two rows; an entry of n lines edits 2n sums; an invoice
// or payment is a row that grows with its movements. Sums are one row a currency, ledger account,
// detail and day.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "common/projection/projection.h"
#include "projections/journal/rows.h"

namespace daybook::journal {

struct Journal {
  static constexpr std::string_view kName = "journal";
  static constexpr int kVersion = 3;
  static constexpr auto kTables = std::make_tuple(kCustomers, kEntries, kByDay, kInvoices,
                                                  kPayments, kSums, kDays, kAccounts, kZones);
  using Listens = projection::Facts<
      customer::v1::CustomerRegistered, billing::v1::AccountOpened, billing::v1::InvoiceIssued,
      billing::v1::InvoiceVoided, billing::v1::InvoiceWrittenOff, billing::v1::WriteOffRecovered,
      billing::v1::WriteOffReversed, billing::v1::CreditNoteIssued, billing::v1::PaymentAnnounced,
      billing::v1::PaymentRecorded, billing::v1::PaymentConfirmed, billing::v1::PaymentReversed,
      billing::v1::DebitNoteIssued, billing::v1::PaymentLossTaken,
      billing::v1::PaymentLossRecovered, billing::v1::PaymentRefunded, billing::v1::CreditApplied,
      billing::v1::CreditReleased, billing::v1::CreditWrittenOff,
      billing::v1::CreditWriteOffReversed>;

  using Meta = projection::Meta;
  using Shard = store::Shard;
  static void On(const customer::v1::CustomerRegistered&, const Meta&, Shard&);
  static void On(const billing::v1::AccountOpened&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceIssued&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceVoided&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceWrittenOff&, const Meta&, Shard&);
  static void On(const billing::v1::WriteOffRecovered&, const Meta&, Shard&);
  static void On(const billing::v1::WriteOffReversed&, const Meta&, Shard&);
  static void On(const billing::v1::CreditNoteIssued&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentAnnounced&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentRecorded&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentConfirmed&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentReversed&, const Meta&, Shard&);
  static void On(const billing::v1::DebitNoteIssued&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentLossTaken&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentLossRecovered&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentRefunded&, const Meta&, Shard&);
  static void On(const billing::v1::CreditApplied&, const Meta&, Shard&);
  static void On(const billing::v1::CreditReleased&, const Meta&, Shard&);
  static void On(const billing::v1::CreditWrittenOff&, const Meta&, Shard&);
  static void On(const billing::v1::CreditWriteOffReversed&, const Meta&, Shard&);

  static void ClearRecorded(rows::CustomerRow&) {}
  static void ClearRecorded(rows::EntryRow& row) { row.clear_recorded_us(); }
  static void ClearRecorded(rows::EntryPlace&) {}
  static void ClearRecorded(rows::InvoiceRow&) {}
  static void ClearRecorded(rows::PaymentRow&) {}
  static void ClearRecorded(rows::SumRow&) {}
  static void ClearRecorded(rows::AccountRow&) {}
  static void ClearRecorded(rows::ZoneRow&) {}

  static void Expect(const book::v1::Event&, const projection::Meta&, projection::Shard&);
  static absl::Status ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals);
};

}  // namespace daybook::journal
