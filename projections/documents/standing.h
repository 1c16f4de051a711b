// How a document stands at a pair of clocks: a pure function of its row.
//
// An entry counts if it was recorded at or before `read_us` and is effective on or before `day`;
// an entry never counts before its document. What counts is taken in the order of record, so that
// once everything counts the states are those of the billing book. A void ends an invoice and a
// reversal of all that was left a payment, from their days on, whatever the days of what was done
// with them.
//
// The sums of an account's documents are those of the read model `balances` at the same clocks (its
// standing.h); a property test compares them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daybook/billing/v1/billing.pb.h"
#include "daybook/documents/v1/documents_service.pb.h"
#include "projections/documents/rows.h"

namespace daybook::documents {

struct Clocks {
  int32_t day;
  int64_t read_us;

  bool Count(int32_t that_day, int64_t recorded_us) const {
    return that_day <= day && recorded_us <= read_us;
  }
};

// The newest entry that counts, or the document itself.
struct Newest {
  int32_t day = 0;
  int64_t recorded_us = 0;
};

// What stands between a document and another one.
struct Stand {
  std::string_view other_id;
  int64_t amount_minor = 0;
  int32_t day = 0;  // of the newest that was put there
  bool credit_note = false;
};

struct WrittenOff {
  int64_t amount_minor = 0;  // with its tax
  int64_t tax_minor = 0;     // that was corrected
  int32_t day = 0;
};
inline constexpr int kWriteOffReasons = 5;  // by number

// What follows refers to the row. Each returns false for a document that is not there at the
// clocks.

struct InvoiceStanding {
  billing::v1::InvoiceState state = {};
  int64_t open_minor = 0;
  int64_t allocated_minor = 0;
  int64_t credited_minor = 0;
  WrittenOff written_off[kWriteOffReasons];
  std::vector<Stand> money;  // by source; those of nothing are left out
  std::vector<const rows::Entry*> credit_notes;
  int32_t settled_day = 0;  // the last of what lowered what is open, or the invoice's own
  const rows::Entry* voided = nullptr;
  const rows::Entry* marked = nullptr;  // as uncollectible
  Newest newest;

  int64_t written_off_minor() const;
  int64_t discounted_minor() const;
};
bool StandAt(const rows::InvoiceRow& row, const Clocks& clocks, InvoiceStanding* standing);

struct PaymentStanding {
  billing::v1::PaymentState state = {};
  bool received = false;  // its money came
  int32_t day = 0;        // on which it came, or of the announcement
  int64_t allocated_minor = 0;
  int64_t unapplied_minor = 0;
  int64_t refunded_minor = 0;
  int64_t reversed_minor = 0;
  int64_t written_off_minor = 0;
  int64_t claimed_minor = 0;
  int64_t lost_minor = 0;  // less what came again
  int64_t reinstated_minor = 0;
  std::vector<Stand> money;  // by invoice
  std::vector<const rows::Entry*> refunds, reversals, claims, reinstatements;
  std::string_view reason;
  Newest newest;
};
bool StandAt(const rows::PaymentRow& row, const Clocks& clocks, PaymentStanding* standing);

struct CreditNoteStanding {
  int64_t allocated_minor = 0;
  int64_t unapplied_minor = 0;
  int64_t written_off_minor = 0;
  int64_t paid_out_minor = 0;
  std::vector<Stand> money;  // by invoice
  std::vector<const rows::Entry*> payouts;
  Newest newest;
};
bool StandAt(const rows::CreditNoteRow& row, const Clocks& clocks, CreditNoteStanding* standing);

struct AccountStanding {
  billing::v1::AccountState state = {};
  const billing::v1::Terms* terms = nullptr;
  billing::v1::CreditApplication credit_application = {};  // MANUAL or AUTOMATIC
  std::string_view reason;
  Newest newest;
};
bool StandAt(const rows::AccountRow& row, const Clocks& clocks, AccountStanding* standing);

struct DraftStanding {
  v1::DraftState state = {};  // OPEN or DELETED
  uint32_t version = 0;       // of what it says, from 0
  Newest newest;
};
bool StandAt(const rows::DraftRow& row, const Clocks& clocks, DraftStanding* standing);

}  // namespace daybook::documents
