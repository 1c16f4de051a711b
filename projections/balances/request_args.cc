#include "projections/balances/request_args.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/dates.h"
#include "common/base/status.h"
#include "common/projection/kit/checks.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/rows.h"
#include "projections/balances/history_reader.h"
#include "projections/balances/rows.h"
#include "services/billing/reasons.h"

namespace daybook::balances {
namespace {

// Accounts that a refusal names.
constexpr size_t kMostNamed = 5;

// More than any list has; what adds to an index then cannot overflow.
constexpr int64_t kMaxIndex = int64_t{1} << 40;
constexpr int kDefaultPage = 50;
constexpr int kLargestPage = 1000;

absl::Status NoAccount(const std::string& customer_id, const std::string& account_id) {
  return Refuse(reason::kAccountNotFound,
                absl::StrCat("customer '", customer_id, "' has no account '", account_id, "'"),
                {{"customer_id", customer_id}, {"account_id", account_id}});
}

}  // namespace

absl::StatusOr<const rows::AccountHead*> FindAccount(const store::View& view,
                                                     const std::string& customer_id,
                                                     const std::string& account_id, int64_t read_us,
                                                     rows::CustomerRow* row) {
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, row));
  if (!found || row->registered_recorded_us() > read_us) {
    return projection::UnknownCustomer(customer_id);
  }
  const rows::AccountHead* match = nullptr;
  int known = 0;
  std::vector<std::string> names;
  for (const rows::AccountHead& head : row->accounts()) {
    if (head.opened_recorded_us() > read_us) continue;
    ++known;
    if (names.size() < kMostNamed) names.push_back(head.account_id());
    if (account_id.empty() || head.account_id() == account_id) match = &head;
  }
  if (!account_id.empty()) {
    if (match == nullptr) return NoAccount(customer_id, account_id);
    return match;
  }
  if (known == 1) return match;
  return Refuse(reason::kAccountRequired,
                known == 0 ? absl::StrCat("customer '", customer_id, "' has no account yet")
                           : absl::StrCat("account_id is left out and customer '", customer_id,
                                          "' has ", known, " accounts, such as ",
                                          absl::StrJoin(names, ", "), "; name one"),
                {{"customer_id", customer_id}, {"account_count", absl::StrCat(known)}});
}

absl::Status ReadHistory(const store::View& view, std::string_view customer_id,
                         std::string_view account_id, int64_t read_us, HistoryOfAccount* out) {
  std::string key;
  AccountKey(customer_id, account_id, &key);
  ASSIGN_OR_RETURN(const bool found, view.Read(kTails, key, &out->tail));
  if (!found) return absl::DataLossError("an account has no history; rebuild the read model");
  out->full.clear();
  absl::Status status;
  RETURN_IF_ERROR(view.Scan(kHistory.id, key, [&](std::string_view, std::string_view bytes) {
    out->full.push_back(std::make_unique<rows::HistoryChunk>());
    if (!out->full.back()->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      status = absl::DataLossError("a history row does not parse; rebuild the read model");
    }
    return status.ok();
  }));
  RETURN_IF_ERROR(status);
  if (out->full.size() != out->tail.full_chunks()) {
    return absl::DataLossError("a history lacks rows; rebuild the read model");
  }
  out->history.Clear();
  for (const auto& chunk : out->full) {
    if (!ReadChunk(*chunk, read_us, &out->history)) return absl::OkStatus();
  }
  ReadChunk(out->tail.chunk(), read_us, &out->history);
  return absl::OkStatus();
}

HistoryOfAccount& ScratchHistory() {
  thread_local HistoryOfAccount history;
  return history;
}
rows::CustomerRow& ScratchRow() {
  thread_local rows::CustomerRow row;
  return row;
}
Standing& ScratchStanding() {
  thread_local Standing standing;
  return standing;
}

// ----------------------------------------------------------------------------------------- pages

std::string Page::TokenFor(const google::protobuf::Message& request, int64_t next,
                           int32_t up_to) const {
  rows::PageToken token;
  token.set_index(next);
  token.set_read_us(read_us);
  token.set_day(up_to);
  return projection::PageTokenFor(request, token.SerializeAsString());
}

absl::StatusOr<Page> PageOf(const google::protobuf::Message& request, int32_t page_size,
                            const std::string& page_token, int64_t read_us,
                            const projection::PartitionReading& partition) {
  Page page;
  page.size = projection::PageSizeOf(page_size, kDefaultPage, kLargestPage);
  page.read_us = read_us == projection::kEverything ? partition.recorded_us() : read_us;
  ASSIGN_OR_RETURN(const std::string after, projection::AfterOf(request, page_token));
  if (after.empty()) return page;

  rows::PageToken token;
  if (!token.ParseFromString(after) || token.index() <= 0 || token.index() > kMaxIndex ||
      token.read_us() < 0 || token.read_us() > page.read_us) {
    return projection::PageTokenMalformed();
  }
  page.index = token.index();
  page.read_us = token.read_us();
  page.day = token.day();
  return page;
}

}  // namespace daybook::balances
