// What an imported order becomes: commands whose request ids are made from the order's name, so
// that the same order is the same commands however often it comes.
//
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "daybook/book/v1/command_service.pb.h"
#include "services/daybook/import/orders.h"

namespace daybook {

// Which orders of two files are one:
//   those with the same order id, of the same customer;
//   without order ids rows that say the same, are as many-eth of their kind in the file and stand
//   in files of the same name; with `source` empty in whatever file.
class OrderNames {
 public:
  OrderNames(std::string source, const Currency& currency)
      : source_(std::move(source)), currency_(currency) {}

  // The order's name in request ids and as the payment's external id.
  std::string Of(const Order& order) const;

 private:
  const std::string source_;
  const Currency& currency_;
};

// The account of all orders of a currency: `orders-USD`.
std::string AccountIdOf(const Currency& currency);

// Registers the customer as a person on the day of the first order; the id is the name of one of
// whom the file says none.
book::v1::Command RegisterCommand(const std::string& customer_id, const CustomerProfile& profile,
                                  absl::CivilDay first_day);

// Opens that account: UTC, due at once.
book::v1::Command OpenAccountCommand(const std::string& customer_id, absl::CivilDay first_day,
                                     const Currency& currency);

// Issues the order's invoice on its date: one line with quantity and amount. The reference is the
// order id, else the name.
book::v1::Command InvoiceCommand(const Order& order, const std::string& name,
                                 const Currency& currency);

// Pays that invoice, and no other, in full on the day on which it was paid. Only for an order that
// was, of an amount that is not zero.
book::v1::Command PaymentCommand(const Order& order, const std::string& name,
                                 const std::string& invoice_id, const Currency& currency);

// Takes the amount of a return off the invoice of the order that it is of: what was paid goes back
// to the payer or, with `as_credit`, becomes credit of the account; what is open is owed no more.
book::v1::Command ReturnCommand(const Order& returned, const Order& order, const std::string& name,
                                const std::string& invoice_id, bool as_credit,
                                const Currency& currency);

}  // namespace daybook
