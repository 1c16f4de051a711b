// The documents of the month of month_story.cc, read back through the API: equal to what was said,
// and standing as a bookkeeper would have it, at three pairs of clocks: October as it was reported,
// October as known now, and the middle of November.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/month_story.h"
#include "tests/support/scratch.h"

namespace daybook {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// A pair of clocks, and how many of the commands were known.
struct Pair {
  const char* name;
  json as_of;
  std::string read_time;
  size_t known = 0;
};

// `STATE open allocated credited written_off discounted`, of documents in the order in which they
// were said; minor units.
std::string Stands(const json& document, std::vector<const char*> fields) {
  std::string text = document.value("state", document.value("kind", ""));
  text = text.substr(text.rfind("_STATE_") + (text.rfind("_STATE_") == text.npos ? 1 : 7));
  text = text.substr(text.rfind("_KIND_") + (text.rfind("_KIND_") == text.npos ? 1 : 6));
  for (const char* field : fields) absl::StrAppend(&text, " ", MinorOf(In(document, field)));
  return text;
}

std::string TextOf(const json& decimal) { return decimal.value("value", ""); }

// Whether a line was told as it was said.
void SameLine(const json& said, const json& told) {
  SCOPED_TRACE(told.dump());
  EXPECT_EQ(told.value("description", ""), said.value("description", ""));
  const json one = {{"value", "1"}};
  EXPECT_EQ(told.value("quantity", one), said.value("quantity", one));
  const bool taxed = said.contains("tax_rate_percent") || said.contains("tax_code");
  EXPECT_EQ(told.contains("tax_rate_percent"), taxed);
  if (said.contains("tax_rate_percent")) {
    EXPECT_EQ(TextOf(In(told, "tax_rate_percent")), TextOf(In(said, "tax_rate_percent")));
  }
  EXPECT_EQ(In(told, "tax_code"), In(said, "tax_code"));
  if (said.contains("amount")) {
    EXPECT_EQ(MinorOf(In(told, "net")), MinorOf(said.at("amount")));
  }
  if (said.contains("gross_amount")) {
    EXPECT_EQ(MinorOf(In(told, "net")) + MinorOf(In(told, "tax")),
              MinorOf(said.at("gross_amount")));
  }
  if (said.contains("gross_unit_price")) {
    EXPECT_EQ(std::stod(TextOf(In(told, "gross_unit_price"))),
              std::stod(TextOf(said.at("gross_unit_price"))));
    EXPECT_TRUE(told.value("tax_included", false));
  }
}

class ReadBack {
 public:
  ReadBack(Firm& firm, const Pair& pair) : firm_(firm), pair_(pair) {
    for (size_t i = 0; i < pair.known; ++i) said_.push_back(firm.said()[i]);
    invoices_ = List("ListInvoices", "invoices", "invoice_id");
    payments_ = List("ListPayments", "payments", "payment_id");
    notes_ = List("ListCreditNotes", "credit_notes", "credit_note_id");
  }

  // Each document that was said and has its day is told, equal to what was said; no other.
  void EqualToWhatWasSaid() {
    size_t invoices = 0, payments = 0, notes = 0;
    std::map<std::string, json> drafts;
    for (const Said& said : said_) {
      SCOPED_TRACE(absl::StrCat(said.method, " ", said.request.dump()));
      const auto is = [&](const char* method) { return said.method == method; };
      if (is("CreateDraftInvoice") || is("UpdateDraftInvoice")) {
        drafts[said.answer.value("invoice_id", said.request.value("invoice_id", ""))] =
            said.request.at("draft");
      }
      if (is("IssueInvoice")) invoices += Invoice(said, drafts);
      if (is("RecordPayment")) payments += Payment(said);
      if (is("IssueCreditNote")) notes += CreditNote(said);
      if (said.answer.contains("debit_note_id")) ++invoices;
    }
    EXPECT_EQ(invoices, invoices_.size());
    EXPECT_EQ(payments, payments_.size());
    EXPECT_EQ(notes, notes_.size());
  }

  std::vector<std::string> InvoicesOf(const std::string& customer) const {
    return Told(invoices_, customer, "number",
                {"open", "allocated", "credited", "written_off", "discounted"});
  }
  std::vector<std::string> PaymentsOf(const std::string& customer) const {
    return Told(payments_, customer, "payment_date",
                {"allocated", "unapplied", "refunded", "reversed", "written_off"});
  }
  std::vector<std::string> NotesOf(const std::string& customer) const {
    return Told(notes_, customer, "number", {"applied", "credited", "allocated", "paid_out"});
  }
  const std::map<std::string, json>& invoices() const { return invoices_; }
  const std::map<std::string, json>& payments() const { return payments_; }

 private:
  json WithClocks(json request) const {
    request["as_of_date"] = pair_.as_of;
    if (!pair_.read_time.empty()) request["read_time"] = pair_.read_time;
    return request;
  }

  // All of all customers, by id.
  std::map<std::string, json> List(const char* method, const char* field, const char* id) {
    std::map<std::string, json> all;
    json request = WithClocks({{"view", "DOCUMENT_VIEW_FULL"}, {"page_size", 5}});
    do {
      const json page = firm_.Ask(method, request);
      for (const json& one : page.value(field, json::array())) {
        EXPECT_TRUE(all.emplace(one.at(id), one).second) << "told twice: " << one;
      }
      request["page_token"] = page.value("next_page_token", "");
    } while (request["page_token"] != "");
    return all;
  }

  bool HasCome(const json& date) const {
    const auto number = [](const json& day) {
      return day.at("year").get<int>() * 10'000 + day.at("month").get<int>() * 100 +
             day.at("day").get<int>();
    };
    return number(date) <= number(pair_.as_of);
  }

  size_t Invoice(const Said& said, const std::map<std::string, json>& drafts) {
    const auto draft = drafts.find(said.request.value("draft_id", ""));
    const json& text = draft == drafts.end() ? said.request : draft->second;
    if (!HasCome(text.at("invoice_date"))) return 0;
    const auto it = invoices_.find(said.answer.value("invoice_id", ""));
    if (it == invoices_.end()) {
      ADD_FAILURE() << "is not told";
      return 0;
    }
    const json& told = it->second;
    EXPECT_EQ(told.value("customer_id", ""), said.customer);
    EXPECT_EQ(told.value("account_id", ""), "main");
    EXPECT_EQ(told.value("number", ""), said.answer.value("number", ""));
    EXPECT_EQ(told.at("invoice_date"), text.at("invoice_date"));
    for (const char* amount : {"net", "tax", "total"}) {
      EXPECT_EQ(MinorOf(In(told, amount)), MinorOf(In(said.answer, amount))) << amount;
    }
    EXPECT_EQ(In(told, "due_date"), In(said.answer, "due_date"));
    EXPECT_EQ(In(In(told, "discount"), "amount"), In(said.answer, "discount"));
    EXPECT_EQ(In(In(told, "discount"), "last_date"), In(said.answer, "discount_date"));
    const json& lines = text.at("lines");
    const json told_lines = told.value("lines", json::array());
    EXPECT_EQ(told_lines.size(), lines.size());
    for (size_t i = 0; i < std::min(lines.size(), told_lines.size()); ++i) {
      SameLine(lines[i], told_lines[i]);
    }
    return 1;
  }

  size_t Payment(const Said& said) {
    if (!HasCome(said.request.at("payment_date"))) return 0;
    const auto it = payments_.find(said.answer.value("payment_id", ""));
    if (it == payments_.end()) {
      ADD_FAILURE() << "is not told";
      return 0;
    }
    for (const char* field : {"customer_id", "payment_date", "method"}) {
      EXPECT_EQ(it->second.at(field), said.request.at(field));
    }
    const json& amount = said.request.at("amount");
    EXPECT_EQ(MinorOf(it->second.at("amount")), MinorOf(amount));
    EXPECT_EQ(it->second.at("amount").at("currency_code"), amount.at("currency_code"));
    return 1;
  }

  size_t CreditNote(const Said& said) {
    if (!HasCome(said.request.at("effective_date"))) return 0;
    const auto it = notes_.find(said.answer.value("credit_note_id", ""));
    if (it == notes_.end()) {
      ADD_FAILURE() << "is not told";
      return 0;
    }
    const json& told = it->second;
    for (const char* field : {"customer_id", "invoice_id", "kind"}) {
      EXPECT_EQ(told.at(field), said.request.at(field));
    }
    EXPECT_EQ(told.at("issue_date"), said.request.at("effective_date"));
    EXPECT_EQ(told.value("reason", ""), said.request.value("reason", ""));
    EXPECT_EQ(told.at("number"), said.answer.at("number"));
    EXPECT_EQ(In(told, "total"), In(said.answer, "total"));
    EXPECT_EQ(told.at("invoice_number"), invoices_.at(told.at("invoice_id")).at("number"));
    const json& line = said.request.at("lines").at(0);
    const json& told_line = told.at("lines").at(0);
    EXPECT_EQ(told_line.value("line_index", 0), line.value("line_index", 0));
    if (line.contains("net")) {
      EXPECT_EQ(MinorOf(told_line.at("net")), MinorOf(line.at("net")));
    }
    if (line.contains("gross")) {
      EXPECT_EQ(MinorOf(told_line.at("net")) + MinorOf(told_line.at("tax")),
                MinorOf(line.at("gross")));
    }
    return 1;
  }

  // How the documents of a customer stand, by a field of them.
  static std::vector<std::string> Told(const std::map<std::string, json>& all,
                                       const std::string& customer, const char* by,
                                       const std::vector<const char*>& fields) {
    std::multimap<std::string, std::string> told;
    for (const auto& [id, document] : all) {
      if (document.value("customer_id", "") != customer) continue;
      const json& key = document.at(by);
      told.emplace(key.is_string() ? key.get<std::string>()
                                   : absl::StrCat(key.at("month").get<int>() * 100 +
                                                  key.at("day").get<int>() + 10'000),
                   Stands(document, fields));
    }
    std::vector<std::string> stands;
    for (auto& [key, stand] : told) stands.push_back(stand);
    return stands;
  }

  Firm& firm_;
  const Pair pair_;
  std::vector<Said> said_;
  std::map<std::string, json> invoices_, payments_, notes_;
};

// What is the same at all three.
void SameAtAll(const ReadBack& told) {
  EXPECT_THAT(told.InvoicesOf("bauer"), ElementsAre("PAID 0 100000 0 0 0", "PAID 0 59500 0 0 0"));
  EXPECT_THAT(told.PaymentsOf("bauer"),
              ElementsAre("SUCCEEDED 40000 0 0 0 0", "SUCCEEDED 119500 0 5500 0 0"));
  EXPECT_THAT(told.InvoicesOf("eva"), ElementsAre("PAID 0 2500 1500 0 0"));
  EXPECT_THAT(told.PaymentsOf("eva"), ElementsAre("SUCCEEDED 2500 0 0 0 0"));
  EXPECT_THAT(told.NotesOf("eva"), ElementsAre("OFFSET 1500 0 0 0"));
  EXPECT_THAT(told.InvoicesOf("fay"), ElementsAre("PAID 0 11662 0 0 238", "ISSUED 238 11662 0 0 0",
                                                  "PAID 0 11650 0 12 238", "ISSUED 11900 0 0 0 0"));
  EXPECT_THAT(told.PaymentsOf("fay"),
              UnorderedElementsAre("SUCCEEDED 11650 0 0 0 0", "REVERSED 0 0 0 11662 0",
                                   "SUCCEEDED 11662 0 0 0 0", "SUCCEEDED 11662 0 0 0 0"));
  EXPECT_THAT(told.PaymentsOf("emil"),
              ElementsAre("CHARGED_BACK 0 0 5950 5950 0", "SUCCEEDED 5949 0 0 0 0",
                          "SUCCEEDED 5950 0 0 0 1"));
}

TEST(MonthDocuments, AreReadBackAsTheyWereSaidAtThreePairsOfClocks) {
  ScratchDirectory scratch;
  Firm firm(scratch.path() + "/embedded", {});
  const Reported reported = TellTheMonth(firm);
  {
    SCOPED_TRACE("October as it was reported");
    ReadBack told(firm, {"reported", Day(10, 31), reported.time, reported.said});
    told.EqualToWhatWasSaid();
    SameAtAll(told);
    EXPECT_THAT(told.InvoicesOf("cole"), ElementsAre("ISSUED 30000 0 0 0 0"));
    EXPECT_THAT(told.PaymentsOf("cole"), ElementsAre("REVERSED 0 0 0 30000 0"));
    EXPECT_THAT(told.InvoicesOf("dora"),
                ElementsAre("PAID 0 15000 5000 0 0", "UNCOLLECTIBLE 0 0 0 8000 0"));
    EXPECT_THAT(told.InvoicesOf("emil"), ElementsAre("PAID 0 11899 0 1 0", "PAID 0 5950 0 0 0"));
    EXPECT_THAT(told.NotesOf("emil"), ElementsAre("CREDIT 0 5950 5950 5950"));
  }
  {
    SCOPED_TRACE("October as known now");
    ReadBack told(firm, {"known now", Day(10, 31), "", firm.said().size()});
    told.EqualToWhatWasSaid();
    SameAtAll(told);
    EXPECT_THAT(told.InvoicesOf("cole"), ElementsAre("ISSUED 20000 0 10000 0 0"));
    EXPECT_THAT(told.InvoicesOf("dora"),
                ElementsAre("PAID 0 15000 5000 0 0", "UNCOLLECTIBLE 0 0 0 8000 0"));
    EXPECT_THAT(told.InvoicesOf("emil"), ElementsAre("PAID 0 11899 0 1 0", "PAID 0 5950 0 0 0"));
  }
  ReadBack told(firm, {"November", Day(11, 15), "", firm.said().size()});
  told.EqualToWhatWasSaid();
  SameAtAll(told);
  EXPECT_THAT(told.InvoicesOf("cole"), ElementsAre("PAID 0 20000 10000 0 0"));
  EXPECT_THAT(told.InvoicesOf("dora"), ElementsAre("PAID 0 15000 5000 0 0", "PAID 0 8000 0 0 0"));
  EXPECT_THAT(told.PaymentsOf("dora"),
              ElementsAre("SUCCEEDED 15000 0 0 0 0", "SUCCEEDED 8000 0 0 0 0"));
  EXPECT_THAT(told.InvoicesOf("emil"), ElementsAre("PAID 0 11899 1 0 0", "PAID 0 5950 0 0 0"));
  EXPECT_THAT(told.NotesOf("emil"), ElementsAre("CREDIT 0 5950 5950 5950", "REFUND 1 0 0 0"));

  // One by one, by id and by number, they are what the lists say.
  for (const auto& [id, invoice] : told.invoices()) {
    json by_id = firm.Ask("GetInvoice", {{"customer_id", invoice.at("customer_id")},
                                         {"invoice_id", id},
                                         {"as_of_date", Day(11, 15)}});
    EXPECT_EQ(by_id.at("invoice"), invoice);
    json by_number =
        firm.Ask("GetInvoice", {{"number", invoice.at("number")}, {"as_of_date", Day(11, 15)}});
    EXPECT_EQ(by_number.at("invoice"), invoice);
  }
  // The draft that was corrected before it went out, and the accounts with their terms.
  std::string draft;
  for (const Said& said : firm.said()) {
    if (said.method == "CreateDraftInvoice") draft = said.answer.value("invoice_id", "");
  }
  const json drafted =
      firm.Ask("GetDraft", {{"customer_id", "bauer"}, {"invoice_id", draft}}).at("draft");
  EXPECT_EQ(drafted.at("state"), "DRAFT_STATE_ISSUED");
  EXPECT_EQ(MinorOf(drafted.at("draft").at("lines").at(0).at("amount")), 1'000'00);
  const json accounts = firm.Ask("ListAccounts", json::object()).at("accounts");
  ASSERT_EQ(accounts.size(), 6u);
  EXPECT_EQ(accounts[5].at("customer_id"), "fay");
  EXPECT_EQ(accounts[5].at("currency_code"), "GBP");
  const json& discount = accounts[5].at("terms").at("early_payment_discount");
  EXPECT_EQ(std::stod(TextOf(discount.at("percent"))), 2);
}

}  // namespace
}  // namespace daybook
