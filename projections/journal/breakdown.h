// Which part of a ledger account an amount belongs to: product of revenue, rate of tax, channel of
// cash.
//
// The posting table says how much an event posts to a ledger account; a breakdown spreads that over
// details. What the event does not explain stays under the empty detail, so that the parts always
// sum to what the table says and debits go on equalling credits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/postings/postings.h"
#include "daybook/journal/v1/rows.pb.h"

namespace daybook::journal {

// What is known of the parts, each in the sign of the figure in the event.
struct Breakdown {
  std::map<std::string, int64_t> products;  // Σ = net, as far as known
  std::map<std::string, int64_t> rates;     // Σ = tax, as far as known
  std::string channel;                      // of all the cash
  int sign =
      -1;  // of a positive net or tax: -1 = posted as credit (issued), 1 = as debit (taken back)
};

// The lines of an entry: debit positive, credit negative, no zeros; Σ = 0 if the postings' is.
std::vector<v1::PostedLine> LinesOf(const std::vector<postings::Posting>& postings,
                                    const Breakdown& breakdown);

// `online`; empty if not said.
std::string NameOf(billing::v1::PaymentChannel channel);

void AddRates(const google::protobuf::RepeatedPtrField<billing::v1::TaxTotal>& taxes,
              Breakdown* breakdown);

}  // namespace daybook::journal
