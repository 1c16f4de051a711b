// The month of month_story.cc: who tells it, to which server, and what was said.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/child_program.h"
#include "tests/support/daybook_process.h"

namespace daybook {

using nlohmann::json;

inline json Day(int month, int day) { return {{"year", 2026}, {"month", month}, {"day", day}}; }

inline json Money(const char* currency, int64_t minor) {
  return {{"currency_code", currency},
          {"units", absl::StrCat(minor / 100)},
          {"nanos", minor % 100 * 10'000'000}};
}
inline json Euro(int64_t minor) { return Money("EUR", minor); }
inline json Dollar(int64_t minor) { return Money("USD", minor); }
inline json Pound(int64_t minor) { return Money("GBP", minor); }

// Proto's JSON leaves out what is zero or empty.
inline json In(const json& object, const char* field) {
  return object.value(field, json::object());
}

inline int64_t MinorOf(const json& money) {
  return std::stoll(money.value("units", "0")) * 100 + money.value("nanos", 0) / 10'000'000;
}

// A command of the story and what was answered.
struct Said {
  std::string method, customer;
  json request, answer;
};

// One server and the calls of the story.
class Firm {
 public:
  Firm(std::string data_dir, std::vector<std::string> flags)
      : flags_(std::move(flags)),
        server_({.data_dir = std::move(data_dir), .partitions = 4, .arguments = flags_}) {
    const absl::Status status = server_.StartAndWait();
    EXPECT_TRUE(status.ok()) << status;
  }

  json Call(const std::string& method, const json& request) {
    const Ran ran =
        RunDaybook({"call", method, request.dump(), "--json", "--server=" + server_.address()});
    EXPECT_EQ(ran.code, 0) << method << " " << request << ": " << ran.err;
    return ran.code == 0 ? json::parse(ran.out) : json::object();
  }

  // A command of a customer; its request id is its place in the story.
  json Do(const std::string& method, const std::string& customer, json request) {
    request["customer_id"] = customer;
    request["request_id"] = absl::StrCat("step-", ++step_);
    json answer = Call(method, request);
    token_ = answer.value("consistency_token", "");
    said_.push_back({method, customer, std::move(request), answer});
    return answer;
  }
  // All commands so far, in order.
  const std::vector<Said>& said() const { return said_; }

  void Open(const std::string& customer, const std::string& name,
            const std::string& currency = "EUR") {
    Do("RegisterCustomer", customer,
       {{"kind", "CUSTOMER_KIND_ORGANIZATION"},
        {"profile", {{"personal", {{"display_name", name}}}}},
        {"effective_date", Day(10, 1)}});
    Do("OpenAccount", customer,
       {{"account_id", "main"},
        {"currency_code", currency},
        {"time_zone", "Europe/Berlin"},
        {"terms", {{"net_days", 30}}},
        {"effective_date", Day(10, 1)}});
  }

  static json Line(int64_t minor, const std::string& tax) {
    json line = {{"description", "Work"}, {"quantity", {{"value", "1"}}}, {"amount", Euro(minor)}};
    if (!tax.empty()) line["tax_rate_percent"] = {{"value", tax}};
    return line;
  }
  std::string Invoice(const std::string& customer, int day, int64_t minor,
                      const std::string& tax = "") {
    return Do("IssueInvoice", customer,
              {{"invoice_date", Day(10, day)}, {"lines", json::array({Line(minor, tax)})}})
        .value("invoice_id", "");
  }
  json Pay(const std::string& customer, json date, int64_t minor,
           json allocations = json::array()) {
    return Do("RecordPayment", customer,
              {{"payment_date", std::move(date)},
               {"amount", Euro(minor)},
               {"method", "PAYMENT_METHOD_BANK_TRANSFER"},
               {"allocations", std::move(allocations)}});
  }

  // What a query says, without the position of the read.
  json Ask(const std::string& method, json request) {
    if (!token_.empty()) request["consistency_token"] = token_;
    json answer = Call(method, request);
    answer.erase("position");
    return answer;
  }
  json ControlTotals(const json& as_of, const std::string& read_time = "") {
    json request = {{"as_of_date", as_of}};
    if (!read_time.empty()) request["read_time"] = read_time;
    return Ask("BalancesService.GetControlTotals", request);
  }
  json Totals(const json& as_of, const std::string& read_time = "") {
    const json answer = ControlTotals(as_of, read_time);
    int64_t sum = 0;
    for (const json& totals : In(answer, "totals")) {
      for (const json& row : In(totals, "ledger_balances")) sum += MinorOf(In(row, "balance"));
    }
    EXPECT_EQ(sum, 0) << answer;
    return answer.contains("totals") ? answer["totals"][0] : json::object();
  }

  std::string BusinessDump() {
    server_.Terminate();
    EXPECT_EQ(server_.WaitUntilEnded(absl::Seconds(30)), 0) << server_.words();
    const std::string at = "--data-dir=" + server_.data_dir();
    std::vector<std::string> verify = {"verify", at}, dump = {"dump", "--business", "--json", at};
    for (auto* words : {&verify, &dump}) words->insert(words->end(), flags_.begin(), flags_.end());
    const Ran proof = RunDaybook(verify);
    EXPECT_EQ(proof.code, 0) << proof.err;
    const Ran ran = RunDaybook(dump);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return ran.code == 0 ? json::parse(ran.out).value("sha256", "") : "";
  }

 private:
  const std::vector<std::string> flags_;
  DaybookProcess server_;
  int step_ = 0;
  std::string token_;
  std::vector<Said> said_;
};

// A moment that every partition has left behind.
std::string AMomentLater();

// When it was reported, and how many commands had been said then.
struct Reported {
  std::string time;
  size_t said = 0;
};

// Tells the month and checks the reports of it.
Reported TellTheMonth(Firm& firm);

}  // namespace daybook
