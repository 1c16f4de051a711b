#include "projections/balances/request_args.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "common/projection/kit/page_token.h"
#include "common/projection/kit/read_position.h"
#include "projections/balances/history_reader.h"
#include "projections/balances/rows.h"

namespace daybook::balances {
namespace {

// Accounts that a refusal names.
constexpr size_t kMostNamed = 5;

// More than any list has; what adds to an index then cannot overflow.
constexpr int64_t kMaxIndex = int64_t{1} << 40;

using projection::PartitionReading;
using projection::Reading;
using projection::RecordedUs;

// What was recorded longer ago than this, before the partition was last seen whole, is all there
// is.
constexpr absl::Duration kSettled = absl::Seconds(5);

// A record that comes later may bear the very time of the newest one, so "at" is not yet settled.
bool Settled(const PartitionReading& partition, int64_t read_us) {
  return read_us < partition.view->position().recorded_time_us ||
         read_us < absl::ToUnixMicros(partition.complete_at - kSettled);
}

absl::Status NoAccount(const std::string& customer_id, const std::string& account_id) {
  return Refuse(Reason::kAccountNotFound,
                absl::StrCat("customer '", customer_id, "' has no account '", account_id, "'"),
                {{"customer_id", customer_id}, {"account_id", account_id}});
}

}  // namespace

// One that may be left out.
void CheckAnyId(std::string_view field, const std::string& id, FieldViolations* bad) {
  if (!id.empty()) Expect(CheckId(id, kMaxIdCharacters), field, *bad);
}

void CheckCustomer(const std::string& customer_id, FieldViolations* bad) {
  Expect(CheckId(customer_id, kMaxIdCharacters), "customer_id", *bad);
}

void CheckDate(std::string_view field, bool given, const google::type::Date& date,
               FieldViolations* bad) {
  if (!given) return;
  const absl::StatusOr<absl::CivilDay> day = DayOf(date);
  if (!day.ok()) bad->Add(field, std::string(day.status().message()));
}

// The range of google.protobuf.Timestamp.
void CheckTime(bool given, const google::protobuf::Timestamp& time, FieldViolations* bad) {
  constexpr int64_t kFirst = -62'135'596'800, kLast = 253'402'300'799;
  if (!given) return;
  if (time.seconds() < kFirst || time.seconds() > kLast || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    bad->Add("read_time", "must be a time of the years 1 to 9999");
  }
}

void CheckPage(int32_t page_size, FieldViolations* bad) {
  if (page_size < 0) bad->Add("page_size", "must not be negative");
}

absl::StatusOr<int64_t> ReadMicros(const google::protobuf::Timestamp& time,
                                   const Reading& reading) {
  const int64_t micros = MicrosOf(time);
  // A clock that was set back must not forbid asking for what stands in the book.
  if (micros > std::max(absl::ToUnixMicros(reading.now), RecordedUs(reading))) {
    return Refuse(Reason::kReadTimeInFuture,
                  absl::StrCat("read_time is later than now, ", absl::FormatTime(reading.now)));
  }
  return micros;
}

void SetPosition(const Reading& reading, int64_t read_us, v1::ReadPosition* position) {
  projection::SetPosition(reading, position);
  position->set_provisional(!std::all_of(
      reading.partitions.begin(), reading.partitions.end(),
      [read_us](const PartitionReading& partition) { return Settled(partition, read_us); }));
}

absl::StatusOr<const v1::AccountHead*> FindAccount(const store::View& view,
                                                   const std::string& customer_id,
                                                   const std::string& account_id, int64_t read_us,
                                                   v1::CustomerRow* row) {
  ASSIGN_OR_RETURN(const bool found, view.Read(kCustomers, customer_id, row));
  if (!found || row->registered_recorded_us() > read_us) {
    return Refuse(Reason::kCustomerNotFound,
                  absl::StrCat("customer '", customer_id, "' is not in the book"),
                  {{"customer_id", customer_id}});
  }
  const v1::AccountHead* match = nullptr;
  int known = 0;
  std::vector<std::string> names;
  for (const v1::AccountHead& head : row->accounts()) {
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
  return Refuse(Reason::kAccountRequired,
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
    out->full.push_back(std::make_unique<v1::HistoryChunk>());
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
v1::CustomerRow& ScratchRow() {
  thread_local v1::CustomerRow row;
  return row;
}
Standing& ScratchStanding() {
  thread_local Standing standing;
  return standing;
}

bool KnewAll(int64_t read_us, const store::View& view) {
  return read_us >= view.position().recorded_time_us;
}

void SetDate(int32_t day, google::type::Date* date) { *date = DateOf(DayOfEpoch(day)); }

// ----------------------------------------------------------------------------------------- pages

int32_t DayOfPage(const Page& page, projection::DayAsked& day, const std::string& time_zone) {
  return page.day.has_value() ? *page.day : day.In(time_zone);
}

std::string Page::TokenFor(int64_t next, int32_t day) const {
  v1::PageToken token;
  token.set_fingerprint(fingerprint);
  token.set_index(next);
  token.set_read_us(read_us);
  token.set_day(day);
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

absl::StatusOr<Page> PageOf(const google::protobuf::Message& request, int32_t page_size,
                            const std::string& page_token, int64_t read_us,
                            const Reading& reading) {
  Page page;
  if (page_size > 0) page.size = std::min(page_size, kLargestPage);
  page.fingerprint = projection::FingerprintOf(request);
  page.read_us = read_us == kEverything ? RecordedUs(reading) : read_us;
  if (page_token.empty()) return page;

  v1::PageToken token;
  std::string bytes;
  if (page_token.size() > 256 || !absl::WebSafeBase64Unescape(page_token, &bytes) ||
      !token.ParseFromString(bytes) || token.fingerprint() != page.fingerprint ||
      token.index() <= 0 || token.index() > kMaxIndex || token.read_us() < 0 ||
      token.read_us() > page.read_us) {
    return Refuse(Reason::kPageTokenMalformed,
                  "page_token is not the next_page_token of this query with these fields");
  }
  page.index = token.index();
  page.read_us = token.read_us();
  page.day = token.day();
  return page;
}

}  // namespace daybook::balances
