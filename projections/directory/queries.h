// Who are the customers? The answers (proto/daybook/directory/v1/directory_service.proto).
//
// Cost: GetCustomer one row; GetCustomerByExternalId a seek a partition; a page of ListCustomers a
// seek a partition and the rows that it looks at, which are those that it shows unless there is a
// filter, and then at most kMaxLooked.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/projection/queries.h"
#include "daybook/directory/v1/directory_service.pb.h"

namespace daybook::directory {

inline constexpr int kDefaultPage = 50;
inline constexpr int kLargestPage = 1'000;
// Rows that one call looks at, of all partitions together.
inline constexpr int kMaxLooked = 10'000;
// Customers that a refusal for an ambiguous external id names.
inline constexpr int kMaxClaimants = 10;

struct DirectoryQueries {
  static constexpr std::string_view kService = "daybook.directory.v1.DirectoryService";
  using Methods = projection::MethodList<
      projection::Method<v1::GetCustomerRequest, v1::GetCustomerResponse>,
      projection::Method<v1::ListCustomersRequest, v1::ListCustomersResponse>,
      projection::Method<v1::GetCustomerByExternalIdRequest, v1::GetCustomerByExternalIdResponse>>;

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
  static absl::Status Answer(const v1::ListCustomersRequest&, const Reading&,
                             v1::ListCustomersResponse*);
  static absl::Status Answer(const v1::GetCustomerByExternalIdRequest&, const Reading&,
                             v1::GetCustomerByExternalIdResponse*);
};

}  // namespace daybook::directory
