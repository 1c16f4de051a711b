// The binary as people use it, on the embedded log: serve, tell, import, ask, look, prove.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "common/base/text.h"
#include "tests/support/child_program.h"
#include "tests/support/daybook_process.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const kCdnow = DAYBOOK_TEST_DATA "/cdnow_orders.csv";

// A running server and the binary's other subcommands pointed at it.
class Walk : public testing::Test {
 protected:
  Walk() : server_({.data_dir = scratch_.path() + "/data", .partitions = 4}) {
    const absl::Status status = server_.StartAndWait();
    EXPECT_TRUE(status.ok()) << status;
  }

  std::vector<std::string> Pointed(std::vector<std::string> words) const {
    words.push_back("--server=" + server_.address());
    words.push_back("--data-dir=" + server_.data_dir());
    return words;
  }
  Ran Run(std::vector<std::string> words) const { return RunDaybook(Pointed(std::move(words))); }

  json Call(const std::string& method, const std::string& request = "{}") const {
    const Ran ran = Run({"call", method, request, "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return json::parse(ran.out, nullptr, false);
  }

  // Control totals of USD, and whether the book balances.
  json UsdTotals(const std::string& request = "{}") const {
    const json answer = Call("BalancesService.GetControlTotals", request);
    std::map<std::string, __int128> sums;
    for (const json& totals : answer["totals"]) {
      for (const json& row : totals["ledger_balances"]) {
        sums[totals["currency_code"]] += NanosOf(row["balance"]);
      }
    }
    for (const auto& [currency, sum] : sums) EXPECT_TRUE(sum == 0) << currency;
    for (const json& totals : answer["totals"]) {
      if (totals["currency_code"] == "USD") return totals;
    }
    return {};
  }

  static __int128 NanosOf(const json& money) {
    return __int128{1'000'000'000} * std::stoll(money.value("units", "0")) +
           money.value("nanos", 0);
  }

  std::string FileWith(const std::string& content, const std::string& name = "orders.csv") const {
    const std::string path = scratch_.path() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }

  // Of the customer's invoice over so many dollars.
  std::string InvoiceNumberOf(const std::string& customer_id, const std::string& units) const {
    const json request = {{"customer_id", customer_id}};
    const json statement = Call("ListStatementEntries", request.dump());
    for (const json& entry : statement["entries"]) {
      if (entry["kind"] == "STATEMENT_ENTRY_KIND_INVOICE" && entry["debit"]["units"] == units)
        return entry["number"];
    }
    return "";
  }

  std::string ExactDump() const {
    const Ran ran = Run({"dump", "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.out;
  }

  static int64_t Times(const std::string& part, const std::string& text) {
    int64_t times = 0;
    for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++times;
    return times;
  }

  int64_t LogLines() const {
    const Ran ran = Run({"history"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const int64_t lines = std::count(ran.out.begin(), ran.out.end(), '\n');
    EXPECT_EQ(Times("\"actor\":\"local\"", ran.out), lines) << "each says who did it";
    return lines;
  }

  void ExpectCdnowIsIn() const {
    const json totals = UsdTotals();
    EXPECT_TRUE(NanosOf(totals["invoiced"]) == __int128{24'409'194} * 10'000'000);
    EXPECT_TRUE(NanosOf(totals["received"]) == __int128{24'409'194} * 10'000'000);
    EXPECT_TRUE(NanosOf(totals["receivable"]) == 0);
    EXPECT_EQ(totals["invoice_count"], "6919");
    EXPECT_EQ(totals["payment_count"], "6911");
    EXPECT_EQ(Call("BalancesService.GetControlTotals")["customer_count"], "2357");
  }

  ScratchDirectory scratch_;
  DaybookProcess server_;
};

TEST_F(Walk, ImportsCdnowOnceHoweverOftenItIsTold) {
  const Ran first = Run({"import", "orders", kCdnow, "--json"});
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(json::parse(first.out), json::parse(R"({"customers": 2357, "new_customers": 2357,
                            "orders": {"new": 6919, "already_there": 0},
                            "payments": {"new": 6911, "already_there": 0},
                            "returns": {"new": 0, "already_there": 0},
                            "total_minor": 24409194, "returned_minor": 0,
                            "currency_code": "USD", "left_out_rows": 0, "left_out_payments": 0,
                            "dry_run": false})"));
  ExpectCdnowIsIn();
  const json autumn = UsdTotals(R"({"as_of_date": {"year": 1997, "month": 9, "day": 30}})");
  EXPECT_TRUE(NanosOf(autumn["invoiced"]) == __int128{17'311'555} * 10'000'000);
  EXPECT_EQ(autumn["invoice_count"], "4960");
  const json one = Call("GetBalance", R"({"customer_id": "00004"})");
  EXPECT_TRUE(NanosOf(one["invoiced"]) == __int128{10'050} * 10'000'000) << one;
  EXPECT_EQ(one["invoice_count"], "4");

  const std::string before = ExactDump();
  const int64_t lines = LogLines();
  EXPECT_EQ(lines, 2357 * 2 + 6919 + 6911);
  const Ran again = Run({"import", "orders", kCdnow, "--json"});
  const json twice = json::parse(again.out);
  EXPECT_EQ(twice["orders"], json::parse(R"({"new": 0, "already_there": 6919})"));
  EXPECT_EQ(twice["payments"], json::parse(R"({"new": 0, "already_there": 6911})"));
  EXPECT_EQ(twice["new_customers"], 0);
  EXPECT_EQ(twice["customers"], 2357);
  EXPECT_EQ(ExactDump(), before);
  EXPECT_EQ(LogLines(), lines);

  const Ran proof = Run({"verify"});
  EXPECT_EQ(proof.code, 0) << proof.err;
  EXPECT_THAT(proof.out, AllOf(HasSubstr("log: whole"), HasSubstr("balances: equal")));
  const Ran from_zero = Run({"dump", "--from-zero", "--json"});
  EXPECT_EQ(from_zero.out, before);
}

TEST_F(Walk, GoesOnAfterImporterAndServerWereKilledHalfWay) {
  int killed = 0;
  for (int ms = 60; ms <= 240; ms += 60) {
    const Ran ran =
        RunDaybook(Pointed({"import", "orders", kCdnow, "--quiet"}), absl::Milliseconds(ms));
    killed += ran.code == -SIGKILL;
    server_.Kill();
    const absl::Status status = server_.StartAndWait();
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_GT(killed, 0);
  const auto there = std::stoll(UsdTotals().value("invoice_count", "0"));
  const Ran last = Run({"import", "orders", kCdnow, "--json"});
  EXPECT_EQ(last.code, 0) << last.err;
  EXPECT_EQ(json::parse(last.out)["orders"]["already_there"], there);
  EXPECT_EQ(json::parse(last.out)["orders"]["new"], 6919 - there);
  ExpectCdnowIsIn();
  EXPECT_EQ(LogLines(), 2357 * 2 + 6919 + 6911);
  EXPECT_EQ(Run({"verify"}).code, 0);
}

TEST_F(Walk, ImportWaitsForAServerThatIsStartedAgain) {
  server_.Kill();
  Ran ran;
  std::thread importer([&] { ran = Run({"import", "orders", kCdnow, "--quiet"}); });
  absl::SleepFor(absl::Milliseconds(300));  // it has been refused some times by then
  EXPECT_TRUE(server_.StartAndWait().ok());
  importer.join();
  EXPECT_EQ(ran.code, 0) << ran.err;
  ExpectCdnowIsIn();
}

TEST_F(Walk, NamesBadRowsAndGoesOn) {
  const std::string file = FileWith(
      "customer_id,order_date,quantity,amount\n"
      "a,1997-01-01,1,10.00\n"
      "a,1997-02-30,1,10.00\n"
      "b,1997-01-01,1,10.001\n"
      "b,1997-01-01,1,0.00\n"
      "b,1997-01-01\n");
  const Ran ran = Run({"import", "orders", file, "--json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, AllOf(HasSubstr(file + ":3: order_date"), HasSubstr(file + ":4: amount"),
                             HasSubstr(file + ":6: 2 fields"), Not(HasSubstr(":2:"))));
  const json summary = json::parse(ran.out);
  EXPECT_EQ(summary["orders"]["new"], 2);
  EXPECT_EQ(summary["payments"]["new"], 1);
  EXPECT_EQ(summary["left_out_rows"], 3);
}

TEST_F(Walk, KeepsCustomersWhoseIdsAreNames) {
  std::vector<std::string> ids = {"M\xc3\xbcller & S\xc3\xb6hne",
                                  "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e", "Bob  O'Neill",
                                  "a/b?c=d%20#e", ""};
  for (int i = 0; i < 64; ++i) ids.back() += "\xf0\x9f\x99\x82";
  std::string rows = "customer_id,order_date,quantity,amount\n";
  for (const std::string& id : ids) rows += Cat(id, ",1997-01-01,1,10.00\n");
  const Ran ran = Run({"import", "orders", FileWith(rows), "--json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(json::parse(ran.out)["customers"], ids.size());

  server_.Kill();
  ASSERT_TRUE(server_.StartAndWait().ok());
  for (const std::string& id : ids) {
    SCOPED_TRACE(id);
    const json request = {{"customer_id", id}};
    EXPECT_EQ(Call("GetBalance", request.dump())["invoiced"]["units"], "10");
    EXPECT_EQ(Call("GetCustomer", request.dump())["customer"]["customer_id"], id);
    const Ran history = Run({"history", "--customer", id, "--type", "CustomerRegistered"});
    EXPECT_EQ(json::parse(history.out)["customer_id"], id);
  }
  std::vector<std::string> listed;
  json page = {{"page_size", 1}};
  do {
    const json answer = Call("ListCustomers", page.dump());
    for (const json& customer : answer["customers"]) listed.push_back(customer["customer_id"]);
    page["page_token"] = answer.value("next_page_token", "");
  } while (!page["page_token"].get<std::string>().empty());
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(ids));
  EXPECT_EQ(Run({"verify"}).code, 0);
  const Ran apart = Run({"history", "--customer", "Mu\xcc\x88ller & So\xcc\x88hne"});
  EXPECT_EQ(apart.code, 2);
  EXPECT_THAT(apart.err, HasSubstr("normal form C"));
}

TEST_F(Walk, CountsTheRowsOfOneReasonAfterTheFirstTen) {
  std::string rows = "customer_id,order_date,quantity,amount\n";
  for (int day = 1; day <= 28; ++day) rows += Cat("a,1997-02-", day / 10, day % 10, ",1,1.50\n");
  const std::string file = FileWith(rows);
  const auto lines = [](const Ran& ran) {
    return std::count(ran.err.begin(), ran.err.end(), '\n');
  };
  const Ran yen = Run({"import", "orders", file, "--currency", "JPY", "--json"});
  EXPECT_EQ(lines(yen), 11) << yen.err;
  EXPECT_THAT(yen.err, HasSubstr("18 more rows: amount: finer than the smallest unit of JPY\n"));
  EXPECT_EQ(json::parse(yen.out)["left_out_rows"], 28);

  EXPECT_EQ(Run({"import", "orders", file}).code, 0);
  Call("ArchiveCustomer", R"({"customer_id": "a", "request_id": "away"})");
  const Ran euros = Run({"import", "orders", file, "--currency", "EUR", "--json"});
  EXPECT_EQ(euros.code, 3);
  EXPECT_EQ(lines(euros), 11) << euros.err;
  EXPECT_THAT(euros.err,
              HasSubstr(file + ": ... and 18 more rows refused with CUSTOMER_ARCHIVED\n"));
  EXPECT_EQ(json::parse(euros.out)["left_out_rows"], 28);

  EXPECT_EQ(lines(Run({"import", "orders", file, "--currency", "EUR", "--every-row"})), 28);
  const Ran strict = Run({"import", "orders", file, "--currency", "EUR", "--strict"});
  EXPECT_EQ(strict.code, 1);
  EXPECT_THAT(strict.err, AllOf(HasSubstr(":2: "), Not(HasSubstr(":3: "))));
}

TEST_F(Walk, SaysInOneLineThatAPortIsTaken) {
  const Ran ran = RunDaybook({"serve", "--data-dir", scratch_.path() + "/other", "--listen",
                              server_.address(), "--http-listen", ""});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "error: cannot listen on " + server_.address() +
                         ": the port is taken; is another server running?\n");
}

TEST_F(Walk, SumsOrdersUpBeyondSixtyFourBits) {
  const std::string file = FileWith(
      "customer_id,order_date,quantity,amount\n"
      "a,1997-01-01,1,92233720368547758.07\n"
      "b,1997-01-01,1,92233720368547758.07\n");
  const Ran ran = Run({"import", "orders", file, "--allow-unusual"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("184467440737095516.14 USD"));
  EXPECT_EQ(ran.err, "");  // the read models answer, too
  const Ran again = Run({"import", "orders", file, "--allow-unusual", "--json"});
  EXPECT_TRUE(json::parse(again.out)["total_minor"].is_null());
}

// Rows that look alike in two files are two orders, unless it is said that they are one.
TEST_F(Walk, ImportsAFileThatWasSplitWhole) {
  const std::string header = "customer_id,order_date,quantity,amount\n";
  const std::string rows = "a,1997-01-01,1,5.00\nb,1997-01-01,1,7.00\n";
  const auto file = [&](const std::string& name, const std::string& content) {
    const std::string path = scratch_.path() + "/" + name;
    std::ofstream(path) << header << content;
    return path;
  };
  const std::string first = file("first.csv", rows), second = file("second.csv", rows);
  EXPECT_EQ(Run({"import", "orders", first}).code, 0);
  const Ran told = Run({"import", "orders", second, "--json"});
  EXPECT_THAT(told.err, HasSubstr("note: 2 of the customers were in the book before"));
  const json other = json::parse(told.out);
  EXPECT_EQ(other["orders"], json::parse(R"({"new": 2, "already_there": 0})"));
  EXPECT_EQ(other["new_customers"], 0);
  EXPECT_EQ(UsdTotals()["invoice_count"], "4");
  // The same file, grown: what was there is counted apart, and named.
  const Ran grown = Run({"import", "orders", file("second.csv", rows + "c,1997-01-02,1,1.00\n")});
  EXPECT_THAT(grown.out, AllOf(HasSubstr("orders: 1 new, 2 already there"),
                               HasSubstr("already there: lines 2, 3\n")));
  // Said to be the same orders in any file.
  const std::string others = "a,1997-02-01,1,5.00\nb,1997-02-01,1,7.00\n";
  const std::string third = file("third.csv", others), copy = file("copy.csv", others);
  EXPECT_EQ(Run({"import", "orders", third, "--across-files"}).code, 0);
  const json same = json::parse(Run({"import", "orders", copy, "--across-files", "--json"}).out);
  EXPECT_EQ(same["orders"], json::parse(R"({"new": 0, "already_there": 2})"));
  EXPECT_EQ(UsdTotals()["invoice_count"], "7");
}

// What came in without the flag is not known by its name, but by what it says.
TEST_F(Walk, AcrossFilesDoublesNothingThatCameInWithoutIt) {
  const std::string header = "customer_id,order_date,amount\n";
  const std::string row = "a,2026-09-01,5.00\n";
  const std::string sept = FileWith(header + row + "b,2026-09-01,7.00\n", "sept.csv");
  ASSERT_EQ(Run({"import", "orders", sept}).code, 0);
  // Twice in the copy: the first is the one that is there, the second is another one.
  const std::string copy = FileWith(header + row + row + "a,2026-09-02,5.00\n", "copy.csv");
  const std::string left_out = copy + ":2: the book has an invoice of this customer, day and";
  for (const bool dry : {true, false}) {
    std::vector<std::string> words = {"import", "orders", copy, "--across-files", "--json"};
    if (dry) words.push_back("--dry-run");
    const Ran ran = Run(words);
    EXPECT_EQ(ran.code, 3);
    EXPECT_THAT(ran.err, AllOf(HasSubstr(left_out), Not(HasSubstr(":3:"))));
    EXPECT_EQ(json::parse(ran.out)["orders"], json::parse(R"({"new": 2, "already_there": 0})"));
    EXPECT_EQ(json::parse(ran.out)["left_out_rows"], 1);
    EXPECT_EQ(json::parse(ran.out)["customers"], 1);
  }
  EXPECT_EQ(UsdTotals()["invoice_count"], "4");
  const Ran again = Run({"import", "orders", copy, "--across-files", "--json"});
  EXPECT_THAT(again.err, HasSubstr(left_out));
  EXPECT_EQ(json::parse(again.out)["orders"], json::parse(R"({"new": 0, "already_there": 2})"));
  // Its customer is in the book, whatever becomes of the row.
  const std::string seven = FileWith(header + "b,2026-09-01,7.00\n", "b.csv");
  const Ran known = Run({"import", "orders", seven, "--across-files", "--json"});
  EXPECT_EQ(json::parse(known.out)["left_out_rows"], 1);
  EXPECT_EQ(json::parse(known.out)["customers"], 1);
  // What is void does not count.
  const json entries = Call("ListStatementEntries", R"({"customer_id": "b"})")["entries"];
  json request = {{"customer_id", "b"}, {"request_id", "r"}};
  request["payment_id"] = entries[1]["document_id"];
  Call("ReversePayment", request.dump());
  request = {{"customer_id", "b"}, {"request_id", "v"}};
  request["invoice_id"] = entries[0]["document_id"];
  Call("VoidInvoice", request.dump());
  const Ran other = Run({"import", "orders", seven, "--across-files", "--json"});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_EQ(json::parse(other.out)["orders"]["new"], 1);
}

// More than one page of a statement, more than one batch of a customer.
TEST_F(Walk, AcrossFilesKnowsAllInvoicesOfACustomer) {
  std::string rows = "customer_id,order_date,quantity,amount,paid_date\n";
  for (int i = 1; i <= 1801; ++i) {
    rows += Cat("till,2026-0", 1 + i % 9, "-01,1,", i % 2 == 0 ? i : 7, ".00,\n");
  }
  ASSERT_EQ(Run({"import", "orders", FileWith(rows, "first.csv")}).code, 0);
  const Ran ran = Run({"import", "orders", FileWith(rows + "till,2026-10-01,1,7.00,\n", "copy.csv"),
                       "--across-files", "--json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_EQ(json::parse(ran.out)["orders"], json::parse(R"({"new": 1, "already_there": 0})"));
  EXPECT_EQ(json::parse(ran.out)["left_out_rows"], 1801);
  EXPECT_EQ(UsdTotals()["invoice_count"], "1802");
}

TEST_F(Walk, AnOrderIdStandsForOneOrderForEver) {
  const std::string header = "order_id,customer_id,order_date,amount,paid_date\n";
  const std::string file = FileWith(header + "A-1,a,1997-01-01,5.00,\nA-2,a,1997-01-02,6.00,\n");
  ASSERT_EQ(Run({"import", "orders", file}).code, 0);
  EXPECT_EQ(UsdTotals()["invoice_count"], "2");
  EXPECT_TRUE(UsdTotals()["payment_count"].is_null());  // none
  // Corrected: refused and named, and no money comes by it. Paid since: the payment is new.
  const std::string later = scratch_.path() + "/later.csv";
  std::ofstream(later) << header
                       << "A-1,a,1997-01-01,50.00,1997-02-01\nA-2,a,1997-01-02,6.00,1997-02-01\n"
                          "A-2,a,1997-01-02,6.00,1997-02-01\nA-3,a,1997-01-03,1.00,\n";
  const Ran ran = Run({"import", "orders", later, "--json"});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr(later + ":2: order 'A-1' is in the book with other content"),
                             Not(HasSubstr(":3:"))));
  const json summary = json::parse(ran.out);
  EXPECT_EQ(summary["orders"], json::parse(R"({"new": 1, "already_there": 2})"));
  EXPECT_EQ(summary["payments"]["new"], 1);
  EXPECT_EQ(summary["left_out_rows"], 1);
  EXPECT_TRUE(NanosOf(UsdTotals()["invoiced"]) == __int128{12} * 1'000'000'000);
  EXPECT_TRUE(NanosOf(UsdTotals()["received"]) == __int128{6} * 1'000'000'000);
}

TEST_F(Walk, ReturnsAreCreditNotesAndOpenOrdersStayOpen) {
  const std::string file = FileWith(
      "customer_id;order_date;amount;due_date;paid_date;name;email;region\n"
      "a;01.03.2026;100,00;31.03.2026;05.03.2026;Ada Lovelace;ada@example.com;GB\n"
      "a;02.03.2026;-30,00;;;;;\n"
      "b;01.03.2026;80,00;31.03.2026;;;;\n"
      "b;04.03.2026;-20,00;;;;;\n"
      "b;05.03.2026;-70,00;;;;;\n");
  const Ran ran =
      Run({"import", "orders", file, "--format", "semicolon,decimal-comma,dd.mm.yyyy", "--json"});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(file + ":6: amount: a return of more than any earlier order"));
  const json summary = json::parse(ran.out);
  EXPECT_EQ(summary["returns"]["new"], 2);
  EXPECT_EQ(summary["returned_minor"], 5000);
  const json totals = UsdTotals();
  EXPECT_TRUE(NanosOf(totals["invoiced"]) == __int128{180} * 1'000'000'000) << totals;
  EXPECT_TRUE(NanosOf(totals["received"]) == __int128{100} * 1'000'000'000);
  EXPECT_TRUE(NanosOf(totals["refunded"]) == __int128{30} * 1'000'000'000);
  EXPECT_TRUE(NanosOf(totals["credited"]) == __int128{50} * 1'000'000'000);
  EXPECT_TRUE(NanosOf(totals["receivable"]) == __int128{60} * 1'000'000'000);
  const json open = Call("ListOpenItems", R"({"customer_id": "b"})");
  EXPECT_EQ(open["items"][0]["due_date"], json::parse(R"({"year": 2026, "month": 3, "day": 31})"));
  const json ada = Call("GetCustomer", R"({"customer_id": "a"})")["customer"];
  EXPECT_EQ(ada["profile"]["personal"]["display_name"], "Ada Lovelace");
  EXPECT_EQ(ada["profile"]["personal"]["emails"][0], "ada@example.com");
  EXPECT_EQ(ada["profile"]["region_code"], "GB");
  const json again = json::parse(
      Run({"import", "orders", file, "--format", "semicolon,decimal-comma,dd.mm.yyyy", "--json"})
          .out);
  EXPECT_EQ(again["returns"], json::parse(R"({"new": 0, "already_there": 2})"));
}

TEST_F(Walk, AReturnThatNamesAnOrderTouchesNoOther) {
  const std::string header = "customer_id,order_id,order_date,amount\n";
  const std::string order = "im-20,oct-1,2026-10-01,100.00\n";
  const std::string rest = "im-20,nov-1,2026-11-02,200.00\nim-20,oct-1,2026-11-03,-40.00\n";
  ASSERT_EQ(Run({"import", "orders", FileWith(header + order, "oct.csv")}).code, 0);
  for (const bool dry : {true, false}) {
    std::vector<std::string> words = {"import", "orders", FileWith(header + rest, "nov.csv")};
    words.push_back("--json");
    if (dry) words.push_back("--dry-run");
    const Ran ran = Run(words);
    EXPECT_EQ(ran.code, 3);
    EXPECT_THAT(ran.err, HasSubstr("nov.csv:3: order_id: order 'oct-1' is not in this file: import "
                                   "the return in one file with its order"));
    EXPECT_EQ(json::parse(ran.out)["returns"]["new"], 0);
    EXPECT_EQ(json::parse(ran.out)["left_out_rows"], 1);
  }
  EXPECT_TRUE(NanosOf(UsdTotals()["credited"]) == 0);
  const std::string one_file = FileWith(header + order + rest, "joined.csv");
  const Ran joined = Run({"import", "orders", one_file, "--json"});
  EXPECT_EQ(joined.code, 0) << joined.err;
  EXPECT_EQ(json::parse(joined.out)["returns"]["new"], 1);
  EXPECT_EQ(json::parse(joined.out)["orders"], json::parse(R"({"new": 0, "already_there": 2})"));
  const std::string number = InvoiceNumberOf("im-20", "100");
  ASSERT_NE(number, "");
  const json statement = Call("ListStatementEntries", R"({"customer_id": "im-20"})");
  for (const json& entry : statement["entries"]) {
    if (entry["kind"] != "STATEMENT_ENTRY_KIND_CREDIT_NOTE") continue;
    EXPECT_EQ(entry["invoice_number"], number);
  }
  EXPECT_TRUE(NanosOf(UsdTotals()["credited"]) == __int128{40} * 1'000'000'000);
}

TEST_F(Walk, SaysWhichRowsOfAFileThatWasImportedBeforeAreNew) {
  const std::string header = "customer_id,order_date,amount\n";
  const std::string file = FileWith(header + "a,2026-10-01,5.00\nb,2026-10-01,1000.00\n");
  EXPECT_THAT(Run({"import", "orders", file}).err, Not(HasSubstr("note")));
  FileWith(header + "a,2026-10-01,5.00\nb,2026-10-01,100.00\n");
  for (const char* how : {"--dry-run", "--strict"}) {
    const Ran mended = Run({"import", "orders", file, how});
    EXPECT_EQ(mended.code, 0);
    EXPECT_THAT(mended.err, AllOf(HasSubstr("note: 1 row is new"), HasSubstr("line 3;"),
                                  HasSubstr("VoidInvoice")));
  }
  EXPECT_THAT(Run({"import", "orders", file}).err, Not(HasSubstr("note")));
  // An order id tells which order it is, but of two returns it tells nothing.
  const std::string order = "order_id,customer_id,order_date,amount\nA-1,a,2026-10-01,5.00\n";
  const std::string returned = FileWith(order + "A-1,a,2026-10-02,-2.00\n", "returned.csv");
  EXPECT_EQ(Run({"import", "orders", returned}).err, "");
  FileWith(order + "A-1,a,2026-10-02,-1.00\n", "returned.csv");
  EXPECT_THAT(Run({"import", "orders", returned}).err,
              AllOf(HasSubstr("note: 1 return is new"), HasSubstr("line 3;")));
}

TEST_F(Walk, LeavesOutAmountsThatNobodyMeansUnlessTold) {
  const std::string file = FileWith(
      "customer_id,order_date,amount\na,2026-10-01,99999999999.00\na,2026-10-01,1000000000.00\n");
  const Ran ran = Run({"import", "orders", file, "--currency", "EUR", "--json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr(file + ":2: amount: '99999999999.00 EUR' is more than the usual"),
                    HasSubstr("--allow-unusual"), Not(HasSubstr(":3:"))));
  EXPECT_EQ(json::parse(ran.out)["orders"]["new"], 1);
  EXPECT_EQ(Run({"import", "orders", file, "--currency", "EUR", "--allow-unusual"}).code, 0);
}

// Each row is counted once: with the orders, the returns or what was left out.
TEST_F(Walk, ARepeatedRowIsCountedWithTheFirst) {
  Call("RegisterCustomer", R"({"customer_id": "gone", "kind": "CUSTOMER_KIND_PERSON",
      "profile": {"personal": {"display_name": "Gone"}}, "request_id": "r"})");
  Call("ArchiveCustomer", R"({"customer_id": "gone", "request_id": "a"})");
  const std::string file = FileWith(
      "customer_id,order_id,order_date,amount\n"
      "gone,K-1,2026-10-01,5.00\ngone,K-1,2026-10-01,5.00\n"
      "here,K-2,2026-10-01,5.00\nhere,K-2,2026-10-01,5.00\n");
  const Ran ran = Run({"import", "orders", file, "--json"});
  EXPECT_EQ(ran.code, 3);
  EXPECT_THAT(ran.err, AllOf(HasSubstr(file + ":2: "), HasSubstr("CUSTOMER_ARCHIVED"),
                             HasSubstr(file + ":3: the order of line 2, which was left out\n")));
  const json summary = json::parse(ran.out);
  EXPECT_EQ(summary["left_out_rows"], 2);
  EXPECT_EQ(summary["orders"], json::parse(R"({"new": 1, "already_there": 1})"));
}

TEST_F(Walk, SaysWhichPartOfAnOrderDiffersAndHowToCorrectIt) {
  const std::string header = "customer_id,order_id,order_date,amount,paid_date\n";
  const std::string order = "a,A-1,2026-10-01,100.00,2026-10-02\n";
  const std::string returned = "a,A-1,2026-10-05,-40.00,\n";
  ASSERT_EQ(Run({"import", "orders", FileWith(header + order + returned)}).code, 0);
  const Ran paid = Run(
      {"import", "orders", FileWith(header + "a,A-1,2026-10-01,100.00,2026-10-03\n"), "--json"});
  EXPECT_EQ(paid.code, 3);
  EXPECT_THAT(paid.err, AllOf(HasSubstr("order 'A-1' is in the book, but its payment with other"),
                              HasSubstr("ReversePayment")));
  const json summary = json::parse(paid.out);
  EXPECT_EQ(summary["orders"]["already_there"], 1);
  EXPECT_EQ(summary["left_out_rows"], 0) << "its row is counted with the orders";
  EXPECT_EQ(summary.value("left_out_payments", 0), 1);
  EXPECT_THAT(Run({"import", "orders", FileWith(header + order + returned)}).err, "");
  const Ran money =
      Run({"import", "orders", FileWith(header + order + returned), "--returns", "credit"});
  EXPECT_EQ(money.code, 3);
  EXPECT_THAT(money.err, AllOf(HasSubstr(":3: the return of order 'A-1' is in the book with other"),
                               HasSubstr("IssueCreditNote")));
  const Ran dearer =
      Run({"import", "orders", FileWith(header + "a,A-1,2026-10-01,90.00,2026-10-02\n")});
  EXPECT_THAT(dearer.err, AllOf(HasSubstr("its invoice stays as it is"), HasSubstr("VoidInvoice")));
}

TEST_F(Walk, SaysWhyACustomerCouldNotBeRegistered) {
  const std::string header = "customer_id,order_date,amount,email\n";
  const std::string rows =
      "a,2026-10-01,5.00,not an address\na,2026-10-02,6.00,\nb,2026-10-02,1.00,\n";
  const std::string file = FileWith(header + rows);
  for (const bool dry : {true, false}) {
    std::vector<std::string> words = {"import", "orders", file, "--json"};
    if (dry) words.push_back("--dry-run");
    const Ran ran = Run(words);
    EXPECT_EQ(ran.code, 3);
    for (const char* line : {":2: ", ":3: "}) {
      EXPECT_THAT(ran.err, HasSubstr(file + line + "customer 'a' could not be registered: "));
    }
    EXPECT_THAT(ran.err, AllOf(HasSubstr("emails"), Not(HasSubstr("CUSTOMER_NOT_FOUND"))));
    const json summary = json::parse(ran.out);
    EXPECT_EQ(summary["customers"], 1);
    EXPECT_EQ(summary["left_out_rows"], 2);
    EXPECT_EQ(summary["orders"]["new"], 1);
  }
  // Who is there stays as they are, whatever the file says of them.
  ASSERT_EQ(Run({"import", "orders",
                 FileWith("customer_id,order_date,amount\na,2026-09-01,1.00\n", "before.csv")})
                .code,
            0);
  const Ran known = Run({"import", "orders", file, "--json"});
  EXPECT_EQ(known.code, 0) << known.err;
  EXPECT_EQ(json::parse(known.out)["customers"], 2);
  EXPECT_EQ(json::parse(known.out)["orders"], json::parse(R"({"new": 2, "already_there": 1})"));
}

TEST_F(Walk, ADryRunSaysWhatWouldHappenAndRecordsNothing) {
  const std::string header = "order_id,customer_id,order_date,amount\n";
  const std::string file = FileWith(header + "A-1,a,1997-01-01,5.00\n");
  const Ran first = Run({"import", "orders", file, "--dry-run", "--json"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(json::parse(first.out)["orders"]["new"], 1);
  EXPECT_EQ(json::parse(first.out)["new_customers"], 1);
  EXPECT_EQ(LogLines(), 0);
  ASSERT_EQ(Run({"import", "orders", file}).code, 0);
  const int64_t lines = LogLines();
  std::ofstream(file) << header << "A-1,a,1997-01-01,5.00\nA-2,b,1997-01-01,6.00\n";
  const json mixed = json::parse(Run({"import", "orders", file, "--dry-run", "--json"}).out);
  EXPECT_EQ(mixed["orders"], json::parse(R"({"new": 1, "already_there": 1})"));
  EXPECT_EQ(mixed["payments"], json::parse(R"({"new": 1, "already_there": 1})"));
  EXPECT_EQ(mixed["new_customers"], 1);
  std::ofstream(file) << header << "A-1,a,1997-01-01,5.50\n";
  const Ran corrected = Run({"import", "orders", file, "--dry-run"});
  EXPECT_EQ(corrected.code, 3);
  EXPECT_THAT(corrected.err, HasSubstr("order 'A-1' is in the book with other content"));
  EXPECT_EQ(LogLines(), lines);
  // Without a server the file alone is looked at, and that is said.
  const Ran alone = RunDaybook({"import", "orders", file, "--dry-run", "--server=127.0.0.1:1"});
  EXPECT_EQ(alone.code, 0);
  EXPECT_THAT(alone.err, HasSubstr("only the file was checked"));
}

// A typing error in a day would stand in the book for ever.
TEST_F(Walk, RefusesDaysThatNobodyMeansUnlessTheRequestSaysSo) {
  ASSERT_EQ(Run({"story"}).code, 0);
  const std::string payment = R"({"customer_id": "acme", "request_id": "p", "method":
      "PAYMENT_METHOD_CARD", "amount": {"currency_code": "EUR", "units": 5},
      "payment_date": {"year": 2062, "month": 3, "day": 1})";
  const Ran refused = Run({"call", "RecordPayment", payment + "}"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("payment_date"), HasSubstr("2062-03-01"),
                                 HasSubstr("allow_unusual")));
  const Ran meant = Run({"call", "RecordPayment", payment + R"(, "allow_unusual": true})"});
  EXPECT_EQ(meant.code, 0);
  EXPECT_EQ(meant.err, "");
  // It is no part of what the request says: sent again without it, the first answer comes again.
  const Ran again = Run({"call", "RecordPayment", payment + "}"});
  EXPECT_EQ(again.code, 0);
  json answer = json::parse(again.out);
  EXPECT_EQ(answer.value("already_recorded", false), true);
  answer.erase("already_recorded");
  EXPECT_EQ(answer, json::parse(meant.out));
  EXPECT_THAT(again.err, HasSubstr("already there"));
}

TEST_F(Walk, SendsNothingWhenStrictAndARowIsBad) {
  const std::string file = FileWith(
      "customer_id,order_date,quantity,amount\na,1997-01-01,1,10.00\na,1997-02-30,1,10.00\n");
  EXPECT_EQ(Run({"import", "orders", file, "--strict"}).code, 1);
  EXPECT_EQ(LogLines(), 0);
}

TEST_F(Walk, NamesRowsThatTheServerRefuses) {
  ASSERT_EQ(Run({"import", "orders",
                 FileWith("customer_id,order_date,quantity,amount\n"
                          "a,1997-01-01,1,10\n"),
                 "--currency", "EUR"})
                .code,
            0);
  // No amount fits here: Σ of the two lines leaves int64.
  const std::string file = FileWith(
      "customer_id,order_date,quantity,amount\n"
      "a,1997-01-01,1,92233720368547758.07\n"
      "a,1997-01-02,1,92233720368547758.07\n"
      "a,1997-01-03,1,1.00\n");
  const Ran ran = Run({"import", "orders", file, "--allow-unusual", "--json"});
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr(file + ":3: "), HasSubstr("AMOUNT_OVERFLOW")));
}

TEST_F(Walk, TellsAStoryTwiceAndShowsItsHistory) {
  EXPECT_THAT(Run({"story"}).out, HasSubstr("13 commands: 13 new, 0 already there"));
  const std::string before = ExactDump();
  EXPECT_THAT(Run({"story"}).out, HasSubstr("13 commands: 0 new, 13 already there"));
  EXPECT_EQ(ExactDump(), before);

  const Ran ran = Run({"history", "--customer", "acme"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  std::vector<std::string> types;
  int64_t offset = -1;
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    const json event = json::parse(line);
    types.push_back(event["type"]);
    EXPECT_EQ(event["customer_id"], "acme");
    EXPECT_EQ(event["revision"], types.size());
    EXPECT_EQ(event["actor"], "local");
    EXPECT_GT(event["offset"], offset);
    offset = event["offset"];
    EXPECT_EQ(event["effective_date"].get<std::string>().substr(0, 5), "2026-");
    EXPECT_TRUE(event["event"].is_object());
  }
  EXPECT_THAT(types, testing::ElementsAre("CustomerRegistered", "AccountOpened", "InvoiceIssued",
                                          "InvoiceIssued", "PaymentRecorded"));
  const Ran misspelt = Run({"history", "--type", "payment_recorded"});
  EXPECT_EQ(misspelt.code, 2);
  EXPECT_THAT(misspelt.err, HasSubstr("\n  PaymentRecorded\n"));
  const Ran payments = Run({"history", "--type", "PaymentRecorded", "--limit", "2"});
  EXPECT_EQ(std::count(payments.out.begin(), payments.out.end(), '\n'), 2);
  EXPECT_THAT(payments.out, Not(HasSubstr("InvoiceIssued")));
  EXPECT_THAT(Run({"history", "--all"}).out, HasSubstr("\"owner_started\""));
}

TEST_F(Walk, CopiesALogThatThenGivesTheSameDump) {
  ASSERT_EQ(Run({"story"}).code, 0);
  const std::string before = ExactDump();
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0);
  const std::string other = scratch_.path() + "/other";
  const Ran copied = Run({"copy", "--to", "embedded:" + other + "/log"});
  ASSERT_EQ(copied.code, 0) << copied.err;
  EXPECT_EQ(RunDaybook({"dump", "--json", "--data-dir=" + other}).out, before);
  const Ran twice = Run({"copy", "--to", "embedded:" + other + "/log"});
  EXPECT_EQ(twice.code, 1);
  EXPECT_THAT(twice.err, HasSubstr("must be empty"));
  const Ran rebuilt = Run({"rebuild"});
  EXPECT_EQ(rebuilt.code, 0) << rebuilt.err;
  EXPECT_THAT(rebuilt.out, AllOf(HasSubstr("equal row by row"), HasSubstr("switched")));
}

TEST_F(Walk, SaysWhyACallIsRefused) {
  const Ran refused = Run({"call", "IssueInvoice", R"({"customer_id": "nobody", "request_id": "r",
      "lines": [{"amount": {"currency_code": "EUR", "units": 1}}]})"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("CUSTOMER_NOT_FOUND"), HasSubstr("what to do")));
  EXPECT_EQ(Run({"call", "IssueInvoice", "{\"colour\": 1}"}).code, 2);
  EXPECT_THAT(refused.err, HasSubstr("\n  customer_id: nobody\n"));
  EXPECT_EQ(Run({"call", "NoSuchThing"}).code, 2);
  EXPECT_EQ(Run({"call", "JournalService.GetTrialBalance"}).code, 0);
  EXPECT_EQ(RunDaybook({"call", "GetBalance", "--server=127.0.0.1:1"}).code, 4);
}

TEST_F(Walk, VerifyNamesWhatWasTamperedWith) {
  ASSERT_EQ(Run({"story"}).code, 0);
  server_.Terminate();
  ASSERT_EQ(server_.WaitUntilEnded(absl::Seconds(20)), 0);
  // A read model of another story.
  const std::string models = server_.data_dir() + "/models";
  DaybookProcess other({.data_dir = scratch_.path() + "/other", .partitions = 4});
  ASSERT_TRUE(other.StartAndWait().ok());
  ASSERT_EQ(RunDaybook({"story", "--server=" + other.address()}).code, 0);
  other.Terminate();
  ASSERT_EQ(other.WaitUntilEnded(absl::Seconds(20)), 0);
  std::filesystem::remove_all(models);
  std::filesystem::copy(other.data_dir() + "/models", models,
                        std::filesystem::copy_options::recursive);
  const Ran proof = Run({"verify"});
  EXPECT_EQ(proof.code, 1);
  EXPECT_THAT(proof.out, HasSubstr("log: whole"));
  EXPECT_THAT(proof.err, HasSubstr("balances"));
}

TEST_F(Walk, KeepsADirectoryOfCustomers) {
  const std::string token = Call("RegisterCustomer", R"({
      "customer_id": "c-1", "kind": "CUSTOMER_KIND_PERSON", "request_id": "r",
      "profile": {"personal": {"given_name": "Ada", "family_name": "Byron"}, "region_code": "GB"},
      "external_ids": [{"system": "erp", "id": "4711"}]})")["consistency_token"];
  const json found = Call("GetCustomerByExternalId", R"({"system": "erp", "id": "4711",
      "consistency_token": ")" + token + "\"}");
  EXPECT_EQ(found["customer"]["customer_id"], "c-1");
  EXPECT_EQ(found["customer"]["profile"]["personal"]["display_name"], "Ada Byron");

  const json updated = Call("UpdateCustomer", R"({
      "customer_id": "c-1", "request_id": "u", "profile": {"personal": {"family_name": "Lovelace"}},
      "update_mask": "personal.familyName,personal.displayName,regionCode",
      "etag": ")" + found["customer"]["etag"].get<std::string>() +
                                                  "\"}");
  EXPECT_EQ(updated["changed_paths"].size(), 3u);
  const Ran late = Run({"call", "UpdateCustomer",
                        R"({"customer_id": "c-1", "request_id": "v", "etag": "1",
                            "profile": {"region_code": "DE"}})"});
  EXPECT_THAT(late.err, HasSubstr("ETAG_MISMATCH"));

  const std::string archived =
      Call("ArchiveCustomer", R"({"customer_id": "c-1", "request_id": "a"})")["consistency_token"];
  const Ran refused = Run({"call", "OpenAccount",
                           R"({"customer_id": "c-1", "request_id": "o", "currency_code": "EUR",
                               "time_zone": "UTC"})"});
  EXPECT_THAT(refused.err, HasSubstr("CUSTOMER_ARCHIVED"));
  const json listed =
      Call("ListCustomers", R"({"filter": "state = ARCHIVED AND display_name : love",
      "order_by": "registered_date desc", "consistency_token": ")" +
                                archived + "\"}");
  ASSERT_EQ(listed["customers"].size(), 1u);
  EXPECT_EQ(listed["customers"][0]["display_name"], "Ada Lovelace");
  EXPECT_EQ(Run({"verify"}).code, 0);
}

TEST_F(Walk, RefusesToServeWhatIsNotSafe) {
  DaybookProcess twin({.data_dir = server_.data_dir(), .partitions = 4});
  const auto said = twin.StartInVain();
  EXPECT_TRUE(said.ok()) << said.status();
  const Ran open = RunDaybook(
      {"serve", "--listen=0.0.0.0:0", "--http-listen=", "--data-dir=" + scratch_.path() + "/open"});
  EXPECT_EQ(open.code, 1);
  EXPECT_THAT(open.err, AllOf(HasSubstr("TLS"), HasSubstr("insecure")));
  EXPECT_EQ(RunDaybook({"serve", "--partitions=0"}).code, 2);
}

TEST(Doctor, FindsNothingWrongWhereNothingIs) {
  const ScratchDirectory scratch;
  const Ran ran = RunDaybook({"doctor", "--data-dir=" + scratch.path(), "--server=127.0.0.1:1"});
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("not there yet"));
}

TEST(Doctor, NamesADirectoryThatIsNotThereAndFilesThatAreNoCertificates) {
  const ScratchDirectory scratch;
  const std::string wrong = scratch.path() + "/wrong";
  const Ran missing = RunDaybook({"doctor", "--data-dir=" + wrong, "--server=127.0.0.1:1"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.out, HasSubstr("data_dir       WRONG " + wrong + " does not exist"));
  std::ofstream(scratch.path() + "/junk") << "junk";
  std::filesystem::permissions(scratch.path() + "/junk", std::filesystem::perms::owner_read);
  const Ran junk = RunDaybook({"doctor", "--data-dir=" + scratch.path(), "--server=127.0.0.1:1",
                               "--tls-cert=" + scratch.path() + "/junk",
                               "--tls-key=" + scratch.path() + "/junk"});
  EXPECT_EQ(junk.code, 1);
  EXPECT_THAT(junk.out, AllOf(HasSubstr("configuration  WRONG"), HasSubstr("/junk")));
}

}  // namespace
}  // namespace daybook
