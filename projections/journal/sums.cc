#include "projections/journal/sums.h"

#include "common/base/status.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/sum.h"

namespace daybook::journal {
namespace {

constexpr int kRowsPerDeadline = 1'024;

bool TakeLedgerKey(std::string_view* key, LedgerKey* out) {
  return store::TakeText(key, &out->currency_code) && store::TakeNumber(key, &out->ledger) &&
         store::TakeText(key, &out->detail);
}

}  // namespace

void Sums::Add(const Sums& other) {
  debit += other.debit;
  credit += other.credit;
}

void Sums::Subtract(const Sums& other) {
  debit -= other.debit;
  credit -= other.credit;
}

void AddAmount(int64_t amount_minor, rows::SumRow* row) {
  if (amount_minor >= 0) {
    projection::AddTo(amount_minor, row->mutable_debit());
  } else {
    projection::AddTo(-Int128{amount_minor}, row->mutable_credit());
  }
}

Sums ValueOf(const rows::SumRow& row) {
  return {projection::ValueOf(row.debit()), projection::ValueOf(row.credit())};
}

absl::Status AddSums(const store::View& view, const SumsAsked& asked, LedgerSums* sums) {
  const store::Table<rows::SumRow> table = asked.everything ? kSums : kDays;
  rows::SumRow row;
  LedgerKey place;
  projection::DeadlineEvery deadline(asked.deadline, kRowsPerDeadline);
  absl::Status status;
  RETURN_IF_ERROR(
      view.Scan(table.id, asked.prefix, [&](std::string_view key, std::string_view bytes) {
        status = deadline.Check();
        if (status.ok()) status = projection::ParseRow(table, bytes, &row);
        int32_t day = 0;
        if (status.ok() &&
            (!TakeLedgerKey(&key, &place) || (!asked.everything && !TakeDay(&key, &day)))) {
          status = projection::Malformed(table.name);
        }
        if (!status.ok()) return false;
        if (!asked.everything && day > asked.as_of_day) return true;
        if (!asked.by_detail) place.detail.clear();
        (*sums)[place].Add(ValueOf(row));
        return true;
      }));
  return status;
}

}  // namespace daybook::journal
