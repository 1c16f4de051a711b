#include "projections/journal/breakdown.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/wrapping.h"

namespace daybook::journal {
namespace {

using postings::Ledger;
using postings::Posting;
using postings::Side;

void AddLine(Ledger ledger, const std::string& detail, int64_t amount, std::vector<Line>* lines) {
  if (amount != 0) lines->push_back({ledger, detail, amount});
}

void Spread(Ledger ledger, int64_t amount, const Parts& parts, int sign, std::vector<Line>* lines) {
  int64_t rest = amount;
  for (const auto& [detail, part] : parts) {
    if (detail.empty()) continue;  // with what is not explained
    const int64_t posted = sign < 0 ? Minus(part) : part;
    AddLine(ledger, detail, posted, lines);
    rest = Minus(rest, posted);
  }
  AddLine(ledger, "", rest, lines);
}

}  // namespace

std::vector<Line> LinesOf(const std::vector<Posting>& postings, const Breakdown& breakdown) {
  std::vector<Line> lines;
  lines.reserve(postings.size() + breakdown.products.size() + breakdown.rates.size() + 1);
  int64_t revenue = 0, tax = 0;
  for (const Posting& posting : postings) {
    const int64_t amount =
        posting.side == Side::kDebit ? posting.amount_minor : -posting.amount_minor;
    switch (posting.ledger) {
      case Ledger::kRevenue:
        revenue = Plus(revenue, amount);
        break;
      case Ledger::kTaxPayable:
        tax = Plus(tax, amount);
        break;
      case Ledger::kCash:
        AddLine(posting.ledger, breakdown.channel, amount, &lines);
        break;
      default:
        AddLine(posting.ledger, "", amount, &lines);
    }
  }
  // Parts may stand against each other: a net of zero posts nothing in sum, and yet something by
  // product.
  Spread(Ledger::kRevenue, revenue, breakdown.products, breakdown.sign, &lines);
  Spread(Ledger::kTaxPayable, tax, breakdown.rates, breakdown.sign, &lines);
  return lines;
}

std::string NameOf(billing::v1::PaymentChannel channel) {
  if (channel == billing::v1::PAYMENT_CHANNEL_UNSPECIFIED) return "";
  constexpr size_t kPrefix = sizeof("PAYMENT_CHANNEL_") - 1;
  const std::string& name = billing::v1::PaymentChannel_Name(channel);
  return name.size() > kPrefix ? absl::AsciiStrToLower(name.substr(kPrefix)) : "";
}

std::string NameOf(const billing::v1::TaxTotal& tax) {
  if (!tax.has_tax_code()) return tax.rate_percent();
  constexpr size_t kPrefix = sizeof("TAX_CATEGORY_") - 1;
  const std::string& category = billing::v1::TaxCategory_Name(tax.tax_code().category());
  return absl::StrCat(tax.rate_percent(), " ",
                      category.size() > kPrefix ? category.substr(kPrefix)
                                                : absl::StrCat(tax.tax_code().category()));
}

void AddRates(const google::protobuf::RepeatedPtrField<billing::v1::TaxTotal>& taxes,
              Breakdown* breakdown) {
  for (const billing::v1::TaxTotal& tax : taxes) {
    breakdown->rates.emplace_back(NameOf(tax), tax.tax_minor());
  }
}

}  // namespace daybook::journal
