#include "tests/e2e/hand_made_history.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/log/v1/token.pb.h"

namespace daybook {
namespace {

constexpr int kPartition = 3;
constexpr char kCustomer[] = "c-1";

google::type::Money Euros(int64_t cents) {
  google::type::Money money;
  money.set_currency_code("EUR");
  money.set_units(cents / 100);
  money.set_nanos(static_cast<int32_t>(cents % 100 * 10'000'000));
  return money;
}

std::string TokenAt(size_t offset) {
  daybook::log::v1::ConsistencyToken token;
  token.set_log_id("log");
  token.set_partition(kPartition);
  token.set_next_offset(static_cast<int64_t>(offset) + 1);
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

}  // namespace

std::string LinkedHash(const std::string& before, const std::string& value) {
  const std::string text = before + value;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return {reinterpret_cast<const char*>(digest), 16};
}

HandMadeHistory::HandMadeHistory() {
  Claim();
  {
    customer::v1::RegisterCustomerRequest request;
    request.set_customer_id(kCustomer);
    request.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    request.mutable_profile()->mutable_personal()->set_display_name("Ada");
    request.set_request_id("register");
    customer::v1::RegisterCustomerResponse response;
    response.set_customer_id(kCustomer);
    auto& commit = Accept("daybook.customer.v1.CustomerService.RegisterCustomer", "register",
                          request, &response);
    auto& event = *commit.add_events()->mutable_customer()->mutable_customer_registered();
    event.set_kind(request.kind());
    *event.mutable_clear() = request.profile().personal();
  }
  {
    billing::v1::OpenAccountRequest request;
    request.set_customer_id(kCustomer);
    request.set_account_id("main");
    request.set_currency_code("EUR");
    request.set_request_id("open");
    billing::v1::OpenAccountResponse response;
    response.set_account_id("main");
    auto& commit =
        Accept("daybook.billing.v1.BillingService.OpenAccount", "open", request, &response);
    auto& event = *commit.add_events()->mutable_billing()->mutable_account_opened();
    event.set_account_id("main");
    event.set_currency_code("EUR");
  }
  Claim();
  IssueInvoice("invoice-1", 100'00, 19'00, 1);
  IssueInvoice("invoice-2", 50'00, 9'50, 2);
  records.emplace_back().mutable_barrier();
  {
    billing::v1::RecordPaymentRequest request;
    request.set_customer_id(kCustomer);
    request.set_account_id("main");
    *request.mutable_amount() = Euros(150'00);
    request.set_method(billing::v1::PAYMENT_METHOD_CARD);
    request.set_request_id("payment");
    billing::v1::RecordPaymentResponse response;
    response.set_payment_id("p-payment");
    response.set_allocation_count(2);
    *response.mutable_unapplied() = Euros(0);
    auto& commit =
        Accept("daybook.billing.v1.BillingService.RecordPayment", "payment", request, &response);
    auto& event = *commit.add_events()->mutable_billing()->mutable_payment_recorded();
    event.set_account_id("main");
    event.set_payment_id("p-payment");
    event.set_amount_minor(150'00);
    event.set_currency_code("EUR");
    event.set_method(request.method());
    auto* first = event.add_allocations();
    first->set_invoice_id("i-invoice-1");
    first->set_amount_minor(119'00);
    auto* second = event.add_allocations();
    second->set_invoice_id("i-invoice-2");
    second->set_amount_minor(31'00);
  }
  {
    IssuedCommand& refused = commands.emplace_back();
    refused.method = "daybook.billing.v1.BillingService.IssueInvoice";
    refused.customer_id = kCustomer;
    refused.request_id = "refused";
    refused.must_be_refused = refused.reason = "CURRENCY_MISMATCH";
    refused.outcome = IssuedCommand::Outcome::kRefused;
    refused.begun = ++clock_;
    refused.ended = ++clock_;
  }
}

void HandMadeHistory::Claim() {
  auto& claim = *records.emplace_back().mutable_owner_started();
  claim.set_owner(absl::StrCat("owner-", records.size()));
  claim.set_log_id("log");
  claim.set_partition_count(4);
  claim.set_format(2);
}

book::v1::Commit& HandMadeHistory::Accept(const std::string& method, const std::string& request_id,
                                          const google::protobuf::Message& request,
                                          google::protobuf::Message* response) {
  const std::string answer = response->SerializeAsString();
  const auto* type = response->GetDescriptor();
  response->GetReflection()->SetInt64(response, type->FindFieldByNumber(14), ++revision_);
  response->GetReflection()->SetString(response, type->FindFieldByNumber(15),
                                       TokenAt(records.size()));
  IssuedCommand& command = commands.emplace_back();
  command.method = method;
  command.customer_id = kCustomer;
  command.request_id = request_id;
  command.request = request.SerializeAsString();
  command.begun = ++clock_;
  command.ended = ++clock_;
  command.outcome = IssuedCommand::Outcome::kAccepted;
  command.response = response->SerializeAsString();

  auto& commit = *records.emplace_back().mutable_commit();
  commit.set_customer_id(kCustomer);
  commit.set_request_id(request_id);
  commit.set_request_hash(std::string(16, 'h'));
  commit.set_revision(revision_);
  commit.set_method(method);
  commit.set_answer(answer);
  return commit;
}

void HandMadeHistory::IssueInvoice(const std::string& request_id, int64_t net, int64_t tax,
                                   int64_t number) {
  billing::v1::IssueInvoiceRequest request;
  request.set_customer_id(kCustomer);
  request.set_account_id("main");
  request.set_series("A");
  auto* item = request.add_lines();
  *item->mutable_amount() = Euros(net);
  item->mutable_tax_rate_percent()->set_value("19");
  request.set_request_id(request_id);
  billing::v1::IssueInvoiceResponse response;
  response.set_invoice_id("i-" + request_id);
  response.set_number(absl::StrCat("A-2026-03-00000", number));
  *response.mutable_total() = Euros(net + tax);
  *response.mutable_credit_applied() = Euros(0);
  auto& commit =
      Accept("daybook.billing.v1.BillingService.IssueInvoice", request_id, request, &response);
  commit.add_events()->mutable_effective_date()->set_year(2026);
  auto& event = *commit.mutable_events(0)->mutable_billing()->mutable_invoice_issued();
  event.set_account_id("main");
  event.set_invoice_id("i-" + request_id);
  event.mutable_number()->set_series("A");
  event.mutable_number()->set_year(2026);
  event.mutable_number()->set_partition(kPartition);
  event.mutable_number()->set_sequence(number);
  event.set_currency_code("EUR");
  auto* line = event.add_lines();
  line->set_net_minor(net);
  line->set_tax_minor(tax);
  auto* total = event.add_taxes();
  total->set_net_minor(net);
  total->set_tax_minor(tax);
  event.set_net_minor(net);
  event.set_tax_minor(tax);
  event.set_total_minor(net + tax);
}

std::vector<StoredRecord> HandMadeHistory::Linked() const {
  std::vector<StoredRecord> stored;
  uint64_t epoch = 0, sequence = 0, key = 0;
  const std::string zeros(16, '\0');
  std::string hash = zeros;
  for (book::v1::Record record : records) {
    if (!record.has_recorded_time()) {
      record.mutable_recorded_time()->set_seconds(1'000'000 + static_cast<int64_t>(stored.size()));
    }
    record.set_chain_key(key);
    record.set_confirmed_sequence(sequence);
    if (record.has_owner_started()) {
      record.set_epoch(++epoch);
      const std::string link = LinkedHash(zeros, record.owner_started().owner());
      for (size_t i = 0; i < 8 && epoch == 1; ++i) {
        key = key << 8 | static_cast<unsigned char>(link[i]);
      }
    } else {
      record.set_epoch(epoch);
      record.set_sequence(++sequence);
      record.set_previous_hash(hash);
    }
    const std::string value = record.SerializeAsString();
    hash = LinkedHash(hash, value);
    stored.push_back({kPartition, static_cast<int64_t>(stored.size()),
                      record.has_commit() ? record.commit().customer_id() : "", value});
  }
  return stored;
}

size_t HandMadeHistory::OffsetOf(const std::string& request_id) const {
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].has_commit() && records[i].commit().request_id() == request_id) return i;
  }
  DAYBOOK_CHECK(!"no such commit");
  return 0;
}

book::v1::Commit& HandMadeHistory::CommitOf(const std::string& request_id) {
  return *records[OffsetOf(request_id)].mutable_commit();
}

IssuedCommand& HandMadeHistory::CommandOf(const std::string& request_id) {
  for (IssuedCommand& command : commands) {
    if (command.request_id == request_id) return command;
  }
  DAYBOOK_CHECK(!"no such command");
  return commands[0];
}

}  // namespace daybook
