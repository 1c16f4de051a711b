#include "projections/directory/queries.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/merged_rows.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/read_position.h"
#include "projections/directory/listing.h"
#include "projections/directory/rows.h"

namespace daybook::directory {
namespace {

using projection::PartitionReading;
using projection::Reading;

constexpr size_t kMaxSystemCharacters = 32;
constexpr size_t kMaxExternalIdCharacters = 128;
constexpr size_t kMaxOrderBytes = 64;
constexpr int kRowsPerDeadline = 256;

void SetDay(int32_t day, google::type::Date* date) { *date = DateOf(DayOfEpoch(day)); }

void Describe(const std::string& customer_id, v1::CustomerRow& row, v1::Customer* customer) {
  customer->set_customer_id(customer_id);
  customer->set_kind(row.kind());
  customer->set_state(row.state());
  customer::v1::Profile& profile = *row.mutable_profile();
  customer->mutable_personal()->Swap(profile.mutable_personal());
  customer->set_personal_sealed(row.personal_sealed());
  customer->set_region_code(profile.region_code());
  customer->set_language_code(profile.language_code());
  if (profile.has_industry()) customer->mutable_industry()->Swap(profile.mutable_industry());
  customer->set_size_band(profile.size_band());
  customer->mutable_external_ids()->Swap(row.mutable_external_ids());
  customer->set_etag(absl::StrCat(row.version()));
  customer->set_revision(row.revision());
  SetDay(row.registered_day(), customer->mutable_registered_date());
  SetMicros(row.registered_recorded_us(), customer->mutable_registered_time());
  SetDay(row.changed_day(), customer->mutable_changed_date());
  SetMicros(row.changed_recorded_us(), customer->mutable_changed_time());
  if (row.state() == customer::v1::CUSTOMER_STATE_ARCHIVED) {
    SetDay(row.archived_day(), customer->mutable_archived_date());
  }
}

absl::Status Find(const store::View& view, const std::string& customer_id, v1::Customer* customer) {
  v1::CustomerRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, &row));
  if (!found || !row.registered()) {
    return Refuse(Reason::kCustomerNotFound,
                  absl::StrCat("customer '", customer_id, "' is not in the book"),
                  {{"customer_id", customer_id}});
  }
  Describe(customer_id, row, customer);
  return absl::OkStatus();
}

void Summarise(v1::ListRow& row, v1::CustomerSummary* summary) {
  summary->set_customer_id(std::move(*row.mutable_customer_id()));
  summary->set_display_name(std::move(*row.mutable_display_name()));
  summary->set_kind(row.kind());
  summary->set_state(row.state());
  summary->set_region_code(row.region_code());
  summary->set_language_code(row.language_code());
  if (row.has_industry()) summary->mutable_industry()->Swap(row.mutable_industry());
  summary->set_size_band(row.size_band());
  SetDay(row.registered_day(), summary->mutable_registered_date());
}

absl::Status Malformed() {
  return absl::DataLossError("a row does not parse; rebuild the read model 'directory'");
}

}  // namespace

// ---------------------------------------------------------------------------------------- one

absl::Status DirectoryQueries::Check(const v1::GetCustomerRequest& request) {
  FieldViolations bad;
  Expect(CheckId(request.customer_id(), kMaxIdCharacters), "customer_id", bad);
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Answer(const v1::GetCustomerRequest& request, const Reading& reading,
                                      v1::GetCustomerResponse* response) {
  RETURN_IF_ERROR(
      Find(*reading.partitions.front().view, request.customer_id(), response->mutable_customer()));
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

absl::Status DirectoryQueries::Check(const v1::GetCustomerByExternalIdRequest& request) {
  FieldViolations bad;
  Expect(CheckName(request.system(), kMaxSystemCharacters), "system", bad);
  Expect(CheckName(request.id(), kMaxExternalIdCharacters), "id", bad);
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Answer(const v1::GetCustomerByExternalIdRequest& request,
                                      const Reading& reading,
                                      v1::GetCustomerByExternalIdResponse* response) {
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
  if (!parses) return Malformed();
  if (claimants.empty()) {
    return Refuse(
        Reason::kExternalIdNotFound,
        absl::StrCat("no customer is known as '", request.id(), "' in '", request.system(), "'"),
        {{"system", request.system()}, {"id", request.id()}});
  }
  if (claimants.size() > 1) {
    std::sort(claimants.begin(), claimants.end());
    const bool more = claimants.size() > static_cast<size_t>(kMaxClaimants);
    if (more) claimants.resize(kMaxClaimants);
    const std::string names = absl::StrCat(absl::StrJoin(claimants, ", "), more ? ", ..." : "");
    return Refuse(
        Reason::kExternalIdAmbiguous,
        absl::StrCat("'", request.id(), "' in '", request.system(), "' is claimed by ", names),
        {{"system", request.system()}, {"id", request.id()}, {"customer_ids", names}});
  }
  RETURN_IF_ERROR(Find(*view, claimants.front(), response->mutable_customer()));
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

// --------------------------------------------------------------------------------------- many

absl::Status DirectoryQueries::Check(const v1::ListCustomersRequest& request) {
  FieldViolations bad;
  if (request.page_size() < 0) bad.Add("page_size", "is negative");
  Expect(FilterOf(request.filter()).status(), "filter", bad);
  if (request.order_by().size() > kMaxOrderBytes) {
    bad.Add("order_by", "is longer than 64 bytes");
  } else {
    Expect(OrderOf(request.order_by()).status(), "order_by", bad);
  }
  return bad.ToStatus();
}

absl::Status DirectoryQueries::Answer(const v1::ListCustomersRequest& request,
                                      const Reading& reading, v1::ListCustomersResponse* response) {
  ASSIGN_OR_RETURN(const Order order, OrderOf(request.order_by()));
  ASSIGN_OR_RETURN(const projection::Filter filter, FilterOf(request.filter()));
  ASSIGN_OR_RETURN(const std::string after, projection::AfterOf(request, request.page_token()));
  const int page_size =
      request.page_size() == 0 ? kDefaultPage : std::min(request.page_size(), kLargestPage);

  projection::MergedRows rows(reading, order.table.id, order.direction, after);
  v1::ListRow row;
  std::string last;
  for (int looked = 0; rows.valid(); rows.Next()) {
    if (response->customers_size() == page_size || looked == kMaxLooked) {
      response->set_next_page_token(projection::PageTokenFor(request, last));
      break;
    }
    if (++looked % kRowsPerDeadline == 0 && WallNow() >= reading.deadline) {
      return Refuse(Reason::kDeadlineExceeded, "the deadline came before the page was full");
    }
    const std::string_view value = rows.value();
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) return Malformed();
    last = rows.key();
    if (Matches(filter, row)) Summarise(row, response->add_customers());
  }
  RETURN_IF_ERROR(rows.status());
  projection::SetPosition(reading, response->mutable_position());
  return absl::OkStatus();
}

}  // namespace daybook::directory
