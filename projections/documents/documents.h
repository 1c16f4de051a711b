// What was invoiced, paid and credited, document by document? The fold.
//
// Rows (tables in rows.h): a document with, entry by entry, what happened to it; what it says,
// whole, in a row of its own; a key in every order that lists have. An entry stands with every
// document that it is about, with the day from which it counts for that one, so that one row is
// enough to say how a document stands at any pair of clocks (standing.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/status/status.h"
#include "common/projection/projection.h"
#include "projections/documents/rows.h"

namespace daybook::documents {

struct Documents {
  static constexpr std::string_view kName = "documents";
  static constexpr int kVersion = 2;
  static constexpr auto kTables = std::make_tuple(
      kCustomers, kAccounts, kInvoices, kPayments, kCreditNotes, kDrafts, kInvoiceTexts,
      kCreditNoteTexts, kDraftTexts, kAccountsByDay, kInvoicesByDay, kInvoicesByDueDay,
      kInvoicesByNumber, kInvoicesByReference, kPaymentsByDay, kPaymentsByExternalId,
      kPaymentsByPayerReference, kCreditNotesByDay, kCreditNotesByNumber, kDraftsByDay, kTotals);
  using Listens = projection::Facts<
      customer::v1::CustomerRegistered, billing::v1::AccountOpened,
      billing::v1::AccountTermsChanged, billing::v1::AccountSuspended, billing::v1::AccountClosed,
      billing::v1::AccountReopened, billing::v1::InvoiceDrafted, billing::v1::InvoiceDraftEdited,
      billing::v1::InvoiceDraftDeleted, billing::v1::InvoiceIssued, billing::v1::InvoiceVoided,
      billing::v1::InvoiceMarkedUncollectible, billing::v1::InvoiceUnmarkedUncollectible,
      billing::v1::InvoiceWrittenOff, billing::v1::WriteOffRecovered, billing::v1::WriteOffReversed,
      billing::v1::CreditNoteIssued, billing::v1::PaymentRecorded, billing::v1::PaymentAnnounced,
      billing::v1::PaymentConfirmed, billing::v1::PaymentFailed, billing::v1::PaymentReversed,
      billing::v1::DebitNoteIssued, billing::v1::PaymentLossTaken,
      billing::v1::PaymentLossRecovered, billing::v1::PaymentRefunded, billing::v1::CreditApplied,
      billing::v1::CreditReleased, billing::v1::CreditWrittenOff,
      billing::v1::CreditWriteOffReversed>;

  using Meta = projection::Meta;
  using Shard = store::Shard;
  static void On(const customer::v1::CustomerRegistered&, const Meta&, Shard&);
  static void On(const billing::v1::AccountOpened&, const Meta&, Shard&);
  static void On(const billing::v1::AccountTermsChanged&, const Meta&, Shard&);
  static void On(const billing::v1::AccountSuspended&, const Meta&, Shard&);
  static void On(const billing::v1::AccountClosed&, const Meta&, Shard&);
  static void On(const billing::v1::AccountReopened&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceDrafted&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceDraftEdited&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceDraftDeleted&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceIssued&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceVoided&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceMarkedUncollectible&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceUnmarkedUncollectible&, const Meta&, Shard&);
  static void On(const billing::v1::InvoiceWrittenOff&, const Meta&, Shard&);
  static void On(const billing::v1::WriteOffRecovered&, const Meta&, Shard&);
  static void On(const billing::v1::WriteOffReversed&, const Meta&, Shard&);
  static void On(const billing::v1::CreditNoteIssued&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentRecorded&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentAnnounced&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentConfirmed&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentFailed&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentReversed&, const Meta&, Shard&);
  static void On(const billing::v1::DebitNoteIssued&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentLossTaken&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentLossRecovered&, const Meta&, Shard&);
  static void On(const billing::v1::PaymentRefunded&, const Meta&, Shard&);
  static void On(const billing::v1::CreditApplied&, const Meta&, Shard&);
  static void On(const billing::v1::CreditReleased&, const Meta&, Shard&);
  static void On(const billing::v1::CreditWrittenOff&, const Meta&, Shard&);
  static void On(const billing::v1::CreditWriteOffReversed&, const Meta&, Shard&);

  static void ClearRecorded(rows::CustomerRow& row) { row.clear_recorded_us(); }
  template <class Row>  // of documents
  static void ClearRecorded(Row& row) {
    if constexpr (requires { row.mutable_entries(); }) {
      row.clear_recorded_us();
      for (rows::Entry& entry : *row.mutable_entries()) entry.clear_recorded_us();
    }
  }

  static absl::Status ControlTotals(projection::ViewSpan views,
                                    std::map<std::string, std::string>* totals);
};

}  // namespace daybook::documents
