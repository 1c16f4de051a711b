#include "services/daybook/wiring/books.h"

#include "common/command/books.h"
#include "services/billing/billing.h"
#include "services/customer/customer.h"
#include "services/daybook/wiring/services.h"

namespace daybook {

absl::StatusOr<command::Book> TheBook() {
  return command::Books<customer::Customer, billing::Billing>(CommandServices());
}

}  // namespace daybook
