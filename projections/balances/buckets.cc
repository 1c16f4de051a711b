#include "projections/balances/buckets.h"

#include <string>

#include "common/projection/kit/amount_writer.h"

namespace daybook::balances {

void WriteBuckets(const Ages& ages, const Currency& currency,
                  google::protobuf::RepeatedPtrField<v1::AgingBucket>* buckets) {
  for (int i = 0; i < kAgeColumns; ++i) {
    v1::AgingBucket& bucket = *buckets->Add();
    bucket.set_name(std::string(kBuckets[i].name));
    if (kBuckets[i].first_day.has_value()) bucket.set_first_day(*kBuckets[i].first_day);
    if (kBuckets[i].last_day.has_value()) bucket.set_last_day(*kBuckets[i].last_day);
    projection::AmountWriter(currency, &bucket).Write(ages.column[i], bucket.mutable_amount());
  }
}

}  // namespace daybook::balances
