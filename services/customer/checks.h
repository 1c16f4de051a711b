// What requests of the customer book have in common, checked without any state. Each command's file
// in commands/ has its own Check, which puts these together. Violations are added to `bad`.
#pragma once

#include "absl/status/status.h"
#include "common/base/dates.h"
#include "common/base/fields.h"
#include "common/base/text.h"
#include "common/command/decider.h"

namespace daybook::customer {

inline constexpr size_t kMaxCommentCharacters = 200;

template <class Request>
void CheckDate(const Request& request, FieldViolations& bad) {
  if (request.has_effective_date()) {
    Expect(DayOf(request.effective_date()).status(), "effective_date", bad);
  }
}

// Envelope, customer and date of a command about a customer that must be in the book.
template <class Request>
void CheckCustomerAndDate(const Request& request, FieldViolations& bad) {
  CheckEnvelope(request, command::kMaxRequestIdCharacters, bad);
  Expect(CheckId(request.customer_id(), command::kMaxStreamIdCharacters), "customer_id", bad);
  CheckDate(request, bad);
}

// A whole request with a comment: ArchiveCustomer and RestoreCustomer.
template <class Request>
absl::Status CheckWithComment(const Request& request) {
  FieldViolations bad;
  CheckCustomerAndDate(request, bad);
  Expect(CheckText(request.comment(), kMaxCommentCharacters), "comment", bad);
  return bad.ToStatus();
}

}  // namespace daybook::customer
