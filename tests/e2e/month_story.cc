// A month of a small firm, as a bookkeeper would tell it: bills, a draft that was corrected, part
// payments, an overpayment and its refund, a bounced debit, a credit note, a write-off, a dispute
// of a part and one of what had been refunded, a credit note that is paid out, a cent too much and
// a cent too little, discounts for early payment that are taken, missed and undone; then the month
// is reported. Weeks later a recovery comes, and corrections dated back into the reported month.
// The report of the month as it was known then stays to the last byte; as known now it has the
// correction.
#include "tests/e2e/month_story.h"

#include "absl/time/clock.h"

namespace daybook {

std::string AMomentLater() {
  absl::SleepFor(absl::Milliseconds(20));
  const std::string now = absl::FormatTime(absl::RFC3339_full, absl::Now(), absl::UTCTimeZone());
  absl::SleepFor(absl::Milliseconds(20));
  return now;
}

namespace {

// Eva sells at a till, at prices with tax: goods at the standard rate, and one that is exempt.
void TellTheTill(Firm& firm) {
  firm.Open("eva", "Eva's Shop", "USD");
  const json till =
      firm.Do("IssueInvoice", "eva",
              {{"invoice_date", Day(10, 2)},
               {"lines", json::array({{{"description", "Cups"},
                                       {"quantity", {{"value", "2"}}},
                                       {"gross_unit_price", {{"value", "15.00"}}},
                                       {"tax_rate_percent", {{"value", "19"}}},
                                       {"tax_code", {{"category", "TAX_CATEGORY_S"}}}},
                                      {{"description", "Lesson"},
                                       {"gross_amount", Dollar(10'00)},
                                       {"tax_code",
                                        {{"category", "TAX_CATEGORY_E"},
                                         {"exemption_reason_code", "VATEX-EU-132-1I"}}}}})}});
  EXPECT_EQ(MinorOf(In(till, "total")), 40'00) << till;
  EXPECT_EQ(MinorOf(In(till, "tax")), 4'79) << till;
  // One cup comes back at what it cost.
  const json note =
      firm.Do("IssueCreditNote", "eva",
              {{"invoice_id", till.value("invoice_id", "")},
               {"kind", "CREDIT_NOTE_KIND_OFFSET"},
               {"lines", json::array({{{"line_index", 0}, {"gross", Dollar(15'00)}}})},
               {"effective_date", Day(10, 4)}});
  EXPECT_EQ(MinorOf(In(note, "total")), 15'00) << note;
  EXPECT_EQ(MinorOf(In(note, "tax")), 2'40) << note;
  firm.Do(
      "RecordPayment", "eva",
      {{"payment_date", Day(10, 5)}, {"amount", Dollar(25'00)}, {"method", "PAYMENT_METHOD_CASH"}});
  const json taxes =
      firm.Ask("ListLedgerDetails",
               {{"ledger_account", "LEDGER_ACCOUNT_TAX_PAYABLE"}, {"currency_code", "USD"}});
  EXPECT_EQ(taxes.at("details").at(0).value("detail", ""), "19 S") << taxes;
  EXPECT_EQ(MinorOf(In(taxes.at("details").at(0), "balance")), -2'39) << taxes;
}

// Fay has 2/10 net 30: she pays one bill in time, one a day late, one in time but a few pence
// short, and one with a debit that bounces.
void TellTheDiscounts(Firm& firm) {
  firm.Open("fay", "Fay & Sons", "GBP");
  firm.Do("ChangeAccountTerms", "fay",
          {{"terms",
            {{"net_days", 30},
             {"early_payment_discount", {{"days", 10}, {"percent", {{"value", "2.0"}}}}}}},
           {"effective_date", Day(10, 1)}});
  std::vector<std::string> bills;
  const auto issue = [&] {
    const json bill =
        firm.Do("IssueInvoice", "fay",
                {{"invoice_date", Day(10, 5)},
                 {"lines", json::array({{{"description", "Work"},
                                         {"amount", Pound(100'00)},
                                         {"tax_rate_percent", {{"value", "19"}}}}})}});
    EXPECT_EQ(MinorOf(In(bill, "discount")), 2'38) << bill;
    EXPECT_EQ(In(bill, "discount_date"), Day(10, 15)) << bill;
    bills.push_back(bill.value("invoice_id", ""));
  };
  for (int i = 0; i < 4; ++i) issue();
  const auto pay = [&](size_t bill, int day, int64_t minor) {
    return firm.Do("RecordPayment", "fay",
                   {{"payment_date", Day(10, day)},
                    {"amount", Pound(minor)},
                    {"method", "PAYMENT_METHOD_DIRECT_DEBIT"},
                    {"allocations", json::array({{{"invoice_id", bills[bill]}}})}});
  };
  const json in_time = pay(0, 15, 116'62);
  EXPECT_EQ(MinorOf(In(in_time, "discounted")), 2'38) << in_time;
  const json late = pay(1, 16, 116'62);
  EXPECT_FALSE(late.contains("discounted")) << late;
  pay(2, 12, 116'50);
  const json residue = firm.Do("WriteOffInvoice", "fay",
                               {{"invoice_id", bills[2]},
                                {"reason", "WRITE_OFF_REASON_NORMAL"},
                                {"effective_date", Day(10, 20)}});
  EXPECT_EQ(MinorOf(In(residue, "amount")), 2'50) << residue;
  const json bounced = pay(3, 14, 116'62);
  EXPECT_EQ(MinorOf(In(bounced, "discounted")), 2'38) << bounced;
  firm.Do("ReversePayment", "fay",
          {{"payment_id", bounced.value("payment_id", "")}, {"effective_date", Day(10, 18)}});

  const auto balance = [&](int day) {
    return firm.Ask("GetBalance", {{"customer_id", "fay"}, {"as_of_date", Day(10, day)}});
  };
  EXPECT_EQ(MinorOf(In(balance(17), "discounted")), 4'76) << balance(17);
  const json end = balance(31);
  EXPECT_EQ(MinorOf(In(end, "discounted")), 4'76) << end;
  EXPECT_EQ(MinorOf(In(end, "discounted_tax")), 76) << end;
  EXPECT_EQ(MinorOf(In(end, "written_off")), 12) << end;
  EXPECT_EQ(MinorOf(In(end, "receivable")), 121'38) << end;
  const auto posted = [&](const char* account) {
    return MinorOf(In(firm.Ask("GetLedgerAccount", {{"ledger_account", account},
                                                    {"currency_code", "GBP"},
                                                    {"as_of_date", Day(10, 31)}}),
                      "balance"));
  };
  EXPECT_EQ(posted("LEDGER_ACCOUNT_SALES_DISCOUNTS"), 4'00);
  EXPECT_EQ(posted("LEDGER_ACCOUNT_TAX_PAYABLE"), -76'00 + 76);
  // Before the last day the open item says what is off, then no longer.
  const auto open = [&](int day) {
    return firm.Ask("ListOpenItems", {{"customer_id", "fay"}, {"as_of_date", Day(10, day)}})
        .at("items");
  };
  EXPECT_EQ(open(11).size(), 4u);
  EXPECT_EQ(MinorOf(In(open(11)[0], "discount")), 2'38);
  EXPECT_EQ(In(open(11)[0], "discount_date"), Day(10, 15));
  EXPECT_EQ(open(18).size(), 3u);
  EXPECT_FALSE(open(18)[0].contains("discount")) << open(18);
}

}  // namespace

Reported TellTheMonth(Firm& firm) {
  firm.Open("bauer", "Bauer OHG");
  firm.Open("cole", "Cole & Daughters");
  firm.Open("dora", "Dora Ltd");
  firm.Open("emil", "Emil eG");

  // October. A draft for Bauer is corrected before it goes out.
  json draft = {{"invoice_date", Day(10, 1)}, {"lines", json::array({Firm::Line(900'00, "")})}};
  const json created = firm.Do("CreateDraftInvoice", "bauer", {{"draft", draft}});
  draft["lines"][0] = Firm::Line(1'000'00, "");
  firm.Do("UpdateDraftInvoice", "bauer",
          {{"invoice_id", created.value("invoice_id", "")}, {"draft", draft}});
  const json issued =
      firm.Do("IssueInvoice", "bauer", {{"draft_id", created.value("invoice_id", "")}});
  EXPECT_EQ(MinorOf(In(issued, "total")), 1'000'00);
  firm.Invoice("bauer", 5, 500'00, "19");
  const std::string coles = firm.Invoice("cole", 3, 300'00);
  const std::string doras = firm.Invoice("dora", 6, 200'00);
  const std::string lost = firm.Invoice("dora", 7, 80'00);

  // Bauer pays a part, then too much, and gets back what is too much.
  firm.Pay("bauer", Day(10, 12), 400'00);
  const json over = firm.Pay("bauer", Day(10, 20), 1'250'00);
  EXPECT_EQ(MinorOf(In(over, "unapplied")), 55'00);
  firm.Do("RefundPayment", "bauer",
          {{"payment_id", over.value("payment_id", "")},
           {"amount", Euro(55'00)},
           {"effective_date", Day(10, 30)}});

  // Cole's debit bounces.
  const json debit = firm.Pay("cole", Day(10, 10), 300'00);
  firm.Do("ReversePayment", "cole",
          {{"payment_id", debit.value("payment_id", "")},
           {"reason", "no funds"},
           {"effective_date", Day(10, 15)}});

  // Dora gets a credit note, pays the rest of that invoice, and will not pay the other.
  firm.Do("IssueCreditNote", "dora",
          {{"invoice_id", doras},
           {"kind", "CREDIT_NOTE_KIND_OFFSET"},
           {"lines", json::array({{{"line_index", 0}, {"net", Euro(50'00)}}})},
           {"reason", "late"},
           {"effective_date", Day(10, 18)}});
  firm.Pay("dora", Day(10, 25), 150'00,
           json::array({{{"invoice_id", doras}, {"amount", Euro(150'00)}}}));
  firm.Do("WriteOffInvoice", "dora",
          {{"invoice_id", lost},
           {"reason", "WRITE_OFF_REASON_BAD_DEBT"},
           {"effective_date", Day(10, 28)}});

  TellTheTill(firm);
  TellTheDiscounts(firm);

  // Emil returns what he has paid for and wants it in cash.
  const std::string returned = firm.Invoice("emil", 2, 100'00, "19");
  const json card = firm.Pay("emil", Day(10, 3), 119'00);
  const json note = firm.Do("IssueCreditNote", "emil",
                            {{"invoice_id", returned},
                             {"kind", "CREDIT_NOTE_KIND_CREDIT"},
                             {"lines", json::array({{{"line_index", 0}, {"net", Euro(50'00)}}})},
                             {"effective_date", Day(10, 8)}});
  EXPECT_EQ(MinorOf(In(note, "credited")), 59'50) << note;
  firm.Do("RefundCreditNote", "emil",
          {{"credit_note_id", note.value("credit_note_id", "")}, {"effective_date", Day(10, 9)}});
  // His bank knows nothing of that and takes back all, in two parts; what is beyond he owes us.
  firm.Do("ChargeBackPayment", "emil",
          {{"payment_id", card.value("payment_id", "")},
           {"amount", Euro(9'50)},
           {"effective_date", Day(10, 16)}});
  const json taken = firm.Do("ChargeBackPayment", "emil",
                             {{"payment_id", card.value("payment_id", "")},
                              {"amount", Euro(109'50)},
                              {"excess", "REVERSAL_EXCESS_CLAIM"},
                              {"effective_date", Day(10, 17)}});
  EXPECT_EQ(MinorOf(In(taken, "excess")), 59'50) << taken;
  EXPECT_EQ(taken.value("debit_note_number", "").substr(0, 8), "DN-2026-") << taken;
  // He pays both, a cent short on the one and a cent too much for the other.
  firm.Pay("emil", Day(10, 20), 59'49,
           json::array({{{"invoice_id", returned}, {"amount", Euro(59'49)}}}));
  firm.Do("WriteOffInvoice", "emil",
          {{"invoice_id", returned},
           {"reason", "WRITE_OFF_REASON_NORMAL"},
           {"correct_tax", true},
           {"effective_date", Day(10, 21)}});
  const json cent = firm.Pay("emil", Day(10, 22), 59'51);
  EXPECT_EQ(MinorOf(In(cent, "unapplied")), 1) << cent;
  firm.Do("WriteOffCredit", "emil",
          {{"payment_id", cent.value("payment_id", "")}, {"effective_date", Day(10, 23)}});

  // The month is reported.
  const json end_of_october = Day(10, 31);
  const std::string then = AMomentLater();
  const Reported reported{then, firm.said().size()};
  const json report = firm.ControlTotals(end_of_october, then);
  json totals = firm.Totals(end_of_october, then);
  EXPECT_EQ(MinorOf(In(totals, "invoiced")), 2'294'00) << totals;
  EXPECT_EQ(MinorOf(In(totals, "received")), 2'338'00) << totals;
  EXPECT_EQ(MinorOf(In(totals, "refunded")), 114'50) << totals;
  EXPECT_EQ(MinorOf(In(totals, "reversed")), 359'50) << totals;
  EXPECT_EQ(MinorOf(In(totals, "claimed")), 59'50) << totals;
  EXPECT_EQ(MinorOf(In(totals, "written_off")), 80'01) << totals;
  EXPECT_EQ(MinorOf(In(totals, "credit_written_off")), 1) << totals;
  EXPECT_EQ(MinorOf(In(totals, "receivable")), 300'00) << totals;
  EXPECT_EQ(MinorOf(In(totals, "unapplied")), 0) << totals;
  const json cole = {{"customer_id", "cole"}, {"as_of_date", end_of_october}, {"read_time", then}};
  const json aging = firm.Ask("GetAging", cole);
  EXPECT_EQ(MinorOf(In(aging.at("rows").at(0).at("buckets").at(0), "amount")), 300'00) << aging;

  // November: Dora pays after all, and the price of Cole's invoice was wrong from the beginning.
  firm.Pay("dora", Day(11, 5), 80'00,
           json::array({{{"invoice_id", lost}, {"amount", Euro(80'00)}}}));
  firm.Do("IssueCreditNote", "cole",
          {{"invoice_id", coles},
           {"kind", "CREDIT_NOTE_KIND_OFFSET"},
           {"lines", json::array({{{"line_index", 0}, {"net", Euro(100'00)}}})},
           {"reason", "wrong price"},
           {"effective_date", Day(10, 20)}});
  firm.Pay("cole", Day(11, 10), 200'00);

  // Emil's cent was no loss: the price had been a cent too high.
  const json undone = firm.Do("IssueCreditNote", "emil",
                              {{"invoice_id", returned},
                               {"kind", "CREDIT_NOTE_KIND_REFUND"},
                               {"lines", json::array({{{"line_index", 0}, {"net", Euro(1)}}})},
                               {"effective_date", Day(11, 12)}});
  EXPECT_EQ(MinorOf(In(undone, "refunded")), 0) << undone;

  // October as known then, as known now, and November.
  EXPECT_EQ(firm.ControlTotals(end_of_october, then), report);
  EXPECT_EQ(firm.Ask("GetAging", cole), aging);
  totals = firm.Totals(end_of_october);
  EXPECT_EQ(MinorOf(In(totals, "receivable")), 200'00) << totals;
  EXPECT_EQ(MinorOf(In(totals, "written_off")), 80'01) << totals;
  totals = firm.Totals(Day(11, 15));
  EXPECT_EQ(MinorOf(In(totals, "receivable")), 0) << totals;
  EXPECT_EQ(MinorOf(In(totals, "received")), 2'618'00) << totals;
  EXPECT_EQ(MinorOf(In(totals, "written_off")), 0) << totals;

  for (const char* customer : {"bauer", "cole", "dora", "emil", "eva", "fay"}) {
    const json statement = firm.Ask(
        "ListStatementEntries",
        {{"customer_id", customer}, {"start_date", Day(10, 1)}, {"end_date", end_of_october}});
    int64_t balance = MinorOf(In(statement, "opening"));
    for (const json& entry : In(statement, "entries")) {
      balance += MinorOf(In(entry, "debit")) - MinorOf(In(entry, "credit"));
      EXPECT_EQ(MinorOf(In(entry, "balance")), balance) << entry;
    }
    EXPECT_EQ(MinorOf(In(statement, "closing")), balance) << statement;
  }
  return reported;
}

}  // namespace daybook
