#include "services/daybook/import/order_commands.h"

#include <gtest/gtest.h>

#include <set>

#include "common/base/text.h"

namespace daybook {
namespace {

const Currency& Usd() { return *Currency::Find("USD"); }

Order TheOrder() {
  Order order;
  order.customer_id = "00004";
  order.date = absl::CivilDay(1997, 1, 1);
  order.paid_date = order.date;
  order.quantity = "2";
  order.amount_minor = 2933;
  order.line = 2;
  return order;
}

std::string NameOf(const Order& order, const std::string& source = "",
                   const Currency& currency = Usd()) {
  return OrderNames(source, currency).Of(order);
}

TEST(OrderCommands, PayTheOrdersOwnInvoiceInFull) {
  const auto payment = PaymentCommand(TheOrder(), "order-x", "the-invoice", Usd()).record_payment();
  EXPECT_EQ(payment.amount().units(), 29);
  EXPECT_EQ(payment.amount().nanos(), 330'000'000);
  ASSERT_EQ(payment.allocations_size(), 1);
  EXPECT_EQ(payment.allocations(0).invoice_id(), "the-invoice");
  EXPECT_FALSE(payment.allocations(0).has_amount());
  EXPECT_TRUE(payment.allow_unusual());  // real orders of long ago
}

TEST(OrderCommands, HaveANameThatDoesNotDependOnWhereTheRowStands) {
  Order moved = TheOrder();
  moved.line = 77;
  EXPECT_EQ(NameOf(moved), NameOf(TheOrder()));
}

TEST(OrderCommands, HaveAnotherNameWhateverDiffers) {
  std::set<std::string> names = {NameOf(TheOrder())};
  Order other = TheOrder();
  other.customer_id = "00005";
  names.insert(NameOf(other));
  other = TheOrder();
  other.date += 1;
  names.insert(NameOf(other));
  other = TheOrder();
  other.quantity = "3";
  names.insert(NameOf(other));
  other = TheOrder();
  other.amount_minor += 1;
  names.insert(NameOf(other));
  other = TheOrder();
  other.occurrence = 1;
  names.insert(NameOf(other));
  names.insert(NameOf(TheOrder(), "", *Currency::Find("EUR")));
  names.insert(NameOf(TheOrder(), "orders.csv"));
  names.insert(NameOf(TheOrder(), "orders2.csv"));
  other = TheOrder();
  other.amount_minor = -other.amount_minor;
  names.insert(NameOf(other));
  EXPECT_EQ(names.size(), 10);
  for (const std::string& name : names) EXPECT_LE(Cat(name, "-invoice").size(), 64);
}

// A corrected order is the same order: the server refuses it as other content.
TEST(OrderCommands, AreNamedByTheOrderIdAloneIfThereIsOne) {
  Order order = TheOrder();
  order.order_id = "A-1";
  Order corrected = order;
  corrected.amount_minor += 1;
  corrected.date += 1;
  EXPECT_EQ(NameOf(corrected, "b.csv"), NameOf(order, "a.csv"));
  EXPECT_EQ(InvoiceCommand(order, NameOf(order), Usd()).issue_invoice().reference(), "A-1");
  corrected.order_id = "A-2";
  EXPECT_NE(NameOf(corrected), NameOf(order));
}

TEST(OrderCommands, OfAReturnGiveBackWhatWasPaidAndNoMore) {
  Order returned = TheOrder();
  returned.amount_minor = -1000;
  returned.date -= 3;  // before the order, by a clock of the shop
  Order order = TheOrder();
  auto note = ReturnCommand(returned, order, "r", "i", false, Usd()).issue_credit_note();
  EXPECT_EQ(note.kind(), billing::v1::CREDIT_NOTE_KIND_REFUND);
  EXPECT_EQ(note.lines(0).net().units(), 10);
  EXPECT_EQ(note.effective_date().day(), 1);
  EXPECT_EQ(ReturnCommand(returned, order, "r", "i", true, Usd()).issue_credit_note().kind(),
            billing::v1::CREDIT_NOTE_KIND_CREDIT);
  order.paid_date.reset();
  EXPECT_EQ(ReturnCommand(returned, order, "r", "i", true, Usd()).issue_credit_note().kind(),
            billing::v1::CREDIT_NOTE_KIND_OFFSET);
}

// Changing them would make every order that is in a book a new one.
TEST(OrderCommands, KeepTheirIdsForEver) {
  EXPECT_EQ(InvoiceCommand(TheOrder(), NameOf(TheOrder()), Usd()).issue_invoice().request_id(),
            "order-d80f5920c68e4b4e5ba18494b91c4379-invoice");
  const auto first =
      RegisterCommand("00004", CustomerProfile(), absl::CivilDay(1997, 1, 1)).register_customer();
  EXPECT_EQ(first.request_id(), "register-ff61aac4ccd4358f596a05f57cc8d187");
}

}  // namespace
}  // namespace daybook
