// What the documents have in common where they are told: days, times, numbers, decimals, taxes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/money.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/filter.h"
#include "common/projection/kit/rows.h"
#include "common/store/store.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/documents/v1/documents_service.pb.h"
#include "projections/documents/rows.h"
#include "projections/documents/standing.h"

namespace daybook::documents {

inline projection::FilterValue Text(std::string_view text) {
  return {.present = !text.empty(), .text = text};
}
inline projection::FilterValue Enum(int64_t number) {
  return {.present = number != 0, .number = number};
}
inline projection::FilterValue Number(int64_t number) { return {.number = number}; }

using projection::SetDate;

// The newest that counts: when it does, and when the book learned of it.
template <class Message>
void SetNewest(const Newest& newest, Message* message) {
  SetDate(newest.day, message->mutable_changed_date());
  SetMicros(newest.recorded_us, message->mutable_changed_time());
}

using EventTaxes = google::protobuf::RepeatedPtrField<billing::v1::TaxTotal>;
using Taxes = google::protobuf::RepeatedPtrField<v1::TaxTotal>;
void SetTaxes(const EventTaxes& from, const Currency& currency, Taxes* to);

// The printed number of an invoice that is there; empty if it is not.
absl::StatusOr<std::string> NumberOfInvoice(const store::View& view, std::string_view customer_id,
                                            std::string_view invoice_id);

// Where money of a source stands.
using MoneyPuts = google::protobuf::RepeatedPtrField<v1::MoneyPut>;
absl::Status SetMoneyPuts(const store::View& view, std::string_view customer_id,
                          const std::vector<Stand>& stands, const Currency& currency,
                          MoneyPuts* to);

}  // namespace daybook::documents
