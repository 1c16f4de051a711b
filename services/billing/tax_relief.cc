#include "services/billing/tax_relief.h"

#include <algorithm>
#include <vector>

#include "common/base/decimal.h"
#include "common/base/money.h"

namespace daybook::billing {
namespace {

bool IsNothing(const v1::TaxTotal& tax) { return tax.net_minor() == 0 && tax.tax_minor() == 0; }

void DropNothing(Taxes& taxes) {
  taxes.erase(std::remove_if(taxes.begin(), taxes.end(), IsNothing), taxes.end());
}

// What credit notes left of an invoice.
struct Left {
  Taxes taxes;
  int64_t tax = 0;
  int64_t net = 0;
  int64_t untaxed_net = 0;
};

Left LeftOf(const state::Account& account, const state::Invoice& invoice) {
  Left left;
  for (int i = 0; i < LineCount(invoice); ++i) {
    const StateLine line = LineAt(account, invoice, i);
    const int64_t net = line.net - line.credited_net;
    AddToTaxes(line, net, line.tax - line.credited_tax, left.taxes);
    left.net += net;
    if (line.rate_scaled == kUntaxed) left.untaxed_net += net;
  }
  left.tax = TaxSum(left.taxes);
  return left;
}

Taxes ReliefOf(const Left& left, int64_t written_off_minor) {
  const int64_t total = left.net + left.tax;
  // With an untaxed negative line the tax may exceed the total. Then a write-off has no share in
  // it.
  if (left.tax <= 0 || total < left.tax) return {};
  // More may be written off than is left: a payment may bounce after its invoice was credited.
  const Int128 part = std::min(written_off_minor, total);
  const auto tax = static_cast<int64_t>(DivideHalfUp(part * left.tax, total));
  if (tax == 0) return {};
  std::vector<Int128> tax_shares, net_shares;
  for (const v1::TaxTotal& one : left.taxes) {
    tax_shares.push_back(part * one.tax_minor());
    net_shares.push_back(part * one.net_minor());
  }
  net_shares.push_back(part * left.untaxed_net);
  const std::vector<int64_t> taxes = RoundToSum(tax, tax_shares, total);
  const std::vector<int64_t> nets = RoundToSum(static_cast<int64_t>(part) - tax, net_shares, total);
  Taxes relief = left.taxes;
  for (int i = 0; i < relief.size(); ++i) {
    relief[i].set_tax_minor(taxes[static_cast<size_t>(i)]);
    relief[i].set_net_minor(nets[static_cast<size_t>(i)]);
  }
  DropNothing(relief);
  return relief;
}

// `from` less `taken`; none if that sums to less than zero.
Taxes Difference(Taxes from, const Taxes& taken) {
  TakeTaxes(taken, from);
  return TaxSum(from) < 0 ? Taxes() : from;
}

}  // namespace

Taxes ReliefOf(const state::Account& account, const state::Invoice& invoice,
               int64_t written_off_minor) {
  return ReliefOf(LeftOf(account, invoice), written_off_minor);
}

Taxes ReliefOf(const v1::InvoiceIssued& invoice, int64_t written_off_minor) {
  Left left{.taxes = invoice.taxes(), .tax = invoice.tax_minor(), .net = invoice.net_minor()};
  left.untaxed_net = left.net;
  for (const v1::TaxTotal& tax : left.taxes) left.untaxed_net -= tax.net_minor();
  return ReliefOf(left, written_off_minor);
}

Taxes MoreRelief(const Taxes& corrected, const state::Account& account,
                 const state::Invoice& invoice, int64_t written_off_minor) {
  return Difference(ReliefOf(account, invoice, written_off_minor), corrected);
}

Taxes LessRelief(const Taxes& corrected, const state::Account& account,
                 const state::Invoice& invoice, int64_t written_off_minor) {
  if (corrected.empty() || written_off_minor == 0) return corrected;
  return Difference(corrected, ReliefOf(account, invoice, written_off_minor));
}

void AddTaxes(const Taxes& more, Taxes& taxes) {
  for (const v1::TaxTotal& total : more) AddTax(total, taxes);
}

void TakeTaxes(const Taxes& less, Taxes& taxes) {
  for (v1::TaxTotal total : less) {
    total.set_net_minor(-total.net_minor());
    total.set_tax_minor(-total.tax_minor());
    AddTax(total, taxes);
  }
  DropNothing(taxes);
}

int64_t TaxSum(const Taxes& taxes) {
  int64_t sum = 0;
  for (const v1::TaxTotal& total : taxes) sum += total.tax_minor();
  return sum;
}

}  // namespace daybook::billing
