#include "tests/projection/activity/queries.h"

#include <map>

#include "common/base/dates.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/deadline.h"
#include "common/projection/kit/rows.h"
#include "common/projection/kit/sum.h"
#include "tests/projection/activity/rows.h"

namespace daybook::activity {
namespace {

void Add(const v1::DayRow& row, v1::DayRow* sum) {
  sum->set_invoice_count(sum->invoice_count() + row.invoice_count());
  projection::AddTo(projection::ValueOf(row.invoiced()), sum->mutable_invoiced());
}

}  // namespace

absl::Status ActivityQueries::Check(const v1::GetActivityRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  return bad.ToStatus();
}

absl::Status ActivityQueries::Answer(const v1::GetActivityRequest& request, const Reading& reading,
                                     v1::GetActivityResponse* response) {
  v1::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found,
                   reading.partitions.front().view->Read(kCustomers, request.customer_id(), &row));
  if (!found || !row.registered()) return projection::UnknownCustomer(request.customer_id());
  response->set_invoice_count(row.invoice_count());
  if (row.invoice_count() > 0) *response->mutable_last_date() = DateOf(DayOfEpoch(row.last_day()));
  return absl::OkStatus();
}

absl::Status ActivityQueries::Part(const v1::ListDaysRequest&, const Reading& reading,
                                   v1::DaysPart* part) {
  projection::DeadlineEvery deadline(reading.deadline, 256);
  v1::DayRow row;
  for (const projection::PartitionReading& partition : reading.partitions) {
    for (auto rows = partition.view->NewCursor(kDays.id); rows->valid(); rows->Next()) {
      RETURN_IF_ERROR(deadline.Check());
      RETURN_IF_ERROR(projection::ParseRow(kDays, rows->value(), &row));
      std::string_view key = rows->key();
      int32_t day = 0;
      if (!projection::TakeDay(&key, &day)) return projection::Malformed(kDays.name);
      Add(row, &(*part->mutable_days())[day]);
    }
  }
  return absl::OkStatus();
}

absl::Status ActivityQueries::Merge(const v1::ListDaysRequest&,
                                    projection::Parts<v1::DaysPart> parts,
                                    v1::ListDaysResponse* response) {
  std::map<int32_t, v1::DayRow> days;
  for (const v1::DaysPart* part : parts) {
    for (const auto& [day, row] : part->days()) Add(row, &days[day]);
  }
  for (const auto& [day, row] : days) {
    v1::Day* out = response->add_days();
    *out->mutable_date() = DateOf(DayOfEpoch(day));
    out->set_invoice_count(row.invoice_count());
    out->set_invoiced_minor(ToText(projection::ValueOf(row.invoiced())));
  }
  return absl::OkStatus();
}

}  // namespace daybook::activity
