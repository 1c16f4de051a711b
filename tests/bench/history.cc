#include "tests/bench/history.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/dates.h"
#include "common/base/money.h"
#include "common/base/status.h"
#include "common/log/chain.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/book/v1/record.pb.h"
#include "tests/bench/requests.h"

namespace daybook::bench {
namespace {

constexpr uint64_t kFlushEvery = 4096;    // records
constexpr uint64_t kUnreported = 65'536;  // at most so many are on their way
constexpr int kNetMinor = 1990;
constexpr int kTaxMinor = 378;

struct Customer {
  int32_t revision = 0;
  int32_t documents = 0;  // invoices and payments so far; odd: the last is an open invoice
  int64_t open_invoice = 0;
};

class Writer {
 public:
  Writer(log::EventLog& log, const HistoryOptions& options)
      : log_(log),
        options_(options),
        producer_(log.NewProducer([] {})),
        chains_(static_cast<size_t>(log.partitions())),
        numbers_(static_cast<size_t>(log.partitions())),
        customers_(options.customers) {
    for (int p = 0; p < log.partitions(); ++p) writers_.push_back(producer_->NewWriter(p));
  }

  absl::StatusOr<HistoryTotals> Run() {
    for (int p = 0; p < log_.partitions(); ++p) RETURN_IF_ERROR(Claim(p));
    for (uint64_t i = 0; i < options_.customers; ++i) RETURN_IF_ERROR(Register(i));
    for (uint64_t i = 0; i < options_.customers; ++i) RETURN_IF_ERROR(Open(i));
    Keys keys(options_.customers, options_.zipf, options_.seed);
    while (totals_.records < options_.records) RETURN_IF_ERROR(Document(keys.Next()));
    RETURN_IF_ERROR(Drain(0));
    return totals_;
  }

 private:
  absl::Status Claim(int partition) {
    record_.Clear();
    record_.set_epoch(1);
    SetTime();
    auto& owner = *record_.mutable_owner_started();
    owner.set_owner("bench/1");
    owner.set_endpoint("127.0.0.1:1");
    owner.set_log_id("bench");
    owner.set_partition_count(log_.partitions());
    owner.set_format(2);
    return Append(partition, "");
  }

  absl::Status Register(uint64_t number) {
    book::v1::Event& event =
        *Begin(number, 'a', number, "daybook.customer.v1.CustomerService.RegisterCustomer")
             .add_events();
    auto& registered = *event.mutable_customer()->mutable_customer_registered();
    registered.set_kind(customer::v1::CUSTOMER_KIND_PERSON);
    registered.mutable_clear()->set_display_name(absl::StrCat("Customer ", number));
    customer::v1::RegisterCustomerResponse answer;
    answer.set_customer_id(IdOf('c', number));
    return End(event, number, answer);
  }

  absl::Status Open(uint64_t number) {
    book::v1::Event& event =
        *Begin(number, 'b', number, "daybook.billing.v1.BillingService.OpenAccount").add_events();
    auto& opened = *event.mutable_billing()->mutable_account_opened();
    opened.set_account_id("main");
    opened.set_currency_code("EUR");
    opened.set_time_zone("Europe/Berlin");
    opened.mutable_terms()->set_net_days(30);
    billing::v1::OpenAccountResponse answer;
    answer.set_account_id("main");
    return End(event, number, answer);
  }

  absl::Status Document(uint64_t number) {
    const uint64_t document = totals_.invoices + totals_.payments;
    return customers_[number].documents++ % 2 == 0 ? Issue(number, document)
                                                   : Pay(number, document);
  }

  absl::Status Issue(uint64_t number, uint64_t document) {
    book::v1::Event& event =
        *Begin(number, 'd', document, "daybook.billing.v1.BillingService.IssueInvoice")
             .add_events();
    Customer& customer = customers_[number];
    customer.open_invoice = static_cast<int64_t>(document);
    auto& invoice = *event.mutable_billing()->mutable_invoice_issued();
    invoice.set_account_id("main");
    invoice.set_invoice_id(IdOf('e', document));
    const absl::CivilDay day = Day();
    auto& in_series = *invoice.mutable_number();
    in_series.set_series("A");
    in_series.set_year(static_cast<int>(day.year()));
    in_series.set_partition(partition_);
    in_series.set_sequence(++numbers_[static_cast<size_t>(partition_)]);
    *invoice.mutable_due_date() = DateOf(day + 30);
    invoice.set_currency_code("EUR");
    auto& line = *invoice.add_lines();
    line.set_description("Subscription, one month");
    line.set_quantity("2");
    line.set_unit_price("9.95");
    line.set_net_minor(kNetMinor);
    line.set_tax_rate_percent("19");
    line.set_tax_minor(kTaxMinor);
    line.set_product("subscription");
    auto& tax = *invoice.add_taxes();
    tax.set_rate_percent("19");
    tax.set_net_minor(kNetMinor);
    tax.set_tax_minor(kTaxMinor);
    invoice.set_net_minor(kNetMinor);
    invoice.set_tax_minor(kTaxMinor);
    invoice.set_total_minor(kNetMinor + kTaxMinor);
    ++totals_.invoices;
    totals_.invoiced_minor += invoice.total_minor();

    invoice_answer_.set_invoice_id(invoice.invoice_id());
    invoice_answer_.set_number(
        absl::StrFormat("A-%04d-%02d-%06d", day.year(), partition_, in_series.sequence()));
    *invoice_answer_.mutable_net() = MoneyOf(kNetMinor, euro_);
    *invoice_answer_.mutable_tax() = MoneyOf(kTaxMinor, euro_);
    *invoice_answer_.mutable_total() = MoneyOf(kNetMinor + kTaxMinor, euro_);
    *invoice_answer_.mutable_due_date() = invoice.due_date();
    *invoice_answer_.mutable_credit_applied() = MoneyOf(0, euro_);
    invoice_answer_.set_state(billing::v1::INVOICE_STATE_ISSUED);
    invoice_answer_.set_account_id("main");
    return End(event, number, invoice_answer_);
  }

  absl::Status Pay(uint64_t number, uint64_t document) {
    book::v1::Event& event =
        *Begin(number, 'd', document, "daybook.billing.v1.BillingService.RecordPayment")
             .add_events();
    auto& payment = *event.mutable_billing()->mutable_payment_recorded();
    payment.set_account_id("main");
    payment.set_payment_id(IdOf('e', document));
    payment.set_amount_minor(kNetMinor + kTaxMinor);
    payment.set_currency_code("EUR");
    payment.set_method(billing::v1::PAYMENT_METHOD_CARD);
    payment.set_channel(billing::v1::PAYMENT_CHANNEL_ONLINE);
    payment.set_external_id(absl::StrCat("card-", document));
    auto& allocation = *payment.add_allocations();
    allocation.set_invoice_id(IdOf('e', static_cast<uint64_t>(customers_[number].open_invoice)));
    allocation.set_amount_minor(kNetMinor + kTaxMinor);
    ++totals_.payments;
    totals_.received_minor += payment.amount_minor();

    payment_answer_.set_payment_id(payment.payment_id());
    payment_answer_.clear_allocations();
    auto& applied = *payment_answer_.add_allocations();
    applied.set_invoice_id(allocation.invoice_id());
    *applied.mutable_amount() = MoneyOf(kNetMinor + kTaxMinor, euro_);
    payment_answer_.set_allocation_count(1);
    *payment_answer_.mutable_unapplied() = MoneyOf(0, euro_);
    payment_answer_.set_account_id("main");
    return End(event, number, payment_answer_);
  }

  // Spread evenly over the days of 2025.
  int64_t MicrosIntoYear() const {
    return static_cast<int64_t>(static_cast<double>(totals_.records) /
                                static_cast<double>(options_.records) * 364 * kDayMicros);
  }
  void SetTime() {
    const int64_t us = MicrosIntoYear();
    record_.mutable_recorded_time()->set_seconds(kStart + us / 1'000'000);
    record_.mutable_recorded_time()->set_nanos(static_cast<int>(us % 1'000'000) * 1000);
  }
  absl::CivilDay Day() const { return absl::CivilDay(2025, 1, 1) + MicrosIntoYear() / kDayMicros; }

  // The commit of the record that is being made.
  book::v1::Commit& Begin(uint64_t number, char kind, uint64_t request, std::string_view method) {
    customer_id_ = IdOf('c', number);
    partition_ = log::PartitionOf(customer_id_, log_.partitions());
    const log::Position& at = chains_[static_cast<size_t>(partition_)].at();
    record_.Clear();
    record_.set_epoch(1);
    record_.set_sequence(at.sequence + 1);
    record_.set_previous_hash(at.hash.data(), at.hash.size());
    record_.set_chain_key(at.chain_key);
    record_.set_confirmed_sequence(at.sequence);
    SetTime();
    book::v1::Commit& commit = *record_.mutable_commit();
    commit.set_customer_id(customer_id_);
    commit.set_request_id(IdOf(kind, request));
    const log::Hash hash = log::LinkHash({}, commit.request_id());
    commit.set_request_hash(hash.data(), hash.size());
    commit.set_method(method.data(), method.size());
    return commit;
  }

  absl::Status End(book::v1::Event& event, uint64_t number,
                   const google::protobuf::Message& answer) {
    *event.mutable_effective_date() = DateOf(Day());
    book::v1::Commit& commit = *record_.mutable_commit();
    commit.set_revision(++customers_[number].revision);
    answer.SerializeToString(commit.mutable_answer());
    ++totals_.records;
    return Append(partition_, customer_id_);
  }

  absl::Status Append(int partition, std::string_view key) {
    bytes_.clear();
    DAYBOOK_CHECK(record_.AppendToString(&bytes_) && log::ParseFrame(bytes_, &frame_));
    log::Chain& chain = chains_[static_cast<size_t>(partition)];
    ASSIGN_OR_RETURN(const log::Verdict verdict,
                     chain.Apply(chain.at().next_offset, &frame_, bytes_));
    DAYBOOK_CHECK(log::IsEffective(verdict));
    writers_[static_cast<size_t>(partition)]->Append(key, bytes_);
    totals_.bytes += bytes_.size();
    ++unreported_;
    if (++appended_ % kFlushEvery == 0) {
      producer_->Flush();
      RETURN_IF_ERROR(Drain(kUnreported));
    }
    return absl::OkStatus();
  }

  // Waits until at most `left` records are without a report.
  absl::Status Drain(uint64_t left) {
    producer_->Flush();
    const absl::Time give_up = absl::Now() + absl::Minutes(1);
    do {
      reports_.clear();
      for (auto& writer : writers_) writer->TakeReports(&reports_);
      for (const log::Report& report : reports_) RETURN_IF_ERROR(report.status);
      unreported_ -= reports_.size();
      if (unreported_ <= left) return absl::OkStatus();
      if (reports_.empty()) absl::SleepFor(absl::Milliseconds(1));
    } while (absl::Now() < give_up);
    return absl::UnavailableError("records are not stored in a minute");
  }

  static constexpr int64_t kStart = 1'735'689'600;  // 2025-01-01
  static constexpr int64_t kDayMicros = 86'400'000'000;

  log::EventLog& log_;
  const HistoryOptions options_;
  const Currency& euro_ = *Currency::Find("EUR");
  std::unique_ptr<log::LogProducer> producer_;
  std::vector<std::unique_ptr<log::LogWriter>> writers_;
  std::vector<log::Chain> chains_;
  std::vector<int64_t> numbers_;  // last of the series, by partition
  std::vector<Customer> customers_;
  HistoryTotals totals_;
  uint64_t appended_ = 0;
  uint64_t unreported_ = 0;

  // Reused.
  std::string customer_id_;
  int partition_ = 0;
  book::v1::Record record_;
  billing::v1::IssueInvoiceResponse invoice_answer_;
  billing::v1::RecordPaymentResponse payment_answer_;
  log::v1::Frame frame_;
  std::string bytes_;
  std::vector<log::Report> reports_;
};

}  // namespace

absl::StatusOr<HistoryTotals> WriteHistory(log::EventLog& log, const HistoryOptions& options) {
  return Writer(log, options).Run();
}

}  // namespace daybook::bench
