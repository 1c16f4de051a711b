#include "projections/journal/sums.h"

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/status.h"

namespace daybook::journal {
namespace {

constexpr int kRowsPerDeadline = 1'024;

void AddTo(uint64_t amount, v1::Sum* sum) {
  const uint64_t low = sum->low() + amount;
  if (low < amount) sum->set_high(sum->high() + 1);
  sum->set_low(low);
}

Int128 ValueOf(const v1::Sum& sum) {
  return static_cast<Int128>(
      static_cast<unsigned __int128>(static_cast<uint64_t>(sum.high())) << 64 | sum.low());
}

absl::Status Malformed() {
  return absl::DataLossError("a sum does not parse; rebuild the read model 'journal'");
}

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

void AddAmount(int64_t amount_minor, v1::SumRow* row) {
  if (amount_minor >= 0) {
    AddTo(static_cast<uint64_t>(amount_minor), row->mutable_debit());
  } else {
    AddTo(0 - static_cast<uint64_t>(amount_minor), row->mutable_credit());
  }
}

Sums ValueOf(const v1::SumRow& row) { return {ValueOf(row.debit()), ValueOf(row.credit())}; }

absl::Status AddSums(const store::View& view, const SumsAsked& asked, LedgerSums* sums) {
  const uint8_t table = asked.everything ? kSums.id : kDays.id;
  v1::SumRow row;
  LedgerKey place;
  int rows = 0;
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(table, asked.prefix, [&](std::string_view key, std::string_view bytes) {
    if (++rows % kRowsPerDeadline == 0 && WallNow() >= asked.deadline) {
      status = Refuse(Reason::kDeadlineExceeded, "the deadline came before all sums were read");
      return false;
    }
    int32_t day = 0;
    if (!TakeLedgerKey(&key, &place) || (!asked.everything && !TakeDay(&key, &day)) ||
        !row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      status = Malformed();
      return false;
    }
    if (!asked.everything && day > asked.as_of_day) return true;
    if (!asked.by_detail) place.detail.clear();
    (*sums)[place].Add(ValueOf(row));
    return true;
  }));
  return status;
}

}  // namespace daybook::journal
