#include "services/daybook/import/order_commands.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/dates.h"
#include "common/base/text.h"
#include "common/log/chain.h"

namespace daybook {
namespace {

// 32 hex digits of a text; lengths in front, so that no two lists of parts spell the same text.
template <class... Parts>
std::string Digest(const Parts&... parts) {
  std::string text;
  ((text += Cat(std::string_view(parts).size(), ":", std::string_view(parts))), ...);
  const log::Hash hash = log::LinkHash({}, text);
  return absl::BytesToHexString(absl::string_view(hash.data(), hash.size()));
}

}  // namespace

std::string AccountIdOf(const Currency& currency) { return Cat("orders-", currency.code()); }

std::string OrderNames::Of(const Order& order) const {
  const std::string date = FormatDay(order.date);
  const std::string amount = FormatMoney(order.amount_minor, currency_);
  const std::string occurrence = std::to_string(order.occurrence);
  if (!order.order_id.empty()) {
    if (!order.is_return()) return Cat("order-", Digest("order_id", order.order_id));
    // A return may have the id of its order, or one of its own.
    return Cat("return-",
               Digest("order_id", order.order_id, date, order.quantity, amount, occurrence));
  }
  const std::string kind = order.is_return() ? "return-" : "order-";
  if (source_.empty()) {
    return Cat(kind, Digest(order.customer_id, date, order.quantity, amount, occurrence));
  }
  return Cat(
      kind, Digest("source", source_, order.customer_id, date, order.quantity, amount, occurrence));
}

book::v1::Command RegisterCommand(const std::string& customer_id, const CustomerProfile& profile,
                                  absl::CivilDay first_day) {
  book::v1::Command command;
  auto* request = command.mutable_register_customer();
  request->set_customer_id(customer_id);
  request->set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  auto* personal = request->mutable_profile()->mutable_personal();
  personal->set_display_name(profile.name.empty() ? customer_id : profile.name);
  if (!profile.email.empty()) personal->add_emails(profile.email);
  request->mutable_profile()->set_region_code(profile.region);
  *request->mutable_effective_date() = DateOf(first_day);
  request->set_allow_unusual(true);
  // With all of it: another file may begin earlier, or say more, and is then another command, which
  // is answered by CUSTOMER_EXISTS.
  const bool plain = profile.name.empty() && profile.email.empty() && profile.region.empty();
  request->set_request_id(
      Cat("register-", plain ? Digest(customer_id, FormatDay(first_day))
                             : Digest(customer_id, FormatDay(first_day), profile.name,
                                      profile.email, profile.region)));
  return command;
}

book::v1::Command OpenAccountCommand(const std::string& customer_id, absl::CivilDay first_day,
                                     const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_open_account();
  request->set_customer_id(customer_id);
  request->set_account_id(AccountIdOf(currency));
  request->set_currency_code(std::string(currency.code()));
  request->set_time_zone("UTC");
  request->mutable_terms()->set_net_days(0);
  *request->mutable_effective_date() = DateOf(first_day);
  request->set_allow_unusual(true);
  request->set_request_id(
      Cat("account-", Digest(customer_id, FormatDay(first_day), currency.code())));
  return command;
}

book::v1::Command InvoiceCommand(const Order& order, const std::string& name,
                                 const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_issue_invoice();
  request->set_customer_id(order.customer_id);
  request->set_account_id(AccountIdOf(currency));
  *request->mutable_invoice_date() = DateOf(order.date);
  if (order.due_date.has_value()) *request->mutable_due_date() = DateOf(*order.due_date);
  auto* line = request->add_lines();
  line->set_description("Order");
  line->mutable_quantity()->set_value(order.quantity);
  *line->mutable_amount() = MoneyOf(order.amount_minor, currency);
  request->set_reference(order.order_id.empty() ? name : order.order_id);
  request->set_request_id(Cat(name, "-invoice"));
  request->set_allow_unusual(true);
  return command;
}

book::v1::Command PaymentCommand(const Order& order, const std::string& name,
                                 const std::string& invoice_id, const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_record_payment();
  request->set_customer_id(order.customer_id);
  request->set_account_id(AccountIdOf(currency));
  *request->mutable_amount() = MoneyOf(order.amount_minor, currency);
  request->set_method(billing::v1::PAYMENT_METHOD_OTHER);
  *request->mutable_payment_date() = DateOf(*order.paid_date);
  request->set_external_id(name);
  request->add_allocations()->set_invoice_id(invoice_id);
  request->set_request_id(Cat(name, "-payment"));
  request->set_allow_unusual(true);
  return command;
}

book::v1::Command ReturnCommand(const Order& returned, const Order& order, const std::string& name,
                                const std::string& invoice_id, bool as_credit,
                                const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_issue_credit_note();
  request->set_customer_id(returned.customer_id);
  request->set_invoice_id(invoice_id);
  request->set_kind(!order.paid_date.has_value() ? billing::v1::CREDIT_NOTE_KIND_OFFSET
                    : as_credit                  ? billing::v1::CREDIT_NOTE_KIND_CREDIT
                                                 : billing::v1::CREDIT_NOTE_KIND_REFUND);
  auto* line = request->add_lines();
  line->set_line_index(0);
  *line->mutable_net() = MoneyOf(-returned.amount_minor, currency);
  request->set_reason(returned.order_id.empty() ? "Return" : Cat("Return ", returned.order_id));
  // Not before the money came that goes back.
  *request->mutable_effective_date() =
      DateOf(std::max({returned.date, order.date, order.paid_date.value_or(order.date)}));
  request->set_request_id(Cat(name, "-note"));
  request->set_allow_unusual(true);
  return command;
}

}  // namespace daybook
