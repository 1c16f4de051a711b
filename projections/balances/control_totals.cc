#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "projections/balances/balances.h"
#include "projections/balances/totals.h"

namespace daybook::balances {

absl::Status Balances::ControlTotals(projection::ViewSpan views,
                                     std::map<std::string, std::string>* totals) {
  absl::StatusOr<AllTotals> all = ReadTotals(views);
  RETURN_IF_ERROR(all.status());
  (*totals)["customers"] = absl::StrCat(all->customer_count);
  for (const auto& [currency, sums] : all->currencies) {
    const auto put = [&](const char* name, Int128 value) {
      (*totals)[absl::StrCat(currency, " ", name)] = ToText(value);
    };
    put("invoiced", sums.sums.invoiced());
    put("received", sums.sums.received);
    put("receivable", sums.sums.receivable());
    put("unapplied", sums.sums.unapplied());
    put("allocated", sums.sums.allocated());
    put("refunded", sums.sums.refunded);
    put("reversed", sums.sums.reversed);
    put("credited", sums.sums.credited());
    put("written off", sums.sums.written_off());
    put("tax of that", sums.sums.relief.standing());
    put("discounted", sums.sums.discounted());
    put("tax of discounts", sums.sums.discount_relief.standing());
    put("claimed", sums.sums.claimed);
    put("lost", sums.sums.lost - sums.sums.loss_recovered);
    put("taken to income", sums.sums.residue_income());
    put("invoices", sums.sums.invoice_count - sums.sums.void_invoice_count);
    put("void invoices", sums.sums.void_invoice_count);
    put("credit notes", sums.sums.credit_note_count);
    put("debit notes", sums.sums.debit_note_count);
    put("payments", sums.sums.payment_count);
    put("accounts", sums.account_count);
  }
  return absl::OkStatus();
}

}  // namespace daybook::balances
