// The amounts of an invoice from what is sold.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/base/money.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/account.h"
#include "services/billing/state.h"

namespace daybook::billing {

// Fills lines, taxes, net, tax and total of `invoice` from checked items; texts are normalised.
//   line amount  quantity × price, the exact product half-up to the currency's digits
//   tax          by rate and tax code: of the lines priced before tax Σ net × rate, of those priced
//                with tax Σ gross × rate / (100 + rate), each half-up once
//   line tax     the line's exact share, brought to that tax by largest remainder, in the order of
//                lines
//   line net     its amount, or of a line priced with tax its amount less its tax
// A line without a rate has no tax, however it is priced.
//
// AMOUNT_OVERFLOW, also if the absolute amounts of the lines do not fit, because credit notes may
// sum up any of them. INVALID_FIELDS if the total is negative. Amounts must be in `currency`.
// `field`: the items' name in refusals.
absl::Status FillAmounts(const google::protobuf::RepeatedPtrField<v1::LineItem>& items,
                         const Currency& currency, v1::InvoiceIssued& invoice,
                         std::string_view field = "lines");

// AMOUNT_UNUSUAL if the total, or a line with its tax, is more than is usual, unless the request
// allows it.
absl::Status ExpectUsual(const state::Account& account, const v1::InvoiceIssued& invoice,
                         bool allow_unusual);

}  // namespace daybook::billing
