// What billing refuses for an archived customer: the books meet in the state.
#include <gtest/gtest.h>

#include "services/billing/billing.h"
#include "tests/support/given_when_then.h"

namespace daybook {
namespace {

using test::Proto;
using test::Story;

TEST(ArchivedCustomer, TakesNoBillingCommand) {
  Story<billing::Billing> story;
  auto& customer = *story.state().mutable_customer();
  customer.set_registered(true);
  customer.set_state(customer::v1::CUSTOMER_STATE_ACTIVE);
  const auto open = Proto<billing::v1::OpenAccountRequest>(
      "account_id: 'a' currency_code: 'EUR' time_zone: 'UTC'");
  const auto issue = Proto<billing::v1::IssueInvoiceRequest>(
      "lines { description: 'Tea' amount { currency_code: 'EUR' units: 1 } }");
  const auto pay = Proto<billing::v1::RecordPaymentRequest>(
      "amount { currency_code: 'EUR' units: 1 } method: PAYMENT_METHOD_CASH");
  EXPECT_TRUE(story.When(open).status.ok());
  EXPECT_TRUE(story.When(issue).status.ok());
  EXPECT_TRUE(story.When(pay).status.ok());

  customer.set_state(customer::v1::CUSTOMER_STATE_ARCHIVED);
  const auto refused = story.When(open).ThenRefused("CUSTOMER_ARCHIVED");
  EXPECT_EQ(MetadataOf(refused.status, "state"), "ARCHIVED");
  EXPECT_EQ(MetadataOf(refused.status, "allowed_commands"), "RestoreCustomer,RemoveExternalId");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status));
  story.When(issue).ThenRefused("CUSTOMER_ARCHIVED");
  story.When(pay).ThenRefused("CUSTOMER_ARCHIVED");
}

}  // namespace
}  // namespace daybook
