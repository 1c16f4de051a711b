// What does a customer owe? The fold.
//
// Rows (tables in rows.h): a customer with the present state of each account, for the point query;
// an account's history, the newest entries in its tail and full chunks of 256 entries behind it,
// for every question about the past (account_history.h, standing.h); totals per currency, so that
// "all customers, now" needs no scan.
//
// What it cannot see: payments that are pending or failed, drafts, states of accounts and invoices.
// None of them is money.
//
// What the facts debit and credit: projections/journal/postings.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "common/projection/projection.h"
#include "projections/balances/rows.h"

namespace daybook::balances {

struct Balances {
  static constexpr std::string_view kName = "balances";
  static constexpr int kVersion = 5;
  static constexpr auto kTables = std::make_tuple(kCustomers, kTails, kHistory, kTotals, kBook);
  using Listens = projection::Facts<
      customer::v1::CustomerRegistered, billing::v1::AccountOpened, billing::v1::InvoiceIssued,
      billing::v1::InvoiceVoided, billing::v1::InvoiceWrittenOff, billing::v1::WriteOffRecovered,
      billing::v1::WriteOffReversed, billing::v1::CreditNoteIssued, billing::v1::PaymentRecorded,
      billing::v1::PaymentConfirmed, billing::v1::PaymentReversed, billing::v1::DebitNoteIssued,
      billing::v1::PaymentLossTaken, billing::v1::PaymentLossRecovered,
      billing::v1::PaymentRefunded, billing::v1::CreditApplied, billing::v1::CreditReleased,
      billing::v1::CreditWrittenOff, billing::v1::CreditWriteOffReversed>;

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

  static void ClearRecorded(rows::CustomerRow& row);
  static void ClearRecorded(rows::AccountTail& row);
  static void ClearRecorded(rows::HistoryChunk& row);
  static void ClearRecorded(rows::CurrencyTotals&) {}
  static void ClearRecorded(rows::BookTotals&) {}

  static void Expect(const book::v1::Event&, const projection::Meta&, projection::Shard&);
  static absl::Status ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals);
};

}  // namespace daybook::balances
