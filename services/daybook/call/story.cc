#include <cstdio>

#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/client/batch_sender.h"
#include "common/client/retry_notice.h"
#include "services/daybook/cli/subcommands.h"
#include "services/daybook/config/connect.h"

namespace daybook {
namespace {

using billing::v1::PaymentMethod;

// Commands of a few customers; every one has a fixed request id and fixed days.
class Teller {
 public:
  customer::v1::RegisterCustomerRequest& Register(const std::string& id, absl::CivilDay day) {
    auto& request = *Add()->mutable_register_customer();
    request.set_customer_id(id);
    *request.mutable_effective_date() = DateOf(day);
    request.set_request_id(NextId());
    return request;
  }

  void OpenAccount(const std::string& customer, std::string_view currency, const std::string& zone,
                   int net_days, absl::CivilDay day) {
    auto& request = *Add()->mutable_open_account();
    request.set_customer_id(customer);
    request.set_account_id("main");
    request.set_currency_code(std::string(currency));
    request.set_time_zone(zone);
    request.mutable_terms()->set_net_days(net_days);
    *request.mutable_effective_date() = DateOf(day);
    request.set_request_id(NextId());
  }

  void Invoice(const std::string& customer, absl::CivilDay day, const std::string& what,
               const std::string& quantity, const std::string& unit_price,
               const std::string& tax_rate_percent) {
    auto& request = *Add()->mutable_issue_invoice();
    request.set_customer_id(customer);
    *request.mutable_invoice_date() = DateOf(day);
    auto& line = *request.add_lines();
    line.set_description(what);
    line.mutable_quantity()->set_value(quantity);
    line.mutable_unit_price()->set_value(unit_price);
    if (!tax_rate_percent.empty()) line.mutable_tax_rate_percent()->set_value(tax_rate_percent);
    request.set_request_id(NextId());
  }

  void Payment(const std::string& customer, absl::CivilDay day, int64_t minor,
               std::string_view currency, PaymentMethod method) {
    auto& request = *Add()->mutable_record_payment();
    request.set_customer_id(customer);
    *request.mutable_payment_date() = DateOf(day);
    *request.mutable_amount() = MoneyOf(minor, *Currency::Find(currency));
    request.set_method(method);
    request.set_request_id(NextId());
  }

  const std::vector<book::v1::Command>& commands() const { return commands_; }

 private:
  book::v1::Command* Add() { return &commands_.emplace_back(); }
  std::string NextId() const { return Cat("story-", commands_.size()); }

  std::vector<book::v1::Command> commands_;
};

std::vector<book::v1::Command> TheStory() {
  using absl::CivilDay;
  Teller teller;

  auto& ada = teller.Register("ada", CivilDay(2026, 8, 17));
  ada.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  ada.mutable_profile()->mutable_personal()->set_given_name("Ada");
  ada.mutable_profile()->mutable_personal()->set_family_name("Lovelace");
  ada.mutable_profile()->mutable_personal()->add_emails("ada@example.org");
  ada.mutable_profile()->set_region_code("GB");
  teller.OpenAccount("ada", "GBP", "Europe/London", 14, CivilDay(2026, 8, 17));
  teller.Invoice("ada", CivilDay(2026, 9, 1), "Consulting, hours", "8", "120.00", "20");
  teller.Payment("ada", CivilDay(2026, 9, 10), 1152'00, "GBP",
                 billing::v1::PAYMENT_METHOD_BANK_TRANSFER);

  auto& acme = teller.Register("acme", CivilDay(2026, 8, 20));
  acme.set_kind(customer::v1::CUSTOMER_KIND_ORGANIZATION);
  acme.mutable_profile()->mutable_personal()->set_display_name("Acme Instruments GmbH");
  auto& buyer = *acme.mutable_profile()->mutable_personal()->add_contacts();
  buyer.set_role(customer::v1::CONTACT_ROLE_BUYER);
  buyer.set_display_name("Bruno Beispiel");
  buyer.set_email("bruno@example.com");
  acme.mutable_profile()->set_region_code("DE-BY");
  acme.mutable_profile()->mutable_industry()->set_code("26.51");
  acme.mutable_profile()->mutable_industry()->set_label("Instruments for measuring");
  acme.mutable_profile()->set_size_band(customer::v1::SIZE_BAND_MEDIUM);
  teller.OpenAccount("acme", "EUR", "Europe/Berlin", 30, CivilDay(2026, 8, 20));
  teller.Invoice("acme", CivilDay(2026, 8, 31), "Sensor S-4", "10", "49.90", "19");
  teller.Invoice("acme", CivilDay(2026, 9, 30), "Calibration", "1", "1200.00", "19");
  teller.Payment("acme", CivilDay(2026, 10, 5), 1000'00, "EUR",
                 billing::v1::PAYMENT_METHOD_BANK_TRANSFER);

  auto& mei = teller.Register("mei", CivilDay(2026, 10, 1));
  mei.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  mei.mutable_profile()->mutable_personal()->set_given_name("美");
  mei.mutable_profile()->mutable_personal()->set_family_name("林");
  mei.mutable_profile()->set_region_code("CN-GD");
  mei.mutable_profile()->set_language_code("zh-Hans");
  teller.OpenAccount("mei", "CNY", "Asia/Shanghai", 0, CivilDay(2026, 10, 1));
  teller.Invoice("mei", CivilDay(2026, 10, 3), "Annual plan", "1", "199.00", "");
  teller.Payment("mei", CivilDay(2026, 10, 3), 250'00, "CNY", billing::v1::PAYMENT_METHOD_WALLET);
  return teller.commands();
}

class Story : public Subcommand {
 public:
  Manual manual() const override {
    return {
        .name = "story",
        .summary = "Tell the server a small story to try things on: customers ada, acme and mei",
        .examples = "daybook story",
        .details = "Thirteen commands with fixed request ids: telling it again changes nothing.",
        .exit_codes = "0 told · 1 refused · 4 no answer from the server"};
  }
  int Run(const Config& config) override {
    const auto client = Connect(config);
    RetryNotice notice(config.server_address(), [](std::string_view line) {
      std::fprintf(stderr, "%s\n", std::string(line).c_str());
    });
    const std::vector<book::v1::Command> commands = TheStory();
    const auto results = BatchSender(client.get(), {.notice = &notice}).Send(commands);
    if (!results.ok()) return ReportError(results.status());
    size_t already = 0;
    for (const auto& result : *results) {
      if (const absl::Status status = StatusOf(result); !status.ok()) return ReportError(status);
      already += result.already_recorded();
    }
    std::printf(
        "told: customers ada, acme and mei, with %zu commands: %zu new, %zu already there\n",
        commands.size(), commands.size() - already, already);
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Subcommand> NewStory() { return std::make_unique<Story>(); }

}  // namespace daybook
