// Why the customer book says no; read models say the same of the same things.
#pragma once

#include "common/base/reasons.h"

namespace daybook::reason {

inline constexpr Reason kCustomerExists{"CUSTOMER_EXISTS", absl::StatusCode::kAlreadyExists,
                                        "A customer of this id is in the book.",
                                        "Use it, or register under another id."};

inline constexpr Reason kCustomerArchived{
    "CUSTOMER_ARCHIVED", absl::StatusCode::kFailedPrecondition,
    "The customer is archived; metadata `allowed_commands` says what they take.",
    "Restore the customer first, or use the one who replaces them."};

inline constexpr Reason kCustomerNotArchived{
    "CUSTOMER_NOT_ARCHIVED", absl::StatusCode::kFailedPrecondition,
    "The customer is active: there is nothing to restore.", "Leave it."};

inline constexpr Reason kCustomerHasOpenItems{
    "CUSTOMER_HAS_OPEN_ITEMS", absl::StatusCode::kFailedPrecondition,
    "The customer has open invoices or unapplied money; metadata says how many.",
    "Settle them first."};

inline constexpr Reason kExternalIdExists{
    "EXTERNAL_ID_EXISTS", absl::StatusCode::kAlreadyExists,
    "The customer has another id in that system; metadata `id` has it.",
    "Remove it first, or check the customer."};

inline constexpr Reason kExternalIdNotFound{"EXTERNAL_ID_NOT_FOUND", absl::StatusCode::kNotFound,
                                            "The customer has no such external id, or nobody has.",
                                            "Check system and id."};

inline constexpr Reason kExternalIdsFull{
    "EXTERNAL_IDS_FULL", absl::StatusCode::kFailedPrecondition,
    "The customer has as many external ids as one may have (50).", "Remove one that is not used."};

// All of the above.
inline constexpr const Reason* kCustomerReasons[] = {
    &kCustomerExists,   &kCustomerArchived,   &kCustomerNotArchived, &kCustomerHasOpenItems,
    &kExternalIdExists, &kExternalIdNotFound, &kExternalIdsFull};

}  // namespace daybook::reason
