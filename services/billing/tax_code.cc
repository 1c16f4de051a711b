#include "services/billing/tax_code.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/decimal.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "services/billing/limits.h"
#include "services/billing/reasons.h"

namespace daybook::billing {
namespace {

constexpr size_t kMaxReasonCodeCharacters = 32;
constexpr size_t kMaxReasonCharacters = 200;

enum class Rate { kZero, kAboveZero, kAny };

// EN 16931-1, rules BR-S-5, BR-Z-5, BR-E-5, BR-AE-5, BR-IC-5, BR-G-5, BR-O-5, BR-AF-5, BR-AG-5 for
// the rate, and -10 of each for the reason.
struct CategoryRule {
  v1::TaxCategory category;
  Rate rate;
  bool has_reason;
};
constexpr CategoryRule kRules[] = {
    {v1::TAX_CATEGORY_S, Rate::kAboveZero, false}, {v1::TAX_CATEGORY_Z, Rate::kZero, false},
    {v1::TAX_CATEGORY_E, Rate::kZero, true},       {v1::TAX_CATEGORY_AE, Rate::kZero, true},
    {v1::TAX_CATEGORY_K, Rate::kZero, true},       {v1::TAX_CATEGORY_G, Rate::kZero, true},
    {v1::TAX_CATEGORY_O, Rate::kZero, true},       {v1::TAX_CATEGORY_L, Rate::kAny, false},
    {v1::TAX_CATEGORY_M, Rate::kAny, false},
};

// The category of a code, as the VATEX list itself has it.
struct ReasonRule {
  std::string_view code;
  v1::TaxCategory category;
};
constexpr ReasonRule kReasons[] = {
    {"VATEX-EU-AE", v1::TAX_CATEGORY_AE}, {"VATEX-EU-IC", v1::TAX_CATEGORY_K},
    {"VATEX-EU-G", v1::TAX_CATEGORY_G},   {"VATEX-EU-O", v1::TAX_CATEGORY_O},
    {"VATEX-EU-D", v1::TAX_CATEGORY_E},   {"VATEX-EU-F", v1::TAX_CATEGORY_E},
    {"VATEX-EU-I", v1::TAX_CATEGORY_E},   {"VATEX-EU-J", v1::TAX_CATEGORY_E},
};

const CategoryRule* RuleOf(v1::TaxCategory category) {
  for (const CategoryRule& rule : kRules) {
    if (rule.category == category) return &rule;
  }
  return nullptr;
}

// `AE`.
std::string_view NameOf(v1::TaxCategory category) {
  constexpr std::string_view kPrefix = "TAX_CATEGORY_";
  return std::string_view(v1::TaxCategory_Name(category)).substr(kPrefix.size());
}

// Such as `VATEX-EU-132-1A`: the list, the author of the entry, and its name.
bool IsReasonCode(std::string_view code) {
  constexpr std::string_view kList = "VATEX-";
  if (code.size() > kMaxReasonCodeCharacters || !code.starts_with(kList)) return false;
  code.remove_prefix(kList.size());
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_named = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return code.size() > 3 && is_letter(code[0]) && is_letter(code[1]) && code[2] == '-' &&
         code[3] != '-' && code.back() != '-' && std::all_of(code.begin(), code.end(), is_named);
}

// The line's rate; -1 if it has none, or one that cannot be parsed.
Int128 ScaledRate(const v1::LineItem& item) {
  if (!item.has_tax_rate_percent()) return -1;
  const absl::StatusOr<Decimal> rate = Decimal::Parse(item.tax_rate_percent().value());
  return rate.ok() ? rate->scaled() : -1;
}

void CheckRate(const v1::LineItem& item, const CategoryRule& rule, const std::string& path,
               FieldViolations& bad) {
  const Int128 rate = ScaledRate(item);
  const std::string field = path + ".tax_rate_percent";
  const std::string category(NameOf(rule.category));
  if (rule.rate == Rate::kZero) {
    if (rate > 0) bad.Add(field, absl::StrCat("is not 0, as category ", category, " wants"));
  } else if (!item.has_tax_rate_percent()) {
    bad.Add(field, absl::StrCat("is required by category ", category));
  } else if (rule.rate == Rate::kAboveZero && rate == 0) {
    bad.Add(field, absl::StrCat("is 0, which category ", category, " does not have: use Z"));
  }
}

void CheckReason(const v1::TaxCode& code, const CategoryRule& rule, const std::string& path,
                 FieldViolations& bad) {
  const std::string& reason_code = code.exemption_reason_code();
  const std::string category(NameOf(rule.category));
  const bool given = !reason_code.empty() || !Tidy(code.exemption_reason()).empty();
  if (rule.has_reason && !given) {
    bad.Add(path, absl::StrCat("has neither exemption_reason_code nor exemption_reason, which "
                               "category ",
                               category, " wants"));
  }
  if (!rule.has_reason && given) {
    bad.Add(path, absl::StrCat("has a reason, which category ", category, " does not take"));
  }
  for (const ReasonRule& known : kReasons) {
    if (known.code != reason_code || known.category == code.category()) continue;
    bad.Add(path + ".exemption_reason_code",
            absl::StrCat("goes with category ", std::string(NameOf(known.category))));
  }
}

}  // namespace

void CheckTaxCode(const v1::LineItem& item, const std::string& path, FieldViolations& bad) {
  const v1::TaxCode& code = item.tax_code();
  const std::string field = path + ".tax_code";
  Expect(CheckText(code.exemption_reason(), kMaxReasonCharacters), field + ".exemption_reason",
         bad);
  if (!code.exemption_reason_code().empty() && !IsReasonCode(code.exemption_reason_code())) {
    bad.Add(field + ".exemption_reason_code", "is no code of the VATEX list such as VATEX-EU-IC");
  }
  const CategoryRule* rule = RuleOf(code.category());
  if (rule == nullptr) {
    return bad.Add(field + ".category", code.category() == v1::TAX_CATEGORY_UNSPECIFIED
                                            ? "is required"
                                            : "is no known category");
  }
  CheckRate(item, *rule, path, bad);
  CheckReason(code, *rule, field, bad);
}

v1::TaxCode Normalised(v1::TaxCode code) {
  code.set_exemption_reason(Tidy(code.exemption_reason()));
  return code;
}

bool Same(const v1::TaxCode& a, const v1::TaxCode& b) {
  return a.category() == b.category() && a.exemption_reason_code() == b.exemption_reason_code() &&
         a.exemption_reason() == b.exemption_reason();
}

uint32_t PlaceOf(const v1::TaxCode& code, const state::Account& account) {
  for (int i = 0; i < account.tax_codes_size(); ++i) {
    if (Same(account.tax_codes(i), code)) return static_cast<uint32_t>(i) + 1;
  }
  return 0;
}

absl::Status ExpectTaxCodeRoom(const google::protobuf::RepeatedPtrField<v1::TaxTotal>& taxes,
                               const state::Account& account) {
  int added = 0;
  for (const v1::TaxTotal& total : taxes) {
    added += total.has_tax_code() && PlaceOf(total.tax_code(), account) == 0;
  }
  if (added == 0 || account.tax_codes_size() + added <= kMaxTaxCodes) return absl::OkStatus();
  return Refuse(reason::kTaxCodesFull,
                absl::StrCat("the account has ", account.tax_codes_size(),
                             " tax codes and would have ", added, " more"),
                {{"tax_code_count", absl::StrCat(account.tax_codes_size())},
                 {"tax_code_limit", absl::StrCat(kMaxTaxCodes)}});
}

}  // namespace daybook::billing
