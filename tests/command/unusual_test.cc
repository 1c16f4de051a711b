// The rule about days, for every command that there is.
#include "common/command/unusual.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/dates.h"
#include "common/base/plausible.h"
#include "common/base/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/command_service.pb.h"
#include "tests/support/given_when_then.h"

namespace daybook::command {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto Today = [] { return absl::CivilDay(2026, 11, 30); };

TEST(Plausible, IsTenYearsBackToTwoAhead) {
  EXPECT_TRUE(CheckPlausible(absl::CivilDay(2016, 11, 30), Today()).ok());
  EXPECT_TRUE(CheckPlausible(absl::CivilDay(2028, 11, 30), Today()).ok());
  EXPECT_EQ(CheckPlausible(absl::CivilDay(2016, 11, 29), Today()).message(),
            "is 2016-11-29, outside 2016-11-30 to 2028-11-30; set allow_unusual if it is meant");
  EXPECT_FALSE(CheckPlausible(absl::CivilDay(2028, 12, 1), Today()).ok());
  EXPECT_FALSE(CheckPlausible(absl::CivilDay(26, 3, 1), Today()).ok());
  // 29 February of a leap year.
  EXPECT_TRUE(CheckPlausible(absl::CivilDay(2026, 3, 1), absl::CivilDay(2024, 2, 29)).ok());
}

TEST(DayFields, AreFoundInTheRequestAndInItsMessages) {
  EXPECT_THAT(DayFields(*billing::v1::IssueInvoiceRequest::descriptor()).names(),
              ElementsAre("invoice_date", "due_date"));
  EXPECT_THAT(DayFields(*billing::v1::CreateDraftInvoiceRequest::descriptor()).names(),
              ElementsAre("draft.invoice_date", "draft.due_date"));
  // A birthday is a day of long ago, and meant.
  EXPECT_THAT(DayFields(*customer::v1::RegisterCustomerRequest::descriptor()).names(),
              ElementsAre("effective_date"));
}

void SetDays(absl::CivilDay day, const Descriptor& type, Message& message, int* count) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    const bool is_day = field->message_type() == google::type::Date::descriptor();
    if (is_day && !field->name().ends_with("_date")) continue;
    if (!is_day && field->message_type()->file()->package().rfind("daybook", 0) != 0) continue;
    Message& inner = *message.GetReflection()->MutableMessage(&message, field);
    if (is_day) {
      static_cast<google::type::Date&>(inner) = DateOf(day);
      ++*count;
    } else {
      SetDays(day, *field->message_type(), inner, count);
    }
  }
}

TEST(DayFields, OfEveryCommandAreRefusedUnlessTheRequestMeansThem) {
  const Descriptor& wrapper = *book::v1::Command::descriptor();
  int with_days = 0;
  for (int i = 0; i < wrapper.field_count(); ++i) {
    const Descriptor& type = *wrapper.field(i)->message_type();
    SCOPED_TRACE(type.full_name());
    const DayFields fields(type);
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type);
    for (const absl::CivilDay day : {absl::CivilDay(2062, 3, 1), absl::CivilDay(26, 3, 1)}) {
      const std::unique_ptr<Message> request(prototype->New());
      int days = 0;
      SetDays(day, type, *request, &days);
      with_days += days > 0;
      const absl::Status refused = fields.Check(*request, Today);
      EXPECT_EQ(static_cast<int>(test::FieldsOf(refused).size()), days);
      if (days == 0) continue;
      EXPECT_EQ(ReasonOf(refused), "INVALID_FIELDS");
      EXPECT_THAT(std::string(refused.message()),
                  testing::AllOf(HasSubstr(FormatDay(day)), HasSubstr("2016-11-30 to 2028-11-30"),
                                 HasSubstr("allow_unusual")));
      // Every command with a day has a way to mean it.
      const FieldDescriptor* allow = type.FindFieldByName("allow_unusual");
      ASSERT_NE(allow, nullptr);
      request->GetReflection()->SetBool(request.get(), allow, true);
      EXPECT_TRUE(fields.Check(*request, Today).ok());
    }
    const std::unique_ptr<Message> plain(prototype->New());
    int days = 0;
    SetDays(Today(), type, *plain, &days);
    EXPECT_TRUE(fields.Check(*plain, Today).ok());
  }
  EXPECT_GE(with_days, 2 * 25);
}

}  // namespace
}  // namespace daybook::command
