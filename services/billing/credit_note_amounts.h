// The amounts of a credit note from the lines of its invoice.
#pragma once

#include "absl/status/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "services/billing/state.h"

namespace daybook::billing {

// Fills lines, taxes, net, tax and total of `note` from checked items; no items means all that is
// left.
//   line tax   the line's tax × (all net credited of it, this included) / the line's net, half-up,
//              less the tax credited before. For an amount with tax the same holds by gross
//              amounts, and the net is the rest. So a line credited in parts sums to the line.
// CURRENCY_MISMATCH; CREDIT_NOTE_ABOVE_INVOICE for more than is left of a line or of the invoice;
// INVALID_FIELDS for a line that the invoice does not have, an amount of the other sign, and a
// total below zero.
absl::Status FillCreditNote(const state::Account& account, const state::Invoice& invoice,
                            const google::protobuf::RepeatedPtrField<v1::CreditNoteItem>& items,
                            v1::CreditNoteIssued& note);

}  // namespace daybook::billing
