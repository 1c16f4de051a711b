// No request stops the process: every one is accepted or refused with a reason of the catalogue,
// and what is accepted keeps the sums of the account.
#include "tests/support/nasty.h"

#include <gtest/gtest.h>

#include "common/base/decimal.h"
#include "tests/billing/billing_story.h"

namespace daybook {
namespace {

using namespace test;

constexpr uint32_t kSeeds = 1'500;
constexpr int kRequests = 40;

// Makes enough of a request good that many pass the first gate.
template <class Request>
Request MendCommon(Request request, Nasty& nasty) {
  if (nasty.Below(4) != 0) request.set_customer_id("c-1");
  if (nasty.Below(4) != 0) request.clear_request_id();
  if (nasty.Below(4) != 0) request.set_account_id("acc");
  if (nasty.Below(4) != 0) request.clear_expected_revision();
  if constexpr (requires { request.set_allow_unusual(true); }) {
    if (nasty.Below(4) != 0) request.set_allow_unusual(true);
  }
  return request;
}

IssueInvoiceRequest MendOwn(IssueInvoiceRequest request, Nasty& nasty) {
  if (nasty.Below(2) != 0) request.clear_invoice_date();
  if (nasty.Below(2) != 0) request.clear_due_date();
  if (nasty.Below(2) != 0) request.clear_series();
  if (nasty.Below(2) != 0) request.clear_reference();
  for (auto& line : *request.mutable_lines()) {
    if (nasty.Below(8) == 0) continue;
    line.set_description("x");
    line.set_product("x");
    if (nasty.Below(2) == 0) line.clear_quantity();
    if (nasty.Below(2) == 0) line.mutable_tax_rate_percent()->set_value("19");
    if (nasty.Below(2) == 0) {
      line.mutable_amount()->set_currency_code("EUR");
      line.mutable_amount()->set_units(nasty.Below(2) == 0 ? nasty.Below(1000)
                                                           : 40'000'000'000'000'000);
      line.mutable_amount()->clear_nanos();
    }
  }
  return request;
}

RecordPaymentRequest MendOwn(RecordPaymentRequest request, Nasty& nasty) {
  if (nasty.Below(4) != 0) request.mutable_amount()->set_currency_code("EUR");
  if (nasty.Below(4) != 0) request.mutable_amount()->clear_nanos();
  if (nasty.Below(4) == 0) request.mutable_amount()->set_units(80'000'000'000'000'000);
  if (nasty.Below(2) != 0) request.clear_payment_date();
  if (nasty.Below(2) != 0) request.clear_allocations();
  if (nasty.Below(2) != 0) request.clear_payer_reference();
  if (nasty.Below(2) != 0) request.clear_external_id();
  request.set_method(billing::v1::PAYMENT_METHOD_CASH);
  return request;
}

OpenAccountRequest MendOwn(OpenAccountRequest request, Nasty&) { return request; }

template <class Request>
void Try(Story<billing::Billing>& story, Nasty& nasty, int& accepted) {
  Request request;
  nasty.Fill(request);
  const auto outcome = story.When(MendOwn(MendCommon(std::move(request), nasty), nasty));
  accepted += outcome.status.ok();
  EXPECT_TRUE(outcome.status.ok() || !ReasonOf(outcome.status).empty()) << outcome.status;
}

void ExpectSums(const internal::billing::v1::State& state) {
  for (const auto& account : state.accounts()) {
    Int128 open = 0, unapplied = 0;
    for (const auto& invoice : account.open_invoices()) {
      ASSERT_GT(invoice.open_minor(), 0);
      open += invoice.open_minor();
    }
    for (int i = 0; i < account.open_payments_size(); ++i) {
      const auto& payment = CreditOf(account, i);
      ASSERT_GT(payment.unapplied_minor(), 0);
      unapplied += payment.unapplied_minor();
    }
    ASSERT_TRUE(open == account.open_minor());
    ASSERT_TRUE(unapplied == account.unapplied_minor());
    ASSERT_TRUE(Int128{account.received_minor()} ==
                Int128{account.allocated_minor()} + account.unapplied_minor());
  }
}

TEST(Nasty, NoRequestStopsTheProcess) {
  int accepted = 0;
  for (uint32_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    Story<billing::Billing> story = CustomerWithAccount();
    std::vector<std::string> ids = {"c-1", "acc"};
    for (int i = 0; i < 3; ++i) ids.push_back(story.When(InvoiceOf(10)).response.invoice_id());
    Nasty nasty(seed, ids);
    for (int i = 0; i < kRequests; ++i) {
      switch (nasty.Below(5)) {
        case 0:
          Try<OpenAccountRequest>(story, nasty, accepted);
          break;
        case 1:
        case 2:
          Try<IssueInvoiceRequest>(story, nasty, accepted);
          break;
        default:
          Try<RecordPaymentRequest>(story, nasty, accepted);
      }
    }
    ExpectSums(story.state().billing());
    if (HasFatalFailure()) return;
  }
  // A pool that only ever bounced off the gate would prove nothing.
  EXPECT_GT(accepted, 1'000);
}

}  // namespace
}  // namespace daybook
