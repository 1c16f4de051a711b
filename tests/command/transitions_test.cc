#include "common/command/transitions.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "common/base/status.h"
#include "daybook/billing/v1/billing.pb.h"

namespace daybook::command {
namespace {

// More commands than one word has bits.
enum class Verb : uint8_t { kFirst, kSecond, kLast = 127 };
constexpr std::array<std::string_view, 128> kNames = [] {
  std::array<std::string_view, 128> names;
  names.fill("Other");
  names[0] = "First";
  names[1] = "Second";
  names[127] = "Last";
  return names;
}();
constexpr absl::Span<const std::string_view> NamesOf(Verb) { return kNames; }

using Invoices = Transitions<billing::v1::InvoiceState, Verb>;
constexpr CommandSet<Verb> kBoth = {Verb::kFirst, Verb::kLast};
constexpr Invoices::Row kRows[] = {
    {billing::v1::INVOICE_STATE_ISSUED, kBoth | CommandSet<Verb>(Verb::kSecond)},
    {billing::v1::INVOICE_STATE_PAID, {Verb::kLast}},
    {billing::v1::INVOICE_STATE_VOID, {}},
};
constexpr Invoices kInvoices(kRows);
static_assert(kInvoices.Allows(billing::v1::INVOICE_STATE_ISSUED, Verb::kLast));

TEST(Transitions, AllowWhatTheTableHas) {
  EXPECT_TRUE(kInvoices.Allows(billing::v1::INVOICE_STATE_ISSUED, Verb::kFirst));
  EXPECT_TRUE(kInvoices.Allows(billing::v1::INVOICE_STATE_ISSUED, Verb::kSecond));
  EXPECT_TRUE(kInvoices.Allows(billing::v1::INVOICE_STATE_PAID, Verb::kLast));
  EXPECT_FALSE(kInvoices.Allows(billing::v1::INVOICE_STATE_PAID, Verb::kFirst));
  EXPECT_FALSE(kInvoices.Allows(billing::v1::INVOICE_STATE_VOID, Verb::kLast));
  EXPECT_FALSE(kInvoices.Allows(billing::v1::INVOICE_STATE_DRAFT, Verb::kFirst)) << "has no row";
  EXPECT_EQ(kInvoices.AllowedCommands(billing::v1::INVOICE_STATE_ISSUED), "First,Second,Last");
  EXPECT_EQ(kInvoices.AllowedCommands(billing::v1::INVOICE_STATE_ISSUED, ", "),
            "First, Second, Last");
  EXPECT_EQ(kInvoices.AllowedCommands(billing::v1::INVOICE_STATE_VOID), "");
}

TEST(Transitions, RefuseWithTheStateAndWhatItTakes) {
  EXPECT_TRUE(
      kInvoices.Expect(billing::v1::INVOICE_STATE_PAID, "invoice", "i-1", Verb::kLast).ok());
  const absl::Status refused =
      kInvoices.Expect(billing::v1::INVOICE_STATE_PAID, "invoice", "i-1", Verb::kSecond);
  EXPECT_EQ(ReasonOf(refused), "ILLEGAL_TRANSITION");
  EXPECT_EQ(refused.message(), "invoice 'i-1' is PAID, which does not allow Second");
  EXPECT_EQ(MetadataOf(refused, "thing"), "invoice");
  EXPECT_EQ(MetadataOf(refused, "id"), "i-1");
  EXPECT_EQ(MetadataOf(refused, "state"), "PAID");
  EXPECT_EQ(MetadataOf(refused, "command"), "Second");
  EXPECT_EQ(MetadataOf(refused, "allowed_commands"), "Last");
}

TEST(Transitions, NameStatesWithoutTheNameOfTheirType) {
  EXPECT_EQ(ShortNameOf(billing::v1::ACCOUNT_STATE_SUSPENDED), "SUSPENDED");
  EXPECT_EQ(ShortNameOf(billing::v1::PAYMENT_STATE_CHARGED_BACK), "CHARGED_BACK");
  EXPECT_EQ(ShortNameOf(static_cast<billing::v1::PaymentState>(999)), "UNKNOWN");
}

}  // namespace
}  // namespace daybook::command
