#include "tests/support/load_requests.h"

#include "absl/strings/str_cat.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "tests/support/reference_book.h"

namespace daybook {
namespace {

constexpr const char* kCurrencies[] = {"EUR", "USD", "JPY", "KWD"};
constexpr const char* kBilling = "daybook.billing.v1.BillingService";
constexpr const char* kCustomer = "daybook.customer.v1.CustomerService";
constexpr size_t kRemembered = 16;

int64_t Pick(std::mt19937_64& random, int64_t from, int64_t to) {
  return std::uniform_int_distribution<int64_t>(from, to)(random);
}

google::type::Money MoneyOf(int64_t minor, const std::string& currency) {
  int64_t whole = 1;
  for (int i = 0; i < DigitsOf(currency); ++i) whole *= 10;
  google::type::Money money;
  money.set_currency_code(currency);
  money.set_units(minor / whole);
  money.set_nanos(static_cast<int32_t>(minor % whole * (1'000'000'000 / whole)));
  return money;
}

google::type::Date SomeDay(std::mt19937_64& random) {
  google::type::Date date;
  date.set_year(static_cast<int>(Pick(random, 2025, 2026)));
  date.set_month(static_cast<int>(Pick(random, 1, 12)));
  date.set_day(static_cast<int>(Pick(random, 1, 28)));
  return date;
}

void AddLine(std::mt19937_64& random, const std::string& currency,
             billing::v1::IssueInvoiceRequest* request) {
  auto* line = request->add_lines();
  line->set_description("goods");
  const int64_t how = Pick(random, 0, 3);
  const auto quantity_and_price = [&](google::type::Decimal* price) {
    line->mutable_quantity()->set_value(absl::StrCat(Pick(random, 0, 40), ".", Pick(random, 1, 9)));
    price->set_value(
        absl::StrCat(Pick(random, 0, 9), ".", Pick(random, 0, 9), Pick(random, 100, 999)));
  };
  if (how == 0) *line->mutable_amount() = MoneyOf(Pick(random, 0, 20'000), currency);
  if (how == 1) *line->mutable_gross_amount() = MoneyOf(Pick(random, 0, 20'000), currency);
  if (how == 2) quantity_and_price(line->mutable_unit_price());
  if (how == 3) quantity_and_price(line->mutable_gross_unit_price());
  static constexpr const char* kRates[] = {"", "19", "7", "8.25", "0"};
  const char* rate = kRates[Pick(random, 0, 4)];
  if (*rate == '\0') return;
  line->mutable_tax_rate_percent()->set_value(rate);
  if (Pick(random, 0, 1) == 0) return;
  if (*rate != '0') {
    line->mutable_tax_code()->set_category(billing::v1::TAX_CATEGORY_S);
  } else {
    line->mutable_tax_code()->set_category(billing::v1::TAX_CATEGORY_E);
    line->mutable_tax_code()->set_exemption_reason("small business");
  }
}

template <class T>
void Remember(std::vector<T>& all, T one) {
  if (all.size() == kRemembered) all.erase(all.begin());
  all.push_back(std::move(one));
}

}  // namespace

LoadCustomer::LoadCustomer(const std::string& name, int number)
    : id_(absl::StrCat(name, "-c", number)),
      account_id_("main"),
      currency_(kCurrencies[number % 4]) {}

IssuedCommand LoadCustomer::Make(const std::string& request_id, const std::string& service,
                                 const std::string& method,
                                 const google::protobuf::Message& request,
                                 const std::string& must_be_refused) const {
  IssuedCommand command;
  command.method = service + "." + method;
  command.customer_id = id_;
  command.request_id = request_id;
  command.request = request.SerializeAsString();
  command.must_be_refused = must_be_refused;
  return command;
}

IssuedCommand LoadCustomer::Register(const std::string& request_id,
                                     const std::string& must_be_refused) const {
  customer::v1::RegisterCustomerRequest request;
  request.set_customer_id(id_);
  request.set_kind(customer::v1::CUSTOMER_KIND_ORGANIZATION);
  request.mutable_profile()->mutable_personal()->set_display_name("Customer " + id_);
  request.mutable_profile()->set_region_code("DE");
  request.set_request_id(request_id);
  return Make(request_id, kCustomer, "RegisterCustomer", request, must_be_refused);
}

IssuedCommand LoadCustomer::Open(const std::string& request_id,
                                 const std::string& must_be_refused) const {
  billing::v1::OpenAccountRequest request;
  request.set_customer_id(id_);
  request.set_account_id(account_id_);
  request.set_currency_code(currency_);
  request.set_time_zone("Europe/Berlin");
  request.mutable_terms()->set_net_days(30);
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "OpenAccount", request, must_be_refused);
}

IssuedCommand LoadCustomer::Invoice(const std::string& request_id, std::mt19937_64& random,
                                    const std::string& must_be_refused) const {
  billing::v1::IssueInvoiceRequest request;
  request.set_customer_id(id_);
  request.set_account_id(account_id_);
  request.set_series(Pick(random, 0, 3) == 0 ? "B" : "A");
  *request.mutable_invoice_date() = SomeDay(random);
  request.set_reference("order " + request_id);
  for (int64_t lines = Pick(random, 1, 3); lines > 0; --lines) {
    AddLine(random, currency_, &request);
  }
  if (must_be_refused == "CURRENCY_MISMATCH") {
    *request.mutable_lines(0)->mutable_amount() = MoneyOf(1, currency_ == "EUR" ? "USD" : "EUR");
  }
  if (must_be_refused == "REVISION_MISMATCH") request.set_expected_revision(1);
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "IssueInvoice", request, must_be_refused);
}

IssuedCommand LoadCustomer::CreditNote(const std::string& request_id,
                                       const billing::v1::IssueCreditNoteRequest& taken_back,
                                       const std::string& must_be_refused) const {
  billing::v1::IssueCreditNoteRequest request = taken_back;
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "IssueCreditNote", request, must_be_refused);
}

IssuedCommand LoadCustomer::ChargeBack(const std::string& request_id,
                                       std::mt19937_64& random) const {
  billing::v1::ChargeBackPaymentRequest request;
  request.set_customer_id(id_);
  request.set_payment_id(payments_[Pick(random, 0, static_cast<int64_t>(payments_.size()) - 1)]);
  // A part, or more than the payment ever was.
  *request.mutable_amount() = MoneyOf(Pick(random, 1, 90'000), currency_);
  request.set_excess(Pick(random, 0, 1) == 0 ? billing::v1::REVERSAL_EXCESS_CLAIM
                                             : billing::v1::REVERSAL_EXCESS_LOSS);
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "ChargeBackPayment", request);
}

IssuedCommand LoadCustomer::Payment(const std::string& request_id, std::mt19937_64& random,
                                    const std::string& must_be_refused) const {
  billing::v1::RecordPaymentRequest request;
  request.set_customer_id(id_);
  request.set_account_id(account_id_);
  *request.mutable_amount() = MoneyOf(Pick(random, 1, 60'000), currency_);
  request.set_method(billing::v1::PAYMENT_METHOD_CARD);
  request.set_channel(billing::v1::PAYMENT_CHANNEL_ONLINE);
  *request.mutable_payment_date() = SomeDay(random);
  if (must_be_refused == "INVOICE_NOT_FOUND") {
    request.add_allocations()->set_invoice_id("no-such-invoice");
  } else if (Pick(random, 0, 2) == 0) {
    request.set_external_id("x-" + request_id);
  }
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "RecordPayment", request, must_be_refused);
}

IssuedCommand LoadCustomer::PaymentAgain(const std::string& request_id,
                                         std::mt19937_64& random) const {
  billing::v1::RecordPaymentRequest request;
  request.ParseFromString(
      external_payments_[Pick(random, 0, static_cast<int64_t>(external_payments_.size()) - 1)]);
  request.set_request_id(request_id);
  return Make(request_id, kBilling, "RecordPayment", request);
}

IssuedCommand LoadCustomer::Reuse(std::mt19937_64& random) const {
  return Payment(
      invoice_request_ids_[Pick(random, 0, static_cast<int64_t>(invoice_request_ids_.size()) - 1)],
      random, "REQUEST_ID_REUSED");
}

IssuedCommand LoadCustomer::Refused(const std::string& request_id, std::mt19937_64& random) const {
  switch (Pick(random, 0, 6)) {
    case 0:
      return Register(request_id, "CUSTOMER_EXISTS");
    case 1:
      return Open(request_id, "ACCOUNT_EXISTS");
    case 2:
      return Invoice(request_id, random, "CURRENCY_MISMATCH");
    case 3:
      return Invoice(request_id, random, "REVISION_MISMATCH");
    case 4:
      return Payment(request_id, random, "INVOICE_NOT_FOUND");
    case 5:
      if (credited_.empty()) return Open(request_id, "ACCOUNT_EXISTS");
      return CreditNote(request_id, credited_.back(), "CREDIT_NOTE_ABOVE_INVOICE");
    default:
      return invoice_request_ids_.empty() ? Register(request_id, "CUSTOMER_EXISTS") : Reuse(random);
  }
}

IssuedCommand LoadCustomer::Next(const std::string& request_id, std::mt19937_64& random) {
  if (step_ == Step::kNew) {
    step_ = Step::kRegistering;
    return Register(request_id, "");
  }
  if (step_ == Step::kRegistered) {
    step_ = Step::kOpening;
    return Open(request_id, "");
  }
  const int64_t dice = Pick(random, 1, 100);
  if (dice <= 8 && !creditable_.empty()) {
    const auto taken_back = creditable_.back();
    creditable_.pop_back();
    return CreditNote(request_id, taken_back, "");
  }
  if (dice <= 12 && !payments_.empty()) return ChargeBack(request_id, random);
  if (dice <= 50) return Invoice(request_id, random, "");
  if (dice <= 84) return Payment(request_id, random, "");
  if (dice <= 88 && !external_payments_.empty()) return PaymentAgain(request_id, random);
  return Refused(request_id, random);
}

void LoadCustomer::Accepted(const IssuedCommand& command) {
  if (step_ == Step::kRegistering) {
    step_ = Step::kRegistered;
  } else if (step_ == Step::kOpening) {
    step_ = Step::kOpen;
  }
  if (command.method == std::string(kBilling) + ".IssueInvoice") {
    Remember(invoice_request_ids_, command.request_id);
    billing::v1::IssueInvoiceRequest invoice;
    billing::v1::IssueInvoiceResponse issued;
    invoice.ParseFromString(command.request);
    issued.ParseFromString(command.response);
    // There is nothing to take back of what costs nothing.
    if (issued.total().units() == 0 && issued.total().nanos() == 0) return;
    billing::v1::IssueCreditNoteRequest request;
    request.set_customer_id(id_);
    request.set_invoice_id(issued.invoice_id());
    request.set_kind(billing::v1::CREDIT_NOTE_KIND_CREDIT);
    // Every other invoice of each counter, so that both series count in each year and partition.
    request.set_series((issued.number().back() - '0') % 2 == 0 ? "CN" : "CB");
    *request.mutable_effective_date() = invoice.invoice_date();
    Remember(creditable_, std::move(request));
  }
  if (command.method == std::string(kBilling) + ".IssueCreditNote") {
    billing::v1::IssueCreditNoteRequest request;
    request.ParseFromString(command.request);
    Remember(credited_, std::move(request));
  }
  if (command.method == std::string(kBilling) + ".RecordPayment") {
    billing::v1::RecordPaymentRequest request;
    request.ParseFromString(command.request);
    if (!request.external_id().empty()) Remember(external_payments_, command.request);
    // What has an id elsewhere is sent again later, and must be known as it was then.
    billing::v1::RecordPaymentResponse recorded;
    recorded.ParseFromString(command.response);
    if (request.external_id().empty()) Remember(payments_, recorded.payment_id());
  }
}

}  // namespace daybook
