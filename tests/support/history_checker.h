// Whether what clients saw and what stands in the log are one story.
//
//   const auto records = ReadEmbeddedHistory(data_dir + "/log");
//   const Checked checked = CheckHistory(*records, load.Commands());
//   EXPECT_THAT(checked.violations.all(), IsEmpty());
//   EXPECT_THAT(CompareBalances(checked, client), IsEmpty());
//
// It uses no code of Daybook but the messages: the chain, the amounts and the sums are computed a
// second time. Checked are the invariants I1 to I5 and I8 of the service:
//
//   every accepted command stands once, at the place its token names, with its revision, its answer
//   and what was asked for; what was refused stands nowhere, and nothing stands that nobody asked
//   for; commands of a customer stand in the order in which they were answered; invoice numbers
//   have no gaps; received = allocated + unapplied; every entry sums to zero.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/rpc/client.h"
#include "tests/support/history.h"
#include "tests/support/reference_book.h"
#include "tests/support/reference_chain.h"

namespace daybook {

struct Checked {
  ChainFigures figures;
  int64_t accepted = 0;
  int64_t refused = 0;
  int64_t unknown_in = 0;   // never answered: it stands in the log
  int64_t unknown_out = 0;  // never answered: it does not
  std::unique_ptr<Violations> violations;
  std::unique_ptr<ReferenceBook> book;

  // One line for people.
  std::string Summary() const;
};

Checked CheckHistory(const std::vector<StoredRecord>& records,
                     const std::vector<IssuedCommand>& commands);

// Asks a server that has seen the whole log for its trial balance and the balance of every account
// (of each `every`th customer) and compares. Returns what differs.
std::vector<std::string> CompareBalances(const Checked& checked, rpc::Client& client,
                                         int every = 1);

}  // namespace daybook
