// What may change of a customer: checked, brought into the form it is stored in, compared.
//
// The fields of a profile are leaves with paths as in UpdateCustomerRequest; a set of leaves is
// what an update mask comes to.
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

// Leaves that a path means: one, or all of a message. None for a path that means no leaf.
LeafSet LeavesOf(std::string_view path);

// Replaces the leaves in `which`.
void Copy(const v1::Profile& from, LeafSet which, v1::Profile& to);

// Leaves in which the two are not the same.
LeafSet Difference(const v1::Profile& a, const v1::Profile& b);

// The same fields out of a request or an event that has them one by one.
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

// Everything about the fields themselves; not whether there is a name (CheckShownName) nor whether
// they are of an organisation (CheckOrganisationOnly).
void CheckProfile(const v1::Profile& profile, FieldViolations& bad);

// A name to show can be had: given, or derived within the limit.
void CheckShownName(const v1::Personal& personal, FieldViolations& bad);

// Of a person: nothing that only an organisation has.
void CheckOrganisationOnly(const v1::Profile& profile, FieldViolations& bad);

// Name to show: given name first, but family name first and without a space where the script has it
// so.
std::string DerivedName(const v1::Personal& personal);

// Brings the fields of a profile that passed CheckProfile into the form in which they are stored:
// NFC without white space around it and doubled in it (Tidy), e-mail domains in ASCII, telephone
// numbers as E.164 where they are plausible (without a country code: in the country of
// `region_code`), languages by their codes of today. A missing name stays missing. Of what looks
// wrong `warnings` names the fields, never what stands in them: an answer is kept for ever, outside
// of `personal`. At most 8 are named.
void NormaliseProfile(std::string_view region_code, v1::Profile& profile,
                      google::protobuf::RepeatedPtrField<std::string>& warnings);

}  // namespace daybook::customer
