// What the decisions of the billing book have in common: which account, invoice or payment is
// meant, does its state allow the command, may it grow, what day is it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/command/decider.h"
#include "daybook/billing/v1/state.pb.h"
#include "services/billing/transitions.h"

namespace daybook::billing {

// CUSTOMER_NOT_FOUND unless the customer is in the book, CUSTOMER_ARCHIVED if they are put aside.
absl::Status ExpectCustomer(const command::View& view);

// Of a new charge: CUSTOMER_FULL if the customer has as many documents as one may have, or would
// have too many lines.
absl::Status ExpectRoom(const command::View& view, int new_lines = 0);

// Of a payment or a credit note, which happen to what is there: CUSTOMER_FULL far beyond that.
absl::Status ExpectRoomForFact(const command::View& view);

// How many allocations a command may make: what fits a record and what the customer may have.
int MostAllocations(const v1::State& state);

// Null if the customer has no account of this id.
const v1::Account* FindAccount(const v1::State& state, const std::string& account_id);

// The account meant: the one named, or the only one. ACCOUNT_NOT_FOUND, ACCOUNT_REQUIRED.
absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id);

// The same, and its state must allow the command. CUSTOMER_NOT_FOUND, ILLEGAL_TRANSITION.
absl::StatusOr<const v1::Account*> ChooseAccount(const command::View& view,
                                                 const std::string& account_id, Command command);

// An invoice of the customer, in whatever account and state. One of invoice and draft is null.
struct InvoiceRef {
  const v1::Account* account = nullptr;
  const v1::Invoice* invoice = nullptr;
  const v1::Draft* draft = nullptr;

  v1::InvoiceState state() const {
    return draft != nullptr ? v1::INVOICE_STATE_DRAFT : invoice->state();
  }
};

// A pass over the customer's invoices and debit notes: for the rare commands. INVOICE_NOT_FOUND;
// NOT_AN_INVOICE if it is a debit note and the command wants lines; CUSTOMER_NOT_FOUND;
// ILLEGAL_TRANSITION by the invoice's or the account's state.
absl::StatusOr<InvoiceRef> FindInvoice(const command::View& view, const std::string& invoice_id,
                                       Command command);

// A payment of the customer, or where the command may mean one a credit note that made credit.
struct PaymentRef {
  const v1::Account* account = nullptr;
  const v1::Payment* payment = nullptr;
  uint32_t ordinal = 0;
};

// A pass over the customer's payments. PAYMENT_NOT_FOUND; NOT_A_PAYMENT if it is a credit note and
// the command means money; CUSTOMER_NOT_FOUND; ILLEGAL_TRANSITION by the payment's or the account's
// state.
absl::StatusOr<PaymentRef> FindPayment(const command::View& view, const std::string& payment_id,
                                       Command command);

// The same of a credit note that made credit. CREDIT_NOTE_NOT_FOUND.
absl::StatusOr<PaymentRef> FindCreditNote(const command::View& view,
                                          const std::string& credit_note_id, Command command);

// The invoice of an ordinal that the account gave; a pass over its invoices.
const v1::Invoice& InvoiceOf(const v1::Account& account, uint32_t ordinal);

// Number of an issued invoice of a customer in `partition`.
v1::InvoiceNumber NumberOf(const v1::Invoice& invoice, int partition);

// The account's currency, which was checked when the account was opened.
Currency CurrencyOf(const v1::Account& account);

// CURRENCY_MISMATCH unless `currency_code` is the account's.
absl::Status ExpectCurrency(const v1::Account& account, const std::string& currency_code);

// The same of every line that is given as an amount.
absl::Status ExpectCurrencies(const v1::Account& account,
                              const google::protobuf::RepeatedPtrField<v1::LineItem>& lines);

// AMOUNT_OVERFLOW if all that ever came in, and was credited to the account, would not fit 64 bits.
absl::Status ExpectFitsReceived(const v1::Account& account, int64_t amount_minor);

// NOTHING_WRITTEN_OFF of an invoice or of a payment.
absl::Status NothingWrittenOff(const std::string& id);

// AMOUNT_UNUSUAL if the amount of an invoice, a line or a payment, whatever its sign, is more than
// is usual in the account's currency and is not said to be meant.
absl::Status ExpectUsual(const v1::Account& account, int64_t amount_minor, bool allow_unusual);

// An amount in the account's currency, for people: `12.30 EUR`.
std::string MoneyText(const v1::Account& account, int64_t minor);

// CREDIT_TOO_SMALL. `wanted_minor` 0: all that there is.
absl::Status CreditTooSmall(const v1::Account& account, int64_t wanted_minor,
                            int64_t unapplied_minor);

// The day in `time_zone` for a request that leaves `field` out. INVALID_FIELDS on `field` if this
// machine does not know the zone (its tz database is older than the one the account was opened
// with).
absl::StatusOr<absl::CivilDay> DefaultDay(const std::string& time_zone, absl::Time now,
                                          std::string_view field);

// The day that a fact counts from: as asked for, else today, but never before `earliest`, the day
// of what it is about. INVALID_FIELDS on `field` for a day before that or in the future.
absl::StatusOr<absl::CivilDay> EffectiveDay(const v1::Account& account, bool asked,
                                            const google::type::Date& date, absl::Time now,
                                            int32_t earliest,
                                            std::string_view field = "effective_date");

// A draft's version, as commands name it; ETAG_MISMATCH unless `etag` is the draft's, or empty.
std::string EtagOf(int64_t version);
absl::Status ExpectEtag(const v1::Draft& draft, const std::string& etag);

// INVALID_FIELDS with one violation, for what only the state could tell.
absl::Status Violation(std::string_view field, std::string_view description);

}  // namespace daybook::billing
