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

// Shares of each total's net and tax in part / whole; `tax` and `net` are what they sum to. `rest`:
// net that stands in no total and takes its share of `net`.
Taxes Share(const Taxes& taxes, int64_t rest, Int128 part, Int128 whole, int64_t tax, int64_t net) {
  std::vector<Int128> of_tax, of_net;
  for (const v1::TaxTotal& total : taxes) {
    of_tax.push_back(part * total.tax_minor());
    of_net.push_back(part * total.net_minor());
  }
  of_net.push_back(part * rest);
  const std::vector<int64_t> tax_parts = RoundToSum(tax, of_tax, whole);
  const std::vector<int64_t> net_parts = RoundToSum(net, of_net, whole);
  Taxes shares = taxes;
  for (int i = 0; i < shares.size(); ++i) {
    shares[i].set_tax_minor(tax_parts[static_cast<size_t>(i)]);
    shares[i].set_net_minor(net_parts[static_cast<size_t>(i)]);
  }
  DropNothing(shares);
  return shares;
}

int64_t NetSum(const Taxes& taxes) {
  int64_t sum = 0;
  for (const v1::TaxTotal& total : taxes) sum += total.net_minor();
  return sum;
}

}  // namespace

Taxes TaxesIn(const v1::Account& account, const v1::Invoice& invoice, int64_t amount_minor) {
  Taxes left;
  int64_t net = 0;
  for (int i = 0; i < LineCount(invoice); ++i) {
    const StateLine line = LineAt(account, invoice, i);
    const int64_t net_left = line.net - line.credited_net;
    AddToTaxes(line, net_left, line.tax - line.credited_tax, left);
    net += net_left;
  }
  const int64_t tax = TaxSum(left);
  const int64_t total = net + tax;
  if (tax <= 0 || total <= 0) return {};
  // More may be open than is left: of an invoice that was credited to the account and then bounced.
  const int64_t amount = std::min(amount_minor, total);
  const auto corrected = static_cast<int64_t>(DivideHalfUp(Int128{amount} * tax, total));
  if (corrected == 0) return {};
  return Share(left, net - NetSum(left), amount, total, corrected, amount - corrected);
}

Taxes PartOf(const Taxes& taxes, int64_t part_minor, int64_t whole_minor) {
  if (part_minor == whole_minor || taxes.empty()) return taxes;
  const auto come_back = [&](int64_t sum) {
    return sum - static_cast<int64_t>(
                     DivideHalfUp(Int128{sum} * (whole_minor - part_minor), whole_minor));
  };
  return Share(taxes, 0, part_minor, whole_minor, come_back(TaxSum(taxes)),
               come_back(NetSum(taxes)));
}

int64_t TaxSum(const Taxes& taxes) {
  int64_t sum = 0;
  for (const v1::TaxTotal& total : taxes) sum += total.tax_minor();
  return sum;
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

}  // namespace daybook::billing
