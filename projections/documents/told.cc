#include "projections/documents/told.h"

#include "common/base/document_number.h"
#include "common/base/status.h"

namespace daybook::documents {

void SetTaxes(const EventTaxes& from, const Currency& currency, Taxes* to) {
  for (const billing::v1::TaxTotal& one : from) {
    v1::TaxTotal& told = *to->Add();
    told.mutable_rate_percent()->set_value(one.rate_percent());
    SetMoney(one.net_minor(), currency, *told.mutable_net());
    SetMoney(one.tax_minor(), currency, *told.mutable_tax());
    if (one.has_tax_code()) *told.mutable_tax_code() = one.tax_code();
  }
}

absl::StatusOr<std::string> NumberOfInvoice(const store::View& view, std::string_view customer_id,
                                            std::string_view invoice_id) {
  std::string key;
  AppendDocument(customer_id, invoice_id, &key);
  rows::InvoiceRow row;
  ASSIGN_OR_RETURN(const bool found, view.Read(kInvoices, key, &row));
  if (!found) return std::string();
  return FormatNumber(NumberOf(row.number()));
}

absl::Status SetMoneyPuts(const store::View& view, std::string_view customer_id,
                          const std::vector<Stand>& stands, const Currency& currency,
                          MoneyPuts* to) {
  for (const Stand& stand : stands) {
    v1::MoneyPut& put = *to->Add();
    put.set_invoice_id(std::string(stand.other_id));
    ASSIGN_OR_RETURN(*put.mutable_number(), NumberOfInvoice(view, customer_id, stand.other_id));
    SetMoney(stand.amount_minor, currency, *put.mutable_amount());
    SetDate(stand.day, put.mutable_date());
  }
  return absl::OkStatus();
}

}  // namespace daybook::documents
