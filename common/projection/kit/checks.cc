#include "common/projection/kit/checks.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/dates.h"
#include "common/base/text.h"

namespace daybook::projection {
namespace {

// The range of google.protobuf.Timestamp.
constexpr int64_t kFirstSecond = -62'135'596'800, kLastSecond = 253'402'300'799;

}  // namespace

void CheckCustomerId(const std::string& customer_id, FieldViolations& bad) {
  Expect(CheckId(customer_id, kMaxIdCharacters), "customer_id", bad);
}

void CheckAnyId(const std::string& id, std::string_view field, FieldViolations& bad) {
  if (!id.empty()) Expect(CheckId(id, kMaxIdCharacters), field, bad);
}

void CheckAccountId(const std::string& account_id, bool needs_customer, FieldViolations& bad) {
  CheckAnyId(account_id, "account_id", bad);
  if (!account_id.empty() && needs_customer) bad.Add("account_id", "needs a customer_id");
}

void CheckDate(const google::type::Date* date, std::string_view field, FieldViolations& bad) {
  if (date != nullptr) Expect(DayOf(*date).status(), field, bad);
}

void CheckReadTime(const google::protobuf::Timestamp* time, FieldViolations& bad) {
  if (time == nullptr) return;
  if (time->seconds() < kFirstSecond || time->seconds() > kLastSecond || time->nanos() < 0 ||
      time->nanos() > 999'999'999) {
    bad.Add("read_time", "must be a time of the years 1 to 9999");
  }
}

void CheckPeriod(const google::type::Date* start_date, const google::type::Date* end_date,
                 FieldViolations& bad) {
  CheckDate(start_date, "start_date", bad);
  CheckDate(end_date, "end_date", bad);
  if (start_date == nullptr || end_date == nullptr) return;
  const absl::StatusOr<absl::CivilDay> first = DayOf(*start_date), last = DayOf(*end_date);
  if (first.ok() && last.ok() && *last < *first) {
    bad.Add("end_date", "must not be before start_date");
  }
}

void CheckPageSize(int32_t page_size, FieldViolations& bad) {
  if (page_size < 0) bad.Add("page_size", "must not be negative");
}

absl::Status StartsAhead(int32_t today) {
  FieldViolations bad;
  bad.Add("end_date",
          absl::StrCat("is required: start_date is after today, ", FormatDay(DayOfEpoch(today))));
  return bad.ToStatus();
}

}  // namespace daybook::projection
