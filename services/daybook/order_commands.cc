#include "services/daybook/order_commands.h"

#include "absl/strings/escaping.h"
#include "common/base/dates.h"
#include "common/command/decider.h"
#include "common/log/chain.h"
#include "services/daybook/text.h"

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

// The order's name in request ids, references and as the payment's external id.
std::string NameOf(const Order& order, const Currency& currency) {
  return Cat("order-",
             Digest(order.customer_id, FormatDay(order.date), order.quantity,
                    FormatMoney(order.amount_minor, currency), std::to_string(order.occurrence)));
}

std::string AccountIdOf(const Currency& currency) { return Cat("orders-", currency.code()); }

}  // namespace

book::v1::Command RegisterCommand(const std::string& customer_id, absl::CivilDay first_day) {
  book::v1::Command command;
  auto* request = command.mutable_register_customer();
  request->set_customer_id(customer_id);
  request->set_kind(customer::v1::CUSTOMER_KIND_PERSON);
  request->mutable_personal()->set_display_name(customer_id);
  *request->mutable_effective_date() = DateOf(first_day);
  // With the day: another file may begin earlier, and is then another command (CUSTOMER_EXISTS).
  request->set_request_id(Cat("register-", Digest(customer_id, FormatDay(first_day))));
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
  request->set_request_id(
      Cat("account-", Digest(customer_id, FormatDay(first_day), currency.code())));
  return command;
}

book::v1::Command InvoiceCommand(const Order& order, const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_issue_invoice();
  request->set_customer_id(order.customer_id);
  request->set_account_id(AccountIdOf(currency));
  *request->mutable_invoice_date() = DateOf(order.date);
  auto* line = request->add_lines();
  line->set_description("Order");
  line->mutable_quantity()->set_value(order.quantity);
  *line->mutable_amount() = MoneyOf(order.amount_minor, currency);
  request->set_reference(NameOf(order, currency));
  request->set_request_id(Cat(NameOf(order, currency), "-invoice"));
  return command;
}

book::v1::Command PaymentCommand(const Order& order, const Currency& currency) {
  book::v1::Command command;
  auto* request = command.mutable_record_payment();
  request->set_customer_id(order.customer_id);
  request->set_account_id(AccountIdOf(currency));
  *request->mutable_amount() = MoneyOf(order.amount_minor, currency);
  request->set_method(billing::v1::PAYMENT_METHOD_OTHER);
  *request->mutable_payment_date() = DateOf(order.date);
  request->set_external_id(NameOf(order, currency));
  request->add_allocations()->set_invoice_id(InvoiceIdOf(order, currency));
  request->set_request_id(Cat(NameOf(order, currency), "-payment"));
  return command;
}

std::string InvoiceIdOf(const Order& order, const Currency& currency) {
  const std::string request_id = Cat(NameOf(order, currency), "-invoice");
  const command::Context context{.now = absl::UnixEpoch(), .request_id = request_id, .actor = {}};
  const command::View view{.customer_id = order.customer_id,
                           .state = book::v1::State::default_instance(),
                           .partition_state = book::v1::PartitionState::default_instance(),
                           .partition = 0};
  return context.NewId(view, 0);
}

}  // namespace daybook
