// The limits of the billing book. Those of a single field stand at the checks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daybook::billing {

// Accounts, drafts, invoices, payments and credit notes of one customer, counted together.
//
// From kMaxDocuments on nothing new is charged: no account, draft or invoice. All of them on one
// payment fit the record of its reversal (54 bytes each).
inline constexpr int64_t kMaxDocuments = 15'000;
// Payments and credit notes, which are facts about documents that exist, go on up to here. Bounds
// the state, at some 80 bytes each.
inline constexpr int64_t kMaxDocumentsWithFacts = 200'000;

// Lines of all invoices of one customer, of which the state keeps the amounts.
inline constexpr int64_t kMaxInvoiceLines = 200'000;

// Standing allocations of one customer: a row of some 10 bytes each, two per document that there
// can be. Money beyond that stays unapplied.
inline constexpr int kMaxAllocationRows = 400'000;

// Drafts of one customer, which the state keeps with their texts.
inline constexpr int kMaxDrafts = 200;
inline constexpr size_t kMaxDraftBytes = 1 << 20;
inline constexpr size_t kMaxEtagBytes = 64;

// Tax codes of one account, of which the state keeps the texts.
inline constexpr int kMaxTaxCodes = 200;

// Series and years of numbers in one partition: bounds its state against a caller that makes up a
// series per customer. The default series has room beyond it.
inline constexpr int kMaxSeries = 10'000;

// In one command: invoices that a payment goes on, and payments whose credit a new invoice takes.
// Bounds the record (some 45 and 220 bytes each, of 900 kB).
inline constexpr int kMaxAllocations = 10'000;
inline constexpr int kMaxCredits = 2'000;

// Allocations named in the answer to a payment, which must fit kMaxAnswerBytes.
inline constexpr int kMaxAnsweredAllocations = 8;

// In dollars, or as much in another currency. A larger amount of an invoice, a line or a payment is
// a typing error unless the request allows it.
inline constexpr int64_t kMaxUsualDollars = 1'000'000'000;

// Bytes of the events that would undo the discounts which one payment helped to earn, and of those
// of one command: they fit the record of the reversal beside all allocations. Some 500 events with
// one tax rate; beyond that, invoices are paid in full.
inline constexpr size_t kMaxDiscountBytes = 80'000;

inline constexpr int kMaxNetDays = 3'650;
inline constexpr int kMaxTermMonths = 120;

}  // namespace daybook::billing
