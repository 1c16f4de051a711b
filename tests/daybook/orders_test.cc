#include "services/daybook/orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "services/daybook/text.h"

namespace daybook {
namespace {

using ::testing::HasSubstr;

const Currency& Usd() { return *Currency::Find("USD"); }

absl::StatusOr<OrderFile> Parse(std::string_view content) { return ParseOrders(content, Usd()); }

std::string ReasonOfRow(std::string_view row) {
  const auto file = Parse(Cat("customer_id,order_date,quantity,amount\n", row, "\n"));
  EXPECT_TRUE(file.ok()) << file.status();
  if (file->bad_rows.empty()) return "";
  EXPECT_EQ(file->bad_rows[0].line, 2);
  return file->bad_rows[0].reason;
}

TEST(Orders, AreReadWhateverTheOrderAndCaseOfTheHeader) {
  const auto file =
      Parse("Amount,note,ORDER_DATE, customer_id ,Quantity\n29.33,x,19970101,4,2.0\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->orders.size(), 1);
  const Order& order = file->orders[0];
  EXPECT_EQ(order.customer_id, "4");
  EXPECT_EQ(order.date, absl::CivilDay(1997, 1, 1));
  EXPECT_EQ(order.quantity, "2");
  EXPECT_EQ(order.amount_minor, 2933);
  EXPECT_EQ(order.line, 2);
}

TEST(Orders, RefuseAFileWithoutAColumn) {
  EXPECT_THAT(Parse("customer_id,order_date,amount\n").status().message(),
              HasSubstr("'quantity' is missing"));
  EXPECT_THAT(Parse("customer_id,order_date,amount,quantity,Amount\n").status().message(),
              HasSubstr("'amount' is there more than once"));
  EXPECT_THAT(Parse("").status().message(), HasSubstr("empty"));
}

TEST(Orders, SayHowManyLinesAForgottenQuoteTookWithIt) {
  const auto file = Parse(
      "customer_id,order_date,quantity,amount\n"
      "\"a,1997-01-01,1,5.00\nb,1997-01-01,1,5.00\"\nc,1997-01-01,1,5.00\n");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->bad_rows.size(), 1);
  EXPECT_EQ(file->bad_rows[0].line, 2);
  EXPECT_THAT(file->bad_rows[0].reason, HasSubstr("goes on to line 3"));
  ASSERT_EQ(file->orders.size(), 1);
  EXPECT_EQ(file->orders[0].line, 4);
}

TEST(Orders, NameTheEncodingOfAFileThatIsNotUtf8) {
  EXPECT_THAT(Parse("\xFF\xFE"
                    "c")
                  .status()
                  .message(),
              HasSubstr("UTF-16"));
}

TEST(Orders, ReadNoFileWithoutEnd) {
  const auto endless = ReadFile("/dev/zero", 1'000'000);
  EXPECT_TRUE(absl::IsInvalidArgument(endless.status())) << endless.status();
  EXPECT_THAT(endless.status().message(), HasSubstr("/dev/zero: is larger than 1000000 bytes"));
}

TEST(Orders, NumberRowsThatLookAlike) {
  const auto file = Parse(
      "customer_id,order_date,quantity,amount\n"
      "a,1997-01-01,1,5.00\na,19970101,1.0,5\nb,1997-01-01,1,5.00\na,1997-01-01,1,5.0\n");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->orders.size(), 4);
  EXPECT_EQ(file->orders[0].occurrence, 0);
  EXPECT_EQ(file->orders[1].occurrence, 1);
  EXPECT_EQ(file->orders[2].occurrence, 0);
  EXPECT_EQ(file->orders[3].occurrence, 2);
}

// Names of people and shops are ids of customers in more files than numbers are.
TEST(Orders, AreOfCustomersWithIdsInAnyScript) {
  const auto file = Parse(
      "customer_id,order_date,quantity,amount\n"
      "M\xc3\xbcller & S\xc3\xb6hne,1997-01-01,1,5.00\n"
      "\" \xc2\xa0Mu\xcc\x88ller & So\xcc\x88hne \",1997-01-02,1,5.00\n"
      "\"\xe7\x8e\x8b, \xe5\xb0\x8f\xe6\x98\x8e\",1997-01-03,1,5.00\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bad_rows.size(), 0u);
  ASSERT_EQ(file->orders.size(), 3u);
  EXPECT_EQ(file->orders[0].customer_id, "M\xc3\xbcller & S\xc3\xb6hne");
  EXPECT_EQ(file->orders[1].customer_id, "M\xc3\xbcller & S\xc3\xb6hne");
  EXPECT_EQ(file->orders[2].customer_id, "\xe7\x8e\x8b, \xe5\xb0\x8f\xe6\x98\x8e");
}

TEST(Orders, NameWhatIsWrongWithARow) {
  EXPECT_EQ(ReasonOfRow("a,1997-01-01,1,0.00"), "");
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1"), HasSubstr("3 fields where the header has 4"));
  EXPECT_THAT(ReasonOfRow(",1997-01-01,1,5"), HasSubstr("customer_id"));
  EXPECT_THAT(ReasonOfRow("a\xe2\x80\x8b"
                          "b,1997-01-01,1,5"),
              HasSubstr("customer_id: has the character U+200B"));
  EXPECT_THAT(ReasonOfRow("a\xff,1997-01-01,1,5"), HasSubstr("customer_id: is not valid UTF-8"));
  EXPECT_THAT(ReasonOfRow(std::string(65, 'a') + ",1997-01-01,1,5"),
              HasSubstr("customer_id: is longer than 64 characters"));
  EXPECT_THAT(ReasonOfRow("a,1997-02-29,1,5"), HasSubstr("order_date: '1997-02-29' is no day"));
  EXPECT_THAT(ReasonOfRow("a,01/02/1997,1,5"), HasSubstr("order_date"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,0,5"), HasSubstr("quantity"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,many,5"), HasSubstr("quantity"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,-5"), HasSubstr("amount"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,5.001"), HasSubstr("finer"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,1e3"), HasSubstr("amount"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,99999999999999999999"), HasSubstr("amount"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,\"5"), HasSubstr("quote"));
}

TEST(Orders, OfCdnowAddUp) {
  const auto content = ReadFile(DAYBOOK_TEST_DATA "/cdnow_orders.csv");
  ASSERT_TRUE(content.ok()) << content.status();
  const auto file = Parse(*content);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bad_rows.size(), 0);
  EXPECT_EQ(file->orders.size(), 6919);
  int64_t sum = 0, zero = 0;
  std::set<std::string> customers;
  for (const Order& order : file->orders) {
    sum += order.amount_minor;
    zero += order.amount_minor == 0;
    customers.insert(order.customer_id);
  }
  EXPECT_EQ(sum, 24'409'194);
  EXPECT_EQ(zero, 8);
  EXPECT_EQ(customers.size(), 2357);
}

}  // namespace
}  // namespace daybook
