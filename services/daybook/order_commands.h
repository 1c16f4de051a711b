// What an imported order becomes: commands with request ids made from what the order says, so that
// the same order is the same commands, in whatever file and however often it comes.
//
// Pure.
#pragma once

#include <string>

#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "daybook/book/v1/command_service.pb.h"
#include "services/daybook/orders.h"

namespace daybook {

// Registers the customer as a person whose name is the id, on the day of the first order.
book::v1::Command RegisterCommand(const std::string& customer_id, absl::CivilDay first_day);

// Opens the account `orders-USD`: UTC, due at once.
book::v1::Command OpenAccountCommand(const std::string& customer_id, absl::CivilDay first_day,
                                     const Currency& currency);

// Issues the order's invoice on its date: one line with quantity and amount.
book::v1::Command InvoiceCommand(const Order& order, const Currency& currency);

// Pays that invoice, and no other, in full on the same day. Only for an amount that is not zero.
book::v1::Command PaymentCommand(const Order& order, const Currency& currency);

// The id that the server gives the invoice of InvoiceCommand.
std::string InvoiceIdOf(const Order& order, const Currency& currency);

}  // namespace daybook
