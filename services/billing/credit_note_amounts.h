// The amounts of a credit note from the lines of its invoice.
#pragma once

#include "absl/status/status.h"
#include "daybook/billing/v1/billing_service.pb.h"
#include "daybook/billing/v1/event.pb.h"
#include "daybook/billing/v1/state.pb.h"

namespace daybook::billing {

// Fills lines, taxes, net, tax and total of `note` from checked items; none = all that is left.
//   line tax   the line's tax × (all net taken back of it, this included) / the line's net,
//              half-up, less what was taken back before; of an amount with tax the same by gross
//              amounts, and the net is the rest. Of a line taken back bit by bit, by either, the
//              bits sum to it.
// CURRENCY_MISMATCH; CREDIT_NOTE_ABOVE_INVOICE for more than is left of a line or of the invoice;
// INVALID_FIELDS for a line that the invoice does not have, an amount of the other sign, a total
// below zero.
absl::Status FillCreditNote(const v1::Account& account, const v1::Invoice& invoice,
                            const google::protobuf::RepeatedPtrField<v1::CreditNoteItem>& items,
                            v1::CreditNoteIssued& note);

}  // namespace daybook::billing
