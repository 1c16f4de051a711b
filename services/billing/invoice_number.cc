#include "services/billing/invoice_number.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/document_number.h"
#include "common/base/status.h"
#include "services/billing/effective_day.h"
#include "services/billing/limits.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

// From the back, because most numbers are of the youngest year.
const state::Series::Last* Find(const Counters& counters, const std::string& name, int year) {
  for (int i = counters.size() - 1; i >= 0; --i) {
    const state::Series::Last& last = counters[i];
    if (last.year() == year && last.series() == name) return &last;
  }
  return nullptr;
}

struct Kind {
  Numbered what;
  const char* documents;
  std::string_view default_name;
  const Counters& (state::Series::*counters)() const;
};
constexpr Kind kKinds[] = {
    {Numbered::kInvoice, "invoices", kDefaultInvoiceSeries, &state::Series::last},
    {Numbered::kCreditNote, "credit notes", kDefaultCreditNoteSeries, &state::Series::credit_notes},
    {Numbered::kDebitNote, "debit notes", kDebitNoteSeries, &state::Series::debit_notes}};

absl::Status ExpectOwnSeries(const state::Series& series, Numbered what, const std::string& name) {
  for (const Kind& other : kKinds) {
    if (other.what == what) continue;
    const Counters& counters = (series.*other.counters)();
    if (name == other.default_name ||
        std::any_of(counters.begin(), counters.end(),
                    [&](const state::Series::Last& last) { return last.series() == name; })) {
      return Violation("series", absl::StrCat("'", name, "' is a series of ", other.documents,
                                              ": a number names one document"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::InvoiceNumber> NextNumber(const state::Series& series, Numbered what,
                                             const std::string& asked, int year, int partition) {
  const Kind& kind = kKinds[static_cast<int>(what)];
  const Counters& counters = (series.*kind.counters)();
  const std::string_view default_name = kind.default_name;
  const std::string name = asked.empty() ? std::string(default_name) : asked;
  const state::Series::Last* last = Find(counters, name, year);
  if (last == nullptr && !asked.empty()) RETURN_IF_ERROR(ExpectOwnSeries(series, what, name));
  if (last == nullptr && name != default_name && counters.size() >= kMaxSeries) {
    return Refuse(reason::kSeriesFull,
                  absl::StrCat("the partition counts ", counters.size(),
                               " series and years and takes no further one"),
                  {{"series", name}, {"year", absl::StrCat(year)}});
  }
  v1::InvoiceNumber number;
  number.set_series(name);
  number.set_year(year);
  number.set_partition(partition);
  number.set_sequence(last == nullptr ? 1 : last->sequence() + 1);
  return number;
}

void UseNumber(const v1::InvoiceNumber& number, Counters& counters) {
  auto* last = const_cast<state::Series::Last*>(Find(counters, number.series(), number.year()));
  if (last == nullptr) {
    last = counters.Add();
    last->set_series(number.series());
    last->set_year(number.year());
  }
  DAYBOOK_CHECK(number.sequence() == last->sequence() + 1);
  last->set_sequence(number.sequence());
}

std::string FormatNumber(const v1::InvoiceNumber& number) {
  return daybook::FormatNumber(NumberOf(number));
}

}  // namespace daybook::billing
