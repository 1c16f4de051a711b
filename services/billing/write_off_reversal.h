// Write-offs of an invoice that are undone, so that the amount is open again without any money.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/civil_time.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

// Amounts per kind of write-off: discounts, residues (NORMAL), and losses (OVERDUE, BAD_DEBT).
struct WriteOffs {
  int64_t discounted_minor = 0;
  int64_t residue_minor = 0;
  int64_t written_off_minor = 0;

  int64_t total() const { return discounted_minor + residue_minor + written_off_minor; }
};

// All that stands written off of an invoice.
WriteOffs StandingWriteOffs(const state::Invoice& invoice);

// Adds one WriteOffReversed per reason that has an amount in `undone`. `left`: the invoice with the
// credit note that undoes it, because what is left decides how much tax is payable again. On `day`,
// or on the day of the latest write-off if that is later.
void AddReversals(const state::Account& account, const state::Invoice& invoice,
                  const WriteOffs& undone, const state::Invoice& left, absl::CivilDay day,
                  const std::string& comment, command::Events<v1::Event>& events);

}  // namespace daybook::billing
