#include "tests/projection/activity/activity.h"

#include <algorithm>
#include <string>

#include "common/base/dates.h"
#include "common/projection/kit/sum.h"

namespace daybook::activity {

void Activity::On(const customer::v1::CustomerRegistered&, const Meta& meta, Shard& shard) {
  shard.Edit(kCustomers, meta.customer_id).set_registered(true);
}

void Activity::On(const billing::v1::InvoiceIssued& invoice, const Meta& meta, Shard& shard) {
  const int32_t day = EpochDay(meta.effective_date);
  v1::CustomerRow& customer = shard.Edit(kCustomers, meta.customer_id);
  customer.set_invoice_count(customer.invoice_count() + 1);
  customer.set_last_day(std::max(customer.last_day(), day));

  std::string key;
  projection::AppendDay(&key, day);
  v1::DayRow& row = shard.Edit(kDays, key);
  row.set_invoice_count(row.invoice_count() + 1);
  projection::AddTo(invoice.total_minor(), row.mutable_invoiced());
}

}  // namespace daybook::activity
