#include "services/daybook/call/json_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daybook/balances/v1/balances_service.pb.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"

namespace daybook {
namespace {

using ::testing::EndsWith;

template <class Request>
std::string Problem(const char* text) {
  Request request;
  return std::string(ParseJsonRequest(text, &request).message());
}

TEST(JsonRequest, ReadsWhatIsRight) {
  billing::v1::IssueInvoiceRequest request;
  ASSERT_TRUE(ParseJsonRequest(R"({"customer_id": "c", "lines": [{"quantity": {"value": "2.5"}}]})",
                               &request)
                  .ok());
  EXPECT_EQ(request.lines(0).quantity().value(), "2.5");
}

TEST(JsonRequest, NamesTheFieldsThereAre) {
  EXPECT_THAT(
      Problem<balances::v1::ListStatementEntriesRequest>(R"({"customer": "c"})"),
      EndsWith("customer: Cannot find field. There are customer_id, account_id, start_date, "
               "end_date, read_time, consistency_token, page_size, page_token"));
  EXPECT_THAT(Problem<billing::v1::CreateDraftInvoiceRequest>(
                  R"({"draft": {"lines": [{}, {"unit_price": {"val": "1"}}]}})"),
              EndsWith("(draft.lines[1].unit_price) val: Cannot find field. There are value"));
}

TEST(JsonRequest, ShowsHowThingsAreWritten) {
  EXPECT_THAT(Problem<balances::v1::GetBalanceRequest>(R"({"as_of_date": "2026-01-31"})"),
              EndsWith(R"(; write {"year": 2026, "month": 1, "day": 31})"));
  EXPECT_THAT(Problem<billing::v1::RecordPaymentRequest>(R"({"amount": 12.5})"),
              EndsWith(R"(for google.type.Money; write {"currency_code": "EUR", "units": 12, )"
                       R"("nanos": 500000000} for 12.50)"));
  EXPECT_THAT(Problem<billing::v1::RecordPaymentRequest>(R"({"amount": {"units": 12.5}})"),
              EndsWith(R"("nanos": 500000000} for 12.50)"));
  EXPECT_THAT(Problem<customer::v1::RegisterCustomerRequest>(R"({"kind": "PERSON"})"),
              EndsWith("; write one of CUSTOMER_KIND_PERSON, CUSTOMER_KIND_ORGANIZATION"));
}

TEST(JsonRequest, PointsAtWhatIsNoJson) {
  EXPECT_THAT(
      Problem<balances::v1::GetBalanceRequest>("{"),
      EndsWith("GetBalanceRequest: Unexpected end of string. Expected an object key or }."));
  EXPECT_THAT(Problem<balances::v1::GetBalanceRequest>("{} x"), EndsWith("x\n   ^"));
}

}  // namespace
}  // namespace daybook
