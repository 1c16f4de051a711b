// Which part of a ledger account an amount belongs to: product of revenue, rate of tax, channel of
// cash.
//
// The posting table says how much an event posts to a ledger account; a breakdown spreads that over
// details. What the event does not explain stays under the empty detail, so that the parts always
// sum to what the table says and debits go on equalling credits.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "projections/journal/postings.h"

namespace daybook::journal {

// Amounts by detail, in no order; a detail may occur more than once.
using Parts = std::vector<std::pair<std::string, int64_t>>;

// What is known of the parts, each in the sign of the figure in the event.
struct Breakdown {
  Parts products;       // Σ = net, as far as known
  Parts rates;          // Σ = tax, as far as known
  std::string channel;  // of all the cash
  // Of a positive net or tax: -1 = posted as credit (issued), 1 = as debit (taken back).
  int sign = -1;
};

// One amount on a ledger account and detail: debit positive, credit negative.
struct Line {
  postings::Ledger ledger;
  std::string detail;
  int64_t amount_minor;
};

// The lines of an entry, no zeros; Σ = 0 if the postings' is. Parts may stand against each other,
// so that one place has several lines.
std::vector<Line> LinesOf(const std::vector<postings::Posting>& postings,
                          const Breakdown& breakdown);

// `online`; empty if not said.
std::string NameOf(billing::v1::PaymentChannel channel);

// `19`, or with a tax code `19 S`. The reason of an exemption is no part of it: what is exempt
// posts no tax.
std::string NameOf(const billing::v1::TaxTotal& tax);

void AddRates(const google::protobuf::RepeatedPtrField<billing::v1::TaxTotal>& taxes,
              Breakdown* breakdown);

}  // namespace daybook::journal
