// EventType names the kinds of events for those who cannot hold an event, so it must keep up with
// the oneof of Event.
#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "daybook/billing/v1/event.pb.h"

namespace daybook::billing {
namespace {

TEST(EventType, HasAValueOfTheSameNumberForEachEvent) {
  const auto& oneof = *v1::Event::descriptor()->FindOneofByName("event");
  const auto& type = *v1::EventType_descriptor();
  EXPECT_EQ(type.value_count(), oneof.field_count() + 1);
  for (int i = 0; i < oneof.field_count(); ++i) {
    const auto& field = *oneof.field(i);
    const auto* value = type.FindValueByNumber(field.number());
    ASSERT_NE(value, nullptr) << field.name();
    EXPECT_EQ(value->name(), absl::StrCat("EVENT_TYPE_", absl::AsciiStrToUpper(field.name())));
  }
}

}  // namespace
}  // namespace daybook::billing
