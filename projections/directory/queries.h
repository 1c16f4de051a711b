// Who are the customers? The answers (proto/daybook/directory/v1/directory_service.proto).
//
// Cost. GetCustomer reads one row. GetCustomerByExternalId seeks once per partition. A page of
// ListCustomers seeks once per partition and reads the rows that it shows. With a filter it also
// reads those that do not match: at most projection::kMostLooked per part.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/kit/list.h"
#include "common/projection/queries.h"
#include "daybook/directory/v1/directory_service.pb.h"
#include "daybook/internal/directory/v1/parts.pb.h"

namespace daybook::directory {

using daybook::internal::directory::v1::ClaimantsPart;
using projection::ListPart;

inline constexpr int kDefaultPage = 50;
inline constexpr int kLargestPage = 1'000;
// Customers that a refusal for an ambiguous external id names.
inline constexpr int kMaxClaimants = 10;

struct DirectoryQueries {
  static constexpr std::string_view kService = "daybook.directory.v1.DirectoryService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetCustomerRequest, v1::GetCustomerResponse>,
      projection::Scattered<v1::ListCustomersRequest, ListPart, v1::ListCustomersResponse>,
      projection::Scattered<v1::GetCustomerByExternalIdRequest, ClaimantsPart,
                            v1::GetCustomerByExternalIdResponse>>;

  static absl::Status Check(const v1::GetCustomerRequest&);
  static absl::Status Check(const v1::ListCustomersRequest&);
  static absl::Status Check(const v1::GetCustomerByExternalIdRequest&);

  static bool Scans(const v1::GetCustomerRequest&) { return false; }
  static bool Scans(const v1::GetCustomerByExternalIdRequest&) { return false; }
  // Some milliseconds otherwise.
  static bool Scans(const v1::ListCustomersRequest& request) {
    return !request.filter().empty() || request.page_size() > 2 * kDefaultPage;
  }

  using Reading = projection::Reading;
  static absl::Status Answer(const v1::GetCustomerRequest&, const Reading&,
                             v1::GetCustomerResponse*);

  static absl::Status Part(const v1::ListCustomersRequest&, const Reading&, ListPart*);
  static absl::Status Merge(const v1::ListCustomersRequest&, projection::Parts<ListPart>,
                            v1::ListCustomersResponse*);
  static absl::Status Part(const v1::GetCustomerByExternalIdRequest&, const Reading&,
                           ClaimantsPart*);
  static absl::Status Merge(const v1::GetCustomerByExternalIdRequest&,
                            projection::Parts<ClaimantsPart>, v1::GetCustomerByExternalIdResponse*);
};

}  // namespace daybook::directory
