#include "projections/directory/queries.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/list.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/rows.h"
#include "projections/directory/listing.h"
#include "projections/directory/reasons.h"
#include "projections/directory/rows.h"
#include "services/customer/reasons.h"

namespace daybook::directory {
namespace {

using projection::PartitionReading;
using projection::Reading;

constexpr size_t kMaxSystemCharacters = 32;
constexpr size_t kMaxExternalIdCharacters = 128;
constexpr size_t kMaxOrderBytes = 64;

void Describe(const std::string& customer_id, rows::CustomerRow& row, v1::Customer* customer) {
  customer->set_customer_id(customer_id);
  customer->set_kind(row.kind());
  customer->set_state(row.state());
  customer->mutable_profile()->Swap(row.mutable_profile());
  customer->set_personal_sealed(row.personal_sealed());
  customer->mutable_external_ids()->Swap(row.mutable_external_ids());
  customer->set_etag(absl::StrCat(row.version()));
  customer->set_revision(row.revision());
  projection::SetDate(row.registered_day(), customer->mutable_registered_date());
  SetMicros(row.registered_recorded_us(), customer->mutable_registered_time());
  projection::SetDate(row.changed_day(), customer->mutable_changed_date());
  SetMicros(row.changed_recorded_us(), customer->mutable_changed_time());
  if (row.state() == customer::v1::CUSTOMER_STATE_ARCHIVED) {
    projection::SetDate(row.archived_day(), customer->mutable_archived_date());
  }
}

absl::Status Find(const store::View& view, const std::string& customer_id, v1::Customer* customer) {
  rows::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  if (!found || !row.registered()) {
    return projection::UnknownCustomer(customer_id);
  }
  Describe(customer_id, row, customer);
  return absl::OkStatus();
}

int PageSizeOf(const v1::ListCustomersRequest& request) {
  return projection::PageSizeOf(request.page_size(), kDefaultPage, kLargestPage);
}

void Summarize(rows::ListRow& row, v1::CustomerSummary* summary) {
  summary->set_customer_id(std::move(*row.mutable_customer_id()));
  summary->set_display_name(std::move(*row.mutable_display_name()));
  summary->set_kind(row.kind());
  summary->set_state(row.state());
  summary->set_region_code(row.region_code());
  summary->set_language_code(row.language_code());
  if (row.has_industry()) summary->mutable_industry()->Swap(row.mutable_industry());
  summary->set_size_band(row.size_band());
  projection::SetDate(row.registered_day(), summary->mutable_registered_date());
}

}  // namespace

// ---------------------------------------------------------------------------------------- one

absl::Status DirectoryQueries::Check(const v1::GetCustomerRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Answer(const v1::GetCustomerRequest& request, const Reading& reading,
                                      v1::GetCustomerResponse* response) {
  return Find(*reading.partitions.front().view, request.customer_id(),
              response->mutable_customer());
}

absl::Status DirectoryQueries::Check(const v1::GetCustomerByExternalIdRequest& request) {
  FieldViolations bad;
  Expect(CheckName(request.system(), kMaxSystemCharacters), "system", bad);
  Expect(CheckName(request.id(), kMaxExternalIdCharacters), "id", bad);
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Part(const v1::GetCustomerByExternalIdRequest& request,
                                    const Reading& reading, ClaimantsPart* part) {
  const std::string prefix = ExternalIdKey(request.system(), Tidy(request.id()));
  const store::View* view = nullptr;
  std::vector<std::string> claimants;
  bool parses = true;
  for (const PartitionReading& partition : reading.partitions) {
    // Of each partition the first few, so that all of them together hold the first few of all.
    int here = 0;
    RETURN_IF_ERROR(
        partition.view->Scan(kExternalIds.id, prefix, [&](std::string_view key, std::string_view) {
          key.remove_prefix(prefix.size());
          std::string customer_id;
          parses = parses && store::TakeText(&key, &customer_id);
          claimants.push_back(std::move(customer_id));
          view = partition.view.get();
          return parses && ++here <= kMaxClaimants;
        }));
  }
  if (!parses) return projection::Malformed(kExternalIds.name);
  if (claimants.size() == 1) {
    RETURN_IF_ERROR(Find(*view, claimants.front(), part->mutable_customer()));
  }
  part->mutable_customer_ids()->Assign(claimants.begin(), claimants.end());
  return absl::OkStatus();
}

absl::Status DirectoryQueries::Merge(const v1::GetCustomerByExternalIdRequest& request,
                                     projection::Parts<ClaimantsPart> parts,
                                     v1::GetCustomerByExternalIdResponse* response) {
  std::vector<std::string> claimants;
  for (ClaimantsPart* part : parts) {
    claimants.insert(claimants.end(), part->customer_ids().begin(), part->customer_ids().end());
    if (part->has_customer()) response->mutable_customer()->Swap(part->mutable_customer());
  }
  if (claimants.empty()) {
    return Refuse(
        reason::kExternalIdNotFound,
        absl::StrCat("no customer is known as '", request.id(), "' in '", request.system(), "'"),
        {{"system", request.system()}, {"id", request.id()}});
  }
  if (claimants.size() == 1) return absl::OkStatus();
  std::sort(claimants.begin(), claimants.end());
  const bool more = claimants.size() > static_cast<size_t>(kMaxClaimants);
  if (more) claimants.resize(kMaxClaimants);
  const std::string names = absl::StrCat(absl::StrJoin(claimants, ", "), more ? ", ..." : "");
  return Refuse(
      reason::kExternalIdAmbiguous,
      absl::StrCat("'", request.id(), "' in '", request.system(), "' is claimed by ", names),
      {{"system", request.system()}, {"id", request.id()}, {"customer_ids", names}});
}

// --------------------------------------------------------------------------------------- many

absl::Status DirectoryQueries::Check(const v1::ListCustomersRequest& request) {
  FieldViolations bad;
  projection::CheckPageSize(request.page_size(), bad);
  Expect(FilterOf(request.filter()).status(), "filter", bad);
  if (request.order_by().size() > kMaxOrderBytes) {
    bad.Add("order_by", "is longer than 64 bytes");
  } else {
    Expect(OrderOf(request.order_by()).status(), "order_by", bad);
  }
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Part(const v1::ListCustomersRequest& request, const Reading& reading,
                                    ListPart* part) {
  ASSIGN_OR_RETURN(const Order order, OrderOf(request.order_by()));
  ASSIGN_OR_RETURN(const projection::Filter filter, FilterOf(request.filter()));
  ASSIGN_OR_RETURN(const std::string after, projection::AfterOf(request, request.page_token()));
  rows::ListRow row;
  return projection::CollectRows(
      reading,
      {.table = order.table.id,
       .direction = order.direction,
       .after = after,
       .rows = PageSizeOf(request)},
      [&](const projection::ListedAt& at, std::string* bytes) -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(projection::ParseRow(order.table, at.value, &row));
        *bytes = at.value;
        return Matches(filter, row);
      },
      part);
}

absl::Status DirectoryQueries::Merge(const v1::ListCustomersRequest& request,
                                     projection::Parts<ListPart> parts,
                                     v1::ListCustomersResponse* response) {
  ASSIGN_OR_RETURN(const Order order, OrderOf(request.order_by()));
  rows::ListRow row;
  ASSIGN_OR_RETURN(const std::string last,
                   projection::MergeRows(
                       parts, order.direction, PageSizeOf(request),
                       [&](std::string_view, std::string_view bytes) -> absl::StatusOr<size_t> {
                         RETURN_IF_ERROR(projection::ParseRow(order.table, bytes, &row));
                         v1::CustomerSummary* customer = response->add_customers();
                         Summarize(row, customer);
                         return customer->ByteSizeLong();
                       }));
  if (!last.empty()) response->set_next_page_token(projection::PageTokenFor(request, last));
  return absl::OkStatus();
}

}  // namespace daybook::directory
