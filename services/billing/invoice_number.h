// Gapless numbers of invoices, credit notes and debit notes: one counter per series, year and
// partition, in the partition's state. Each of the three has series of its own, so that a number
// names one document.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

using Counters = google::protobuf::RepeatedPtrField<state::Series::Last>;

enum class Numbered { kInvoice, kCreditNote, kDebitNote };

inline constexpr char kDefaultInvoiceSeries[] = "A";
inline constexpr char kDefaultCreditNoteSeries[] = "CN";
inline constexpr char kDebitNoteSeries[] = "DN";

// The next number of a series and year; an empty `asked` means the default series. INVALID_FIELDS
// on `series` if documents of another kind use it. SERIES_FULL if it would open one series too
// many; the default series always has room. The number is used up by UseNumber, when the event is
// folded.
absl::StatusOr<v1::InvoiceNumber> NextNumber(const state::Series& series, Numbered what,
                                             const std::string& asked, int year, int partition);

// Remembers that `number` is used.
void UseNumber(const v1::InvoiceNumber& number, Counters& counters);

// As it is printed (common/base/document_number.h).
std::string FormatNumber(const v1::InvoiceNumber& number);

}  // namespace daybook::billing
