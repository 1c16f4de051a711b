#include "tests/support/content_checker.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/customer/v1/customer_service.pb.h"
#include "daybook/log/v1/token.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/support/reference_book.h"

namespace daybook {
namespace {

using billing::v1::IssueInvoiceRequest;
using billing::v1::IssueInvoiceResponse;
using billing::v1::RecordPaymentRequest;
using billing::v1::RecordPaymentResponse;

constexpr int kRevisionField = 14;
constexpr int kTokenField = 15;
constexpr int kAlreadyField = 16;
constexpr Wide kNano = 1'000'000'000;

std::unique_ptr<google::protobuf::Message> ParseResponse(const std::string& method,
                                                         const std::string& bytes) {
  // The pools know only messages that are linked in.
  IssueInvoiceResponse::descriptor();
  customer::v1::RegisterCustomerResponse::descriptor();
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(method);
  if (found == nullptr) return nullptr;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(found->output_type())
          ->New());
  return message->ParseFromString(bytes) ? std::move(message) : nullptr;
}

// A decimal of a request in units of 10^-9.
Wide Nanos(const std::string& decimal) {
  const size_t point = decimal.find('.');
  Wide value = std::atoll(decimal.substr(0, point).c_str()) * kNano;
  if (point == std::string::npos) return value;
  std::string digits = decimal.substr(point + 1);
  digits.resize(9, '0');
  return value + std::atoll(digits.c_str());
}

// Half away from zero is half-up here: tests have no negative amounts.
Wide DivideHalfUp(Wide number, Wide by) { return (number + by / 2) / by; }

Wide PowerOfTen(int digits) {
  Wide power = 1;
  for (int i = 0; i < digits; ++i) power *= 10;
  return power;
}

struct Amounts {
  Wide net = 0;
  Wide tax = 0;
};

// Amount of a line: quantity x price, half-up to the currency's digits. Tax: by rate and tax code,
// on the sum of its lines, likewise; of lines priced with tax it is taken out of that sum.
bool AmountsOf(const IssueInvoiceRequest& request, const std::string& currency, Amounts* amounts) {
  const Wide minor = PowerOfTen(9 - DigitsOf(currency));  // nanos a minor unit
  struct Sums {
    Wide net = 0, gross = 0;
  };
  std::map<std::pair<Wide, std::string>, Sums> taxed;
  for (const auto& line : request.lines()) {
    const bool with_tax = line.has_gross_amount() || line.has_gross_unit_price();
    Wide amount = 0;
    if (line.has_amount() || line.has_gross_amount()) {
      if (!MinorUnits(with_tax ? line.gross_amount() : line.amount(), &amount)) return false;
    } else {
      const Wide quantity = line.has_quantity() ? Nanos(line.quantity().value()) : kNano;
      const auto& price = with_tax ? line.gross_unit_price() : line.unit_price();
      amount = DivideHalfUp(quantity * Nanos(price.value()), kNano * minor);
    }
    if (!line.has_tax_rate_percent()) {
      amounts->net += amount;
      continue;
    }
    Sums& sums =
        taxed[{Nanos(line.tax_rate_percent().value()), line.tax_code().SerializeAsString()}];
    (with_tax ? sums.gross : sums.net) += amount;
  }
  for (const auto& [key, sums] : taxed) {
    const Wide rate = key.first;
    const Wide included = DivideHalfUp(sums.gross * rate, 100 * kNano + rate);
    amounts->net += sums.net + sums.gross - included;
    amounts->tax += DivideHalfUp(sums.net * rate, 100 * kNano) + included;
  }
  return true;
}

std::string NumberText(const billing::v1::InvoiceNumber& number) {
  return absl::StrFormat("%s-%d-%02d-%06d", number.series(), number.year(), number.partition(),
                         number.sequence());
}

bool SameDay(const google::type::Date& a, const google::type::Date& b) {
  return a.year() == b.year() && a.month() == b.month() && a.day() == b.day();
}

bool Is(const google::type::Money& money, Wide minor) {
  Wide amount = 0;
  return MinorUnits(money, &amount) && amount == minor;
}

std::string CompareRegistration(const std::string& request_bytes, const book::v1::Commit& commit) {
  customer::v1::RegisterCustomerRequest request;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (commit.events_size() != 1 || !commit.events(0).customer().has_customer_registered()) {
    return "it is not one registration";
  }
  const auto& event = commit.events(0).customer().customer_registered();
  if (event.kind() != request.kind() || event.region_code() != request.profile().region_code() ||
      event.clear().display_name() != request.profile().personal().display_name()) {
    return "another customer was registered";
  }
  return "";
}

std::string CompareAccount(const std::string& request_bytes, const book::v1::Commit& commit) {
  billing::v1::OpenAccountRequest request;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (commit.events_size() != 1 || !commit.events(0).billing().has_account_opened()) {
    return "it is not one account";
  }
  const auto& event = commit.events(0).billing().account_opened();
  if (event.account_id() != request.account_id() ||
      event.currency_code() != request.currency_code() ||
      event.terms().net_days() != request.terms().net_days()) {
    return "another account was opened";
  }
  return "";
}

std::string CompareInvoice(const std::string& request_bytes, const book::v1::Commit& commit) {
  IssueInvoiceRequest request;
  IssueInvoiceResponse answer;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (!answer.ParseFromString(commit.answer())) return "its answer cannot be read";
  if (commit.events_size() < 1 || !commit.events(0).billing().has_invoice_issued()) {
    return "it does not begin with an invoice";
  }
  const auto& event = commit.events(0).billing().invoice_issued();
  Amounts amounts;
  if (!AmountsOf(request, event.currency_code(), &amounts)) return "its request has no amounts";
  if (event.net_minor() != amounts.net || event.tax_minor() != amounts.tax ||
      event.total_minor() != amounts.net + amounts.tax) {
    return absl::StrCat("the invoice is of ", event.total_minor(), ", asked for was ",
                        WideText(amounts.net + amounts.tax));
  }
  if (event.lines_size() != request.lines_size() || event.reference() != request.reference() ||
      event.account_id() != request.account_id() || event.number().series() != request.series()) {
    return "another invoice was issued";
  }
  if (request.has_invoice_date() &&
      !SameDay(commit.events(0).effective_date(), request.invoice_date())) {
    return "the invoice counts on another day";
  }
  Wide credit = 0;
  for (int i = 1; i < commit.events_size(); ++i) {
    if (!commit.events(i).billing().has_credit_applied()) return "there is more than credit";
    for (const auto& allocation : commit.events(i).billing().credit_applied().allocations()) {
      if (allocation.invoice_id() != event.invoice_id()) return "credit went to another invoice";
      credit += allocation.amount_minor();
    }
  }
  if (answer.invoice_id() != event.invoice_id() || answer.number() != NumberText(event.number()) ||
      !Is(answer.total(), event.total_minor()) || !Is(answer.credit_applied(), credit) ||
      !SameDay(answer.due_date(), event.due_date())) {
    return "another invoice was answered";
  }
  return "";
}

std::string CompareCreditNote(const std::string& request_bytes, const book::v1::Commit& commit) {
  billing::v1::IssueCreditNoteRequest request;
  billing::v1::IssueCreditNoteResponse answer;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (!answer.ParseFromString(commit.answer())) return "its answer cannot be read";
  if (commit.events_size() != 1 || !commit.events(0).billing().has_credit_note_issued()) {
    return "it is not one credit note";
  }
  const auto& event = commit.events(0).billing().credit_note_issued();
  if (event.invoice_id() != request.invoice_id() || event.kind() != request.kind() ||
      event.number().series() != request.series()) {
    return "another credit note was issued";
  }
  if (!SameDay(commit.events(0).effective_date(), request.effective_date())) {
    return "the credit note counts on another day";
  }
  if (answer.credit_note_id() != event.credit_note_id() ||
      answer.number() != NumberText(event.number()) || !Is(answer.net(), event.net_minor()) ||
      !Is(answer.tax(), event.tax_minor()) || !Is(answer.total(), event.total_minor())) {
    return "another credit note was answered";
  }
  return "";
}

std::string ComparePayment(const std::string& request_bytes, const book::v1::Commit& commit) {
  RecordPaymentRequest request;
  RecordPaymentResponse answer;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (!answer.ParseFromString(commit.answer())) return "its answer cannot be read";
  // One that came in before under its external id is answered and changes nothing.
  if (commit.events_size() == 0) return request.external_id().empty() ? "nothing happened" : "";
  if (commit.events_size() != 1 || !commit.events(0).billing().has_payment_recorded()) {
    return "it is not one payment";
  }
  const auto& event = commit.events(0).billing().payment_recorded();
  if (!Is(request.amount(), event.amount_minor())) {
    return absl::StrCat("the payment is of ", event.amount_minor(), ", another amount was sent");
  }
  if (event.account_id() != request.account_id() || event.method() != request.method() ||
      event.external_id() != request.external_id()) {
    return "another payment was recorded";
  }
  if (answer.payment_id() != event.payment_id() ||
      answer.allocation_count() != event.allocations_size() ||
      !Is(answer.unapplied(), event.unapplied_minor())) {
    return "another payment was answered";
  }
  return "";
}

std::string CompareChargeBack(const std::string& request_bytes, const book::v1::Commit& commit) {
  billing::v1::ChargeBackPaymentRequest request;
  billing::v1::ChargeBackPaymentResponse answer;
  if (!request.ParseFromString(request_bytes)) return "its request cannot be read";
  if (!answer.ParseFromString(commit.answer())) return "its answer cannot be read";
  Wide reversed = -1, excess = 0, claimed = 0, lost = 0;
  for (const auto& event : commit.events()) {
    const billing::v1::Event& fact = event.billing();
    if (fact.has_payment_reversed()) {
      if (reversed >= 0) return "it takes back twice";
      if (fact.payment_reversed().payment_id() != request.payment_id() ||
          fact.payment_reversed().state() != billing::v1::PAYMENT_STATE_CHARGED_BACK) {
        return "another payment was charged back";
      }
      reversed = fact.payment_reversed().amount_minor();
      excess = fact.payment_reversed().excess_minor();
    } else if (fact.has_debit_note_issued()) {
      claimed += fact.debit_note_issued().total_minor();
      if (answer.debit_note_number() != NumberText(fact.debit_note_issued().number()) ||
          answer.debit_note_id() != fact.debit_note_issued().debit_note_id()) {
        return "another debit note was answered";
      }
    } else if (fact.has_payment_loss_taken()) {
      lost += fact.payment_loss_taken().amount_minor();
    } else if (!fact.has_credit_released()) {
      return "there is more than a charge-back";
    }
  }
  if (reversed < 0) return "it charges nothing back";
  if (!Is(request.amount(), reversed + excess) || !Is(answer.amount(), reversed + excess)) {
    return "another amount was charged back";
  }
  const bool claim = request.excess() == billing::v1::REVERSAL_EXCESS_CLAIM;
  if (claimed != (claim ? excess : 0) || lost != (claim ? 0 : excess)) {
    return "what was beyond the payment was not treated as asked for";
  }
  return "";
}

}  // namespace

std::string CompareContent(const IssuedCommand& command, const book::v1::Commit& commit) {
  if (commit.method() != command.method) return "it is of another method";
  if (commit.request_hash().size() != 16) return "it has no hash of the request";
  const std::string name = command.method.substr(command.method.rfind('.') + 1);
  if (name == "RegisterCustomer") return CompareRegistration(command.request, commit);
  if (name == "OpenAccount") return CompareAccount(command.request, commit);
  if (name == "IssueInvoice") return CompareInvoice(command.request, commit);
  if (name == "IssueCreditNote") return CompareCreditNote(command.request, commit);
  if (name == "RecordPayment") return ComparePayment(command.request, commit);
  if (name == "ChargeBackPayment") return CompareChargeBack(command.request, commit);
  return "it is of an unknown method";
}

bool ReadReceipt(const IssuedCommand& command, Receipt* receipt) {
  const auto response = ParseResponse(command.method, command.response);
  if (response == nullptr) return false;
  const auto* reflection = response->GetReflection();
  const auto* type = response->GetDescriptor();
  receipt->revision = reflection->GetInt64(*response, type->FindFieldByNumber(kRevisionField));
  const std::string text = reflection->GetString(*response, type->FindFieldByNumber(kTokenField));
  std::string bytes;
  daybook::log::v1::ConsistencyToken token;
  if (text.empty() || !absl::WebSafeBase64Unescape(text, &bytes) || !token.ParseFromString(bytes)) {
    return false;
  }
  receipt->partition = token.partition();
  receipt->offset = token.next_offset() - 1;
  return true;
}

std::string BareAnswer(const std::string& method, const std::string& bytes) {
  const auto response = ParseResponse(method, bytes);
  if (response == nullptr) return "cannot be read";
  const auto* type = response->GetDescriptor();
  response->GetReflection()->ClearField(response.get(), type->FindFieldByNumber(kRevisionField));
  response->GetReflection()->ClearField(response.get(), type->FindFieldByNumber(kTokenField));
  response->GetReflection()->ClearField(response.get(), type->FindFieldByNumber(kAlreadyField));
  return response->SerializeAsString();
}

}  // namespace daybook
