// A registered customer with an account in EUR, and short words for requests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/billing/billing.h"
#include "tests/support/given_when_then.h"

namespace daybook::test {

using billing::v1::IssueInvoiceRequest;
using billing::v1::OpenAccountRequest;
using billing::v1::RecordPaymentRequest;

inline const absl::CivilDay kNewYear(2026, 1, 1);

inline Story<billing::Billing> RegisteredCustomer() {
  Story<billing::Billing> story;
  story.Registered();
  return story;
}

inline Story<billing::Billing> CustomerWithAccount(
    const std::string& settings = "currency_code: 'EUR'") {
  Story<billing::Billing> story = RegisteredCustomer();
  story.Given(kNewYear,
              absl::StrCat("account_opened { account_id: 'acc' time_zone: 'UTC' ", settings, " }"));
  return story;
}

inline IssueInvoiceRequest Invoice(const std::string& text) {
  return Proto<IssueInvoiceRequest>(text);
}

// An invoice of one line.
inline IssueInvoiceRequest InvoiceOf(int64_t units, const std::string& rest = "") {
  return Invoice(
      absl::StrCat("lines { amount { currency_code: 'EUR' units: ", units, " } } ", rest));
}

inline RecordPaymentRequest PaymentOf(int64_t units, const std::string& rest = "") {
  return Proto<RecordPaymentRequest>(absl::StrCat("amount { currency_code: 'EUR' units: ", units,
                                                  " } method: PAYMENT_METHOD_CARD ", rest));
}

// The payment whose credit is the `i`-th to be used.
inline const internal::billing::v1::Payment& CreditOf(const internal::billing::v1::Account& account,
                                                      int i) {
  return account.payments(static_cast<int>(account.open_payments(i)));
}

// One row of a table of bad requests.
template <class Request>
struct BadRow {
  const char* why;
  std::function<void(Request&)> spoil;
  std::vector<std::string> fields;
};

template <class Request>
void ExpectInvalid(const Request& good, const std::vector<BadRow<Request>>& rows) {
  EXPECT_TRUE(CustomerWithAccount().When(good).status.ok());
  for (const auto& row : rows) {
    SCOPED_TRACE(row.why);
    Story<billing::Billing> story = CustomerWithAccount();
    const std::string before = story.state().SerializeAsString();
    Request request = good;
    row.spoil(request);
    story.When(request).ThenInvalid(row.fields);
    EXPECT_EQ(story.state().SerializeAsString(), before);
  }
}

}  // namespace daybook::test
