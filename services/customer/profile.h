// The profile of a customer, which may change: its fields are checked, normalised and compared
// here.
//
// The fields are leaves with paths as in UpdateCustomerRequest.update_mask, which means a set of
// leaves.
#pragma once

#include <bitset>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "common/base/status.h"
#include "daybook/customer/v1/customer.pb.h"
#include "google/protobuf/repeated_field.h"

namespace daybook::customer {

struct Leaf {
  std::string_view path;
  bool organisation_only;
  void (*copy)(const v1::Profile& from, v1::Profile& to);  // replaces, lists whole
  bool (*same)(const v1::Profile& a, const v1::Profile& b);
};

inline constexpr size_t kLeafCount = 12;
using LeafSet = std::bitset<kLeafCount>;

// All leaves, in the order of the proto.
absl::Span<const Leaf> Leaves();

// The leaves that a path means: one, or all of a message. None if the path is not known.
LeafSet LeavesOf(std::string_view path);

// Replaces the leaves in `which`.
void Copy(const v1::Profile& from, LeafSet which, v1::Profile& to);

// The leaves in which the two differ.
LeafSet Difference(const v1::Profile& a, const v1::Profile& b);

// A profile from an event, which has its fields one by one.
template <class Message>
v1::Profile ProfileIn(const Message& message, const v1::Personal& personal) {
  v1::Profile profile;
  *profile.mutable_personal() = personal;
  profile.set_region_code(message.region_code());
  profile.set_language_code(message.language_code());
  if (message.has_industry()) *profile.mutable_industry() = message.industry();
  profile.set_size_band(message.size_band());
  return profile;
}

// Checks each field by itself. Violations are named from the request on
// (`profile.personal.emails`). CheckShownName and CheckOrganisationOnly check the rest.
void CheckProfile(const v1::Profile& profile, FieldViolations& bad);

// Checks that there is a name to show: a given one, or one that can be derived within the limit.
void CheckShownName(const v1::Personal& personal, FieldViolations& bad);

// For a person: checks that no field is set that only organisations have.
void CheckOrganisationOnly(const v1::Profile& profile, FieldViolations& bad);

// The name to show: given name, space, family name; or family name first and no space, where the
// script has it so.
std::string DerivedName(const v1::Personal& personal);

// Brings the fields of a profile that passed CheckProfile into the form in which they are stored:
// NFC with single spaces (Tidy), e-mail domains in ASCII, languages by their codes of today,
// telephone numbers as E.164 where they are plausible; a number without a country code is read in
// `region_code`. A missing name stays missing. `warnings` gets the names of fields that look wrong,
// at most 8, and never their content: an answer is kept for ever, outside of `personal`.
void NormaliseProfile(std::string_view region_code, v1::Profile& profile,
                      google::protobuf::RepeatedPtrField<std::string>& warnings);

}  // namespace daybook::customer
