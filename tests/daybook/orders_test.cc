#include "services/daybook/import/orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "common/base/text.h"
#include "services/daybook/process/read_file.h"

namespace daybook {
namespace {

using ::testing::AllOf;
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
  EXPECT_THAT(Parse("customer_id,order_date,quantity\n").status().message(),
              HasSubstr("'amount' is missing"));
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
  EXPECT_THAT(ReasonOfRow(std::string(65, 'a') + ",1997-01-01,1,5"),
              HasSubstr("customer_id: is longer than 64 characters"));
  EXPECT_THAT(ReasonOfRow("a,1997-02-29,1,5"), HasSubstr("order_date: '1997-02-29' is no day"));
  EXPECT_THAT(ReasonOfRow("a,01/02/1997,1,5"), HasSubstr("order_date"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,0,5"), HasSubstr("quantity"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,many,5"), HasSubstr("quantity"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,-1,5"), HasSubstr("quantity"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,-5"), HasSubstr("a return, but no earlier order"));
  EXPECT_THAT(ReasonOfRow("a,0097-01-01,1,5"), HasSubstr("0097-01-01 is before 1900"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,\"1,5\""), HasSubstr("--format decimal-comma"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,5.001"), HasSubstr("finer"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,1e3"), HasSubstr("amount"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,99999999999999999999"), HasSubstr("amount"));
  EXPECT_THAT(ReasonOfRow("a,1997-01-01,1,\"5"), HasSubstr("quote"));
}

absl::StatusOr<OrderFile> ParseAs(std::string_view words, std::string_view content) {
  const auto format = OrderFormat::Parse(words);
  if (!format.ok()) return format.status();
  return ParseOrders(content, Usd(), {.format = *format});
}

TEST(Orders, AreReadAsTheFormatSays) {
  const auto file = ParseAs("semicolon,decimal-comma,dd.mm.yyyy",
                            "customer_id;order_date;quantity;amount\n4;31.1.1997;0,5;1000,25\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->orders.size(), 1) << file->bad_rows[0].reason;
  EXPECT_EQ(file->orders[0].date, absl::CivilDay(1997, 1, 31));
  EXPECT_EQ(file->orders[0].quantity, "0.5");
  EXPECT_EQ(file->orders[0].amount_minor, 100'025);
  const auto tabs =
      ParseAs("tab,mm/dd/yyyy", "customer_id\torder_date\tamount\n4\t02/01/1997\t5\n");
  ASSERT_TRUE(tabs.ok()) << tabs.status();
  EXPECT_EQ(tabs->orders.at(0).date, absl::CivilDay(1997, 2, 1));
  EXPECT_EQ(tabs->orders.at(0).quantity, "1");
  EXPECT_THAT(ParseAs("dd/mm/yy", "").status().message(), HasSubstr("'dd/mm/yy' is none of"));
}

// 01/02/1997 has two readings, and so has 1,500: what is not said is asked for.
TEST(Orders, OfAnotherFormatAreNotGuessedAt) {
  EXPECT_THAT(Parse("customer_id;order_date;amount\n").status().message(),
              HasSubstr("say --format semicolon"));
  EXPECT_THAT(Parse("customer_id\torder_date\tamount\n").status().message(),
              HasSubstr("say --format tab"));
  EXPECT_THAT(ReasonOfRow("a,01/02/1997,1,5"), HasSubstr("--format dd/mm/yyyy"));
  const auto file = ParseAs("semicolon,decimal-comma,dd/mm/yyyy",
                            "customer_id;order_date;amount\na;13/14/1997;5\na;13/12/1997;1.500\n");
  ASSERT_EQ(file->bad_rows.size(), 2);
  EXPECT_THAT(file->bad_rows[0].reason, HasSubstr("no day as dd/mm/yyyy"));
  EXPECT_THAT(file->bad_rows[1].reason, HasSubstr("signs for thousands are not read"));
}

TEST(Orders, OfOtherEncodingsAreRefusedByLine) {
  EXPECT_THAT(
      Parse("customer_id,order_date,amount,name\na,1997-01-01,1,M\xFCller\n").status().message(),
      AllOf(HasSubstr("line 2 is not UTF-8"), HasSubstr("Latin-1")));
  EXPECT_THAT(Parse(std::string_view("c\0u\0", 4)).status().message(), HasSubstr("UTF-16"));
  EXPECT_TRUE(Parse("customer_id,order_date,amount,name\na,1997-01-01,1,M\xC3\xBCller\n").ok());
  for (const char* wrong : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82"}) {
    EXPECT_FALSE(CheckEncoding(wrong).ok());
  }
}

constexpr char kAllColumns[] =
    "order_id,customer_id,order_date,amount,due_date,paid_date,name,email,region\n";

TEST(Orders, SayWhenTheyAreDueAndPaidAndWhoseTheyAre) {
  const auto file = Parse(Cat(kAllColumns,
                              "A-1,a,1997-01-01,5,1997-01-31,1997-02-03,Ada,,GB\n"
                              "A-2,a,1997-01-02,6,,,Anne,ada@example.com,\n"
                              "A-3,b,1997-01-02,6,1997-01-01,,,,\n"));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->orders.size(), 2);
  EXPECT_EQ(file->orders[0].due_date, absl::CivilDay(1997, 1, 31));
  EXPECT_EQ(file->orders[0].paid_date, absl::CivilDay(1997, 2, 3));
  EXPECT_EQ(file->orders[1].due_date, std::nullopt);
  EXPECT_EQ(file->orders[1].paid_date, std::nullopt);
  const CustomerProfile& ada = file->customers.at("a");
  EXPECT_EQ(ada.name, "Ada");
  EXPECT_EQ(ada.email, "ada@example.com");
  EXPECT_EQ(ada.region, "GB");
  ASSERT_EQ(file->bad_rows.size(), 1);
  EXPECT_THAT(file->bad_rows[0].reason, HasSubstr("due_date: 1997-01-01 is before order_date"));
}

TEST(Orders, OfOneIdStandOnceAndAreRefusedWithOtherContent) {
  const auto file = Parse(
      "order_id,customer_id,order_date,amount\n"
      "A-1,a,1997-01-01,5\nA-1,a,1997-01-01,5.00\nA-1,a,1997-01-01,6\nA-1,b,1997-01-01,5\n"
      ",a,1997-01-01,5\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->orders.size(), 1);
  ASSERT_EQ(file->repeated_rows.size(), 1);
  EXPECT_EQ(file->repeated_rows[0].line, 3);
  EXPECT_EQ(file->repeated_rows[0].first_line, 2);
  ASSERT_EQ(file->bad_rows.size(), 3);
  EXPECT_THAT(file->bad_rows[0].reason, HasSubstr("'A-1' stands on line 2 with other content"));
  EXPECT_THAT(file->bad_rows[2].reason, HasSubstr("order_id"));
}

TEST(Orders, ThatComeBackWithoutANameAreTakenOffTheNewestThatHasSoMuchLeft) {
  const auto file = Parse(
      "customer_id,order_date,amount,order_id\n"
      "a,1997-03-01,50,A-3\n"  // 0: newer than the returns
      "a,1997-01-01,40,A-1\n"  // 1
      "a,1997-02-01,30,A-2\n"  // 2: the newest before them
      "a,1997-02-05,-25,\n"    // 3 of 2
      "a,1997-02-06,-10,\n"    // of 1: only 5 are left of 2
      "a,1997-02-07,-99,\n"    // more than any
      "a,1997-02-08,-7,A-3\n"  // of the order that it names
      "b,1997-02-08,-1,\n");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->orders.size(), 6);
  EXPECT_EQ(file->orders[3].returned, 2);
  EXPECT_EQ(file->orders[4].returned, 1);
  EXPECT_EQ(file->orders[5].returned, 0);
  ASSERT_EQ(file->bad_rows.size(), 2);
  EXPECT_EQ(file->bad_rows[0].line, 7);
  EXPECT_THAT(file->bad_rows[0].reason, HasSubstr("more than any earlier order"));
  EXPECT_EQ(file->bad_rows[1].line, 9);
  EXPECT_THAT(file->bad_rows[1].reason, HasSubstr("no earlier order of the customer is in this"));
}

// A name is meant: no other order takes the return.
TEST(Orders, ThatComeBackWithANameAreTakenOffThatOrderOrNone) {
  const auto file = Parse(
      "customer_id,order_date,amount,order_id\n"
      "a,1997-02-01,10,A-1\n"
      "a,1997-01-01,100,A-2\n"
      "a,1997-02-30,10,A-3\n"
      "b,1997-01-01,10,B-1\n"
      "a,1997-03-01,-5,\n"       // 3: of A-2, since so much of A-1 is wanted by name
      "a,1997-03-02,-6,A-1\n"    // 4
      "a,1997-03-03,-5,A-1\n"    // only 4 are left
      "a,1997-03-04,-1,A-0\n"    // another file's
      "a,1997-03-05,-1,A-3\n"    // cannot be read
      "a,1997-03-06,-1,B-1\n");  // another customer's
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->orders.size(), 5);
  EXPECT_EQ(file->orders[3].returned, 1);
  EXPECT_EQ(file->orders[4].returned, 0);
  ASSERT_EQ(file->bad_rows.size(), 5);
  EXPECT_THAT(file->bad_rows[1].reason, HasSubstr("order 'A-1' has only '4.00 USD' left"));
  EXPECT_THAT(file->bad_rows[2].reason,
              AllOf(HasSubstr("order 'A-0' is not in this file"), HasSubstr("in one file with")));
  EXPECT_THAT(file->bad_rows[3].reason, HasSubstr("a return of order 'A-3', which was left out"));
  EXPECT_THAT(file->bad_rows[4].reason, HasSubstr("order 'B-1' is another customer's"));
}

TEST(Orders, OfUnusualAmountsAreTypingErrors) {
  const std::string_view rows =
      "customer_id,order_date,amount\n"
      "a,1997-01-01,100.01\na,1997-01-01,100\na,1997-01-02,-100.01\n";
  const auto file = ParseOrders(rows, Usd(), {.max_amount_minor = 10'000});
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->orders.size(), 1);
  ASSERT_EQ(file->bad_rows.size(), 2);
  for (const BadRow& bad : file->bad_rows) {
    EXPECT_THAT(bad.reason, AllOf(HasSubstr("amount: '"), HasSubstr("the usual 100.00 USD"),
                                  HasSubstr("--allow-unusual")));
  }
}

TEST(Orders, OfTheDistantFutureAreTypingErrors) {
  const auto file = ParseOrders("customer_id,order_date,amount\na,2062-01-01,5\na,2028-11-30,5\n",
                                Usd(), {.last_day = absl::CivilDay(2028, 11, 30)});
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->orders.size(), 1);
  EXPECT_THAT(file->bad_rows.at(0).reason, HasSubstr("2062-01-01 is after 2028-11-30"));
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
