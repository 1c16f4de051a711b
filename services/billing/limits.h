// The limits of the billing book. Those of a single field stand at the checks.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daybook::billing {

// Accounts, drafts, invoices, payments and credit notes of one customer, counted together.
//
// From kMaxDocuments on nothing new is charged: no account, draft or invoice. Few enough that all
// of them on one payment fit the record of its reversal (54 bytes each).
inline constexpr int64_t kMaxDocuments = 15'000;
// What happens to what is there goes on: payments and credit notes, up to here. Bounds the state,
// at some 80 bytes each.
inline constexpr int64_t kMaxDocumentsWithFacts = 200'000;

// Lines of all invoices of one customer, of which the state keeps the amounts.
inline constexpr int64_t kMaxInvoiceLines = 200'000;

// Allocations of one customer that stand: a row of some 10 bytes each, two for every document that
// there can be. What is beyond stays unapplied.
inline constexpr int kMaxAllocationRows = 400'000;

// Drafts of one customer, which are kept with their texts.
inline constexpr int kMaxDrafts = 200;
inline constexpr size_t kMaxDraftBytes = 1 << 20;
inline constexpr size_t kMaxEtagBytes = 64;

// Tax codes of one account, of which the state keeps the texts.
inline constexpr int kMaxTaxCodes = 200;

// Number series and years of one partition: bounds its state against a series made up per customer.
// The default series has room beyond it.
inline constexpr int kMaxSeries = 10'000;

// Invoices that one payment goes on, and payments whose credit goes on one new invoice, in one
// command: bounds its record (some 45 and 220 bytes each, of 900 kB).
inline constexpr int kMaxAllocations = 10'000;
inline constexpr int kMaxCredits = 2'000;

// Allocations named in the answer to a payment, which must fit kMaxAnswerBytes.
inline constexpr int kMaxAnsweredAllocations = 8;

// Dollars, or what comes to as much: a larger amount of an invoice, a line or a payment is a typing
// error, unless the request says that it is meant.
inline constexpr int64_t kMaxUsualDollars = 1'000'000'000;

// Events that undo the discounts which one payment helped to earn: they go into the record of its
// reversal, beside all invoices on it. As many of one command. Some 500 of one tax rate; what is
// beyond is not let off.
inline constexpr size_t kMaxDiscountBytes = 80'000;

inline constexpr int kMaxNetDays = 3'650;
inline constexpr int kMaxTermMonths = 120;

}  // namespace daybook::billing
