// The buckets of age that what is open is told in: not due, then by days overdue.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "common/base/money.h"
#include "common/projection/kit/sum.h"
#include "daybook/balances/v1/balances_service.pb.h"
#include "projections/balances/standing.h"

namespace daybook::balances {

struct Bucket {
  std::string_view name;                   // in requests
  std::optional<int> first_day, last_day;  // overdue
};

// Bucket i tells `Ages::column[i]`.
inline constexpr Bucket kBuckets[kAgeColumns] = {
    {"not_due", std::nullopt, 0}, {"days_1_30", 1, 30},     {"days_31_60", 31, 60},
    {"days_61_90", 61, 90},       {"days_91_120", 91, 120}, {"days_over_120", 121, std::nullopt}};

// Ages in a part of an answer: a message with `columns`, one per bucket, and `unapplied`.
template <class Message>
void SetAges(const Ages& ages, Message* message) {
  for (const Int128 column : ages.column) projection::SetValue(column, message->add_columns());
  projection::SetValue(ages.unapplied, message->mutable_unapplied());
}
template <class Message>
void AddAges(const Message& message, Ages* ages) {
  for (int i = 0; i < std::min(message.columns_size(), kAgeColumns); ++i) {
    ages->column[i] += projection::ValueOf(message.columns(i));
  }
  ages->unapplied += projection::ValueOf(message.unapplied());
}

void WriteBuckets(const Ages& ages, const Currency& currency,
                  google::protobuf::RepeatedPtrField<v1::AgingBucket>* buckets);

}  // namespace daybook::balances
