#include "services/daybook/order_commands.h"

#include <gtest/gtest.h>

#include <set>

namespace daybook {
namespace {

const Currency& Usd() { return *Currency::Find("USD"); }

Order TheOrder() {
  return {.customer_id = "00004",
          .date = absl::CivilDay(1997, 1, 1),
          .quantity = "2",
          .amount_minor = 2933,
          .line = 2,
          .occurrence = 0};
}

std::string IdOf(const Order& order) {
  return InvoiceCommand(order, Usd()).issue_invoice().request_id();
}

TEST(OrderCommands, PayTheOrdersOwnInvoiceInFull) {
  const auto payment = PaymentCommand(TheOrder(), Usd()).record_payment();
  EXPECT_EQ(payment.amount().units(), 29);
  EXPECT_EQ(payment.amount().nanos(), 330'000'000);
  ASSERT_EQ(payment.allocations_size(), 1);
  EXPECT_EQ(payment.allocations(0).invoice_id(), InvoiceIdOf(TheOrder(), Usd()));
  EXPECT_FALSE(payment.allocations(0).has_amount());
}

TEST(OrderCommands, AreTheSameWhereverTheRowStands) {
  Order moved = TheOrder();
  moved.line = 77;
  EXPECT_EQ(InvoiceCommand(moved, Usd()).SerializeAsString(),
            InvoiceCommand(TheOrder(), Usd()).SerializeAsString());
  EXPECT_EQ(PaymentCommand(moved, Usd()).SerializeAsString(),
            PaymentCommand(TheOrder(), Usd()).SerializeAsString());
}

TEST(OrderCommands, HaveAnotherIdWhateverDiffers) {
  std::set<std::string> ids = {IdOf(TheOrder())};
  Order other = TheOrder();
  other.customer_id = "00005";
  ids.insert(IdOf(other));
  other = TheOrder();
  other.date += 1;
  ids.insert(IdOf(other));
  other = TheOrder();
  other.quantity = "3";
  ids.insert(IdOf(other));
  other = TheOrder();
  other.amount_minor += 1;
  ids.insert(IdOf(other));
  other = TheOrder();
  other.occurrence = 1;
  ids.insert(IdOf(other));
  ids.insert(InvoiceCommand(TheOrder(), *Currency::Find("EUR")).issue_invoice().request_id());
  EXPECT_EQ(ids.size(), 7);
  for (const std::string& id : ids) EXPECT_LE(id.size(), 64);
}

// Changing them would make every order that is in a book a new one.
TEST(OrderCommands, KeepTheirIdsForEver) {
  EXPECT_EQ(IdOf(TheOrder()), "order-d80f5920c68e4b4e5ba18494b91c4379-invoice");
  const auto first = RegisterCommand("00004", absl::CivilDay(1997, 1, 1)).register_customer();
  EXPECT_EQ(first.request_id(), "register-ff61aac4ccd4358f596a05f57cc8d187");
}

}  // namespace
}  // namespace daybook
