// Sums of 128 bits over debits and credits, and how they are read back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/projection/projection.h"
#include "projections/journal/rows.h"

namespace daybook::journal {

struct Sums {
  Int128 debit = 0, credit = 0;  // both positive, as long as nothing overflows
  Int128 balance() const { return debit - credit; }
  void Add(const Sums& other);
  void Subtract(const Sums& other);
};

// Debit positive, credit negative.
void AddAmount(int64_t amount_minor, rows::SumRow* row);
Sums ValueOf(const rows::SumRow& row);

// By currency, ledger account (its number), detail.
struct LedgerKey {
  std::string currency_code;
  uint32_t ledger = 0;
  std::string detail;
  auto operator<=>(const LedgerKey&) const = default;
};
using LedgerSums = std::map<LedgerKey, Sums>;

// How sums are asked for.
struct SumsAsked {
  std::string prefix = {};  // of keys: everything, or LedgerPrefix
  bool everything = true;   // whatever its day
  int32_t as_of_day = 0;    // up to this day, unless `everything`
  bool by_detail = false;   // else all details of a ledger account together
  absl::Time deadline = absl::InfiniteFuture();
};

// Adds the sums of one partition. Of everything it reads one row per detail, up to a day one row
// per detail and day.
absl::Status AddSums(const store::View& view, const SumsAsked& asked, LedgerSums* sums);

}  // namespace daybook::journal
