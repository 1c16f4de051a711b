#include "services/billing/invoice_number.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "services/billing/limits.h"

namespace daybook::billing {
namespace {

// From the back: the youngest year is asked for most.
const v1::Series::Last* Find(const v1::Series& series, const std::string& name, int year) {
  for (int i = series.last_size() - 1; i >= 0; --i) {
    const v1::Series::Last& last = series.last(i);
    if (last.year() == year && last.series() == name) return &last;
  }
  return nullptr;
}

std::string ZeroPadded(int64_t number, size_t width) {
  const std::string digits = absl::StrCat(number);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

absl::StatusOr<v1::InvoiceNumber> NextNumber(const v1::Series& series, const std::string& name,
                                             int year, int partition) {
  const v1::Series::Last* last = Find(series, name, year);
  if (last == nullptr && series.last_size() >= kMaxSeries) {
    return Refuse(Reason::kSeriesFull,
                  absl::StrCat("the partition counts ", series.last_size(),
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

void UseNumber(const v1::InvoiceNumber& number, v1::Series& series) {
  auto* last = const_cast<v1::Series::Last*>(Find(series, number.series(), number.year()));
  if (last == nullptr) {
    last = series.add_last();
    last->set_series(number.series());
    last->set_year(number.year());
  }
  DAYBOOK_CHECK(number.sequence() == last->sequence() + 1);
  last->set_sequence(number.sequence());
}

std::string FormatNumber(const v1::InvoiceNumber& number) {
  return absl::StrCat(number.series(), "-", number.year(), "-", ZeroPadded(number.partition(), 2),
                      "-", ZeroPadded(number.sequence(), 6));
}

bool NumberLess(const v1::InvoiceNumber& a, const v1::InvoiceNumber& b) {
  return std::forward_as_tuple(a.series(), a.year(), a.partition(), a.sequence()) <
         std::forward_as_tuple(b.series(), b.year(), b.partition(), b.sequence());
}

}  // namespace daybook::billing
