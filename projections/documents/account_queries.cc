#include "projections/documents/pages.h"
#include "projections/documents/queries.h"

namespace daybook::documents {

using projection::Reading;

namespace {

// Accounts that a refusal names.
constexpr size_t kMostNamed = 5;

// The account that is meant: the only one that was known.
absl::StatusOr<std::string> OnlyAccount(const std::string& customer_id, const store::View& view,
                                        int64_t read_us) {
  RETURN_IF_ERROR(ExpectCustomer(view, customer_id, read_us));
  std::string prefix, known;
  store::AppendText(&prefix, customer_id);
  size_t count = 0;
  rows::AccountRow row;
  std::string customer, id, only;
  absl::Status status;
  RETURN_IF_ERROR(
      view.Scan(kAccounts.id, prefix, [&](std::string_view key, std::string_view bytes) {
        status = TakeDocument(KeyPart::kNothing, key, &customer, &id)
                     ? projection::ParseRow(kAccounts, bytes, &row)
                     : projection::Malformed(kAccounts.name);
        if (!status.ok() || row.recorded_us() > read_us) return status.ok();
        if (++count <= kMostNamed) absl::StrAppend(&known, known.empty() ? "" : ", ", id);
        only = id;
        return true;
      }));
  RETURN_IF_ERROR(status);
  if (count == 1) return only;
  return Refuse(reason::kAccountRequired,
                count == 0
                    ? absl::StrCat("customer '", customer_id, "' has no account yet")
                    : absl::StrCat("account_id is left out and customer '", customer_id, "' has ",
                                   count, " accounts, such as ", known, "; name one"),
                {{"customer_id", customer_id}, {"account_count", absl::StrCat(count)}});
}

}  // namespace

absl::Status DocumentsQueries::Check(const v1::GetAccountRequest& request) {
  FieldViolations bad;
  projection::CheckCustomerId(request.customer_id(), bad);
  projection::CheckAnyId(request.account_id(), "account_id", bad);
  projection::CheckClocks(request, bad);
  return bad.ToStatus();
}

absl::Status DocumentsQueries::Answer(const v1::GetAccountRequest& request, const Reading& reading,
                                      v1::GetAccountResponse* response) {
  const projection::PartitionReading& own = reading.partitions.front();
  std::string id = request.account_id();
  if (id.empty()) {
    ASSIGN_OR_RETURN(
        id, OnlyAccount(request.customer_id(), *own.view, projection::ReadMicros(request)));
  }
  return GetById<Accounts>(request, request.customer_id(), id, reading.now, own,
                           response->mutable_account());
}

absl::Status DocumentsQueries::Check(const v1::ListAccountsRequest& request) {
  return CheckList<Accounts>(request);
}

absl::Status DocumentsQueries::Part(const v1::ListAccountsRequest& request, const Reading& reading,
                                    DocumentsPart* part) {
  return ListPartOf<Accounts>(request, reading, nullptr, part);
}

absl::Status DocumentsQueries::Merge(const v1::ListAccountsRequest& request,
                                     projection::Parts<DocumentsPart> parts,
                                     v1::ListAccountsResponse* response) {
  return MergeList<Accounts>(request, parts, response->mutable_accounts(), response);
}

}  // namespace daybook::documents
