// What changed the balance of an account in a period, line by line.
//
// Order: effective day, then that of the log. A void takes off what had been left of the invoice by
// the write-offs before it and what undid them; those that come after it by their day are no lines,
// for there was nothing left to give up. So opening + Σ debits − Σ credits = closing, and the
// closing balance is the one of StandAt on the last day.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/decimal.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "projections/balances/account_history.h"

namespace daybook::balances {

struct StatementLine {
  const HistoryEntry* entry;
  Int128 debit = 0, credit = 0;  // one of them is 0

  bool is_debit() const;
};

struct Statement {
  Int128 opening = 0, debits = 0, credits = 0;
  std::vector<StatementLine> lines;

  Int128 closing() const { return opening + debits - credits; }
};

// Of the days from `first` to `last`. The lines refer to the journal.
void MakeStatement(const AccountHistory& history, int32_t first, int32_t last,
                   Statement* statement);

// What a line says of itself; see v1::StatementEntry.
struct StatementText {
  v1::StatementEntryKind kind = {};
  std::string document_id = {}, number = {}, invoice_number = {};
  billing::v1::WriteOffReason write_off_reason = {};
  std::string reason = {};
};
StatementText TextOf(const AccountHistory& history, const StatementLine& line);

}  // namespace daybook::balances
