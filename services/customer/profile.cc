#include "services/customer/profile.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/codes.h"
#include "common/base/contact.h"
#include "common/base/fields.h"
#include "common/base/text.h"

namespace daybook::customer {
namespace {

using v1::Contact;
using v1::Personal;
using v1::PostalAddress;
using v1::Profile;

constexpr size_t kMaxNameCharacters = 200;
constexpr size_t kMaxPostalCharacters = 200;
constexpr size_t kMaxPostcodeCharacters = 32;
constexpr size_t kMaxIndustryCodeCharacters = 16;
constexpr size_t kMaxIndustryLabelCharacters = 200;
constexpr int kMaxWays = 20;  // of each kind to reach a customer
constexpr int kMaxAddressLines = 5;
constexpr int kMaxContacts = 50;
constexpr int kMaxWarnings = 8;  // named; the answer must fit kMaxAnswerBytes

// ---------------------------------------------------------------------------------------- leaves

bool Same(const std::string& a, const std::string& b) { return a == b; }

bool Same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();  // of one build, without maps
}

template <class Item>
bool Same(const google::protobuf::RepeatedPtrField<Item>& a,
          const google::protobuf::RepeatedPtrField<Item>& b) {
  if (a.size() != b.size()) return false;
  for (int i = 0; i < a.size(); ++i) {
    if (!Same(a[i], b[i])) return false;
  }
  return true;
}

#define DAYBOOK_LEAF(path, organisation_only, Get, Mutable)                                   \
  {path, organisation_only, [](const Profile& from, Profile& to) { *to.Mutable = from.Get; }, \
   [](const Profile& a, const Profile& b) { return Same(a.Get, b.Get); }}

constexpr Leaf kLeaves[kLeafCount] = {
    DAYBOOK_LEAF("personal.display_name", false, personal().display_name(),
                 mutable_personal()->mutable_display_name()),
    DAYBOOK_LEAF("personal.given_name", false, personal().given_name(),
                 mutable_personal()->mutable_given_name()),
    DAYBOOK_LEAF("personal.family_name", false, personal().family_name(),
                 mutable_personal()->mutable_family_name()),
    DAYBOOK_LEAF("personal.emails", false, personal().emails(),
                 mutable_personal()->mutable_emails()),
    DAYBOOK_LEAF("personal.phones", false, personal().phones(),
                 mutable_personal()->mutable_phones()),
    DAYBOOK_LEAF("personal.postal_addresses", false, personal().postal_addresses(),
                 mutable_personal()->mutable_postal_addresses()),
    DAYBOOK_LEAF("personal.contacts", true, personal().contacts(),
                 mutable_personal()->mutable_contacts()),
    DAYBOOK_LEAF("region_code", false, region_code(), mutable_region_code()),
    DAYBOOK_LEAF("language_code", false, language_code(), mutable_language_code()),
    DAYBOOK_LEAF("industry.code", true, industry().code(), mutable_industry()->mutable_code()),
    DAYBOOK_LEAF("industry.label", true, industry().label(), mutable_industry()->mutable_label()),
    {"size_band", true,
     [](const Profile& from, Profile& to) { to.set_size_band(from.size_band()); },
     [](const Profile& a, const Profile& b) { return a.size_band() == b.size_band(); }},
};

#undef DAYBOOK_LEAF

// ----------------------------------------------------------------------------------------- checks

void CheckOptionalName(const std::string& name, std::string_view field, FieldViolations& bad) {
  if (!name.empty()) Expect(CheckName(name, kMaxNameCharacters), field, bad);
}

void CheckAddress(const PostalAddress& address, int index, FieldViolations& bad) {
  constexpr std::string_view kList = "profile.personal.postal_addresses";
  if (address.address_lines_size() > kMaxAddressLines) {
    bad.Add(At(kList, index, "address_lines").ToString(), "has more than 5 lines");
  } else {
    for (const std::string& line : address.address_lines()) {
      Expect(CheckText(line, kMaxPostalCharacters), At(kList, index, "address_lines"), bad);
    }
  }
  Expect(CheckText(address.locality(), kMaxPostalCharacters), At(kList, index, "locality"), bad);
  Expect(CheckText(address.postal_code(), kMaxPostcodeCharacters), At(kList, index, "postal_code"),
         bad);
  if (!address.region_code().empty()) {
    Expect(CheckRegion(address.region_code()), At(kList, index, "region_code"), bad);
  }
}

void CheckContact(const Contact& contact, int index, FieldViolations& bad) {
  constexpr std::string_view kList = "profile.personal.contacts";
  if (!v1::ContactRole_IsValid(contact.role())) {
    bad.Add(At(kList, index, "role").ToString(), "is no known role");
  }
  Expect(CheckName(contact.display_name(), kMaxNameCharacters), At(kList, index, "display_name"),
         bad);
  if (!contact.email().empty()) {
    Expect(ParseEmail(contact.email()).status(), At(kList, index, "email"), bad);
  }
  if (!contact.phone().empty()) {
    Expect(CheckName(contact.phone(), kMaxPhoneCharacters), At(kList, index, "phone"), bad);
  }
}

// Calls `check(item, index)` for each item of a list that is not too long.
template <class List, class Check>
void CheckEach(const List& list, int limit, std::string_view field, FieldViolations& bad,
               Check check) {
  if (list.size() > limit) return bad.Add(field, absl::StrCat("has more than ", limit, " entries"));
  for (int i = 0; i < list.size(); ++i) check(list[i], i);
}

// Addresses are told apart as mail finds them in practice: without regard to case.
void CheckEmails(const Personal& personal, FieldViolations& bad) {
  std::map<std::string, int> seen;
  CheckEach(personal.emails(), kMaxWays, "profile.personal.emails", bad,
            [&](const std::string& text, int i) {
              const absl::StatusOr<std::string> email = ParseEmail(text);
              Expect(email.status(), At("profile.personal.emails", i), bad);
              if (!email.ok()) return;
              const auto [first, is_new] = seen.emplace(FoldCase(*email), i);
              if (is_new) return;
              bad.Add(At("profile.personal.emails", i).ToString(),
                      absl::StrCat("is the same address as profile.personal.emails[", first->second,
                                   "]"));
            });
}

void CheckPersonal(const Personal& personal, FieldViolations& bad) {
  CheckOptionalName(personal.display_name(), "profile.personal.display_name", bad);
  CheckOptionalName(personal.given_name(), "profile.personal.given_name", bad);
  CheckOptionalName(personal.family_name(), "profile.personal.family_name", bad);
  CheckEmails(personal, bad);
  CheckEach(personal.phones(), kMaxWays, "profile.personal.phones", bad,
            [&](const std::string& phone, int i) {
              Expect(CheckName(phone, kMaxPhoneCharacters), At("profile.personal.phones", i), bad);
            });
  CheckEach(personal.postal_addresses(), kMaxWays, "profile.personal.postal_addresses", bad,
            [&](const PostalAddress& address, int i) { CheckAddress(address, i, bad); });
  CheckEach(personal.contacts(), kMaxContacts, "profile.personal.contacts", bad,
            [&](const Contact& contact, int i) { CheckContact(contact, i, bad); });
}

void CheckWork(const Profile& profile, FieldViolations& bad) {
  if (!v1::SizeBand_IsValid(profile.size_band())) {
    bad.Add("profile.size_band", "is no known size band");
  }
  Expect(CheckText(profile.industry().code(), kMaxIndustryCodeCharacters), "profile.industry.code",
         bad);
  Expect(CheckText(profile.industry().label(), kMaxIndustryLabelCharacters),
         "profile.industry.label", bad);
}

// ------------------------------------------------------------------------------------ normal form

class Warnings {
 public:
  explicit Warnings(google::protobuf::RepeatedPtrField<std::string>& list) : list_(list) {}
  ~Warnings() {
    if (more_ > 0) list_.Add(absl::StrCat("and ", more_, " more"));
  }

  std::string Phone(const std::string& text, std::string_view country, const At& at) {
    daybook::Phone phone = ParsePhone(Tidy(text), country);
    if (!phone.plausible) Add(absl::StrCat(at.ToString(), ": is not a plausible telephone number"));
    return std::move(phone.text);
  }

  void Region(const std::string& region, std::string_view where) {
    if (region.empty() || IsKnownRegion(region)) return;
    Add(absl::StrCat(ToAbsl(where), ": is not in the server's list of ISO 3166-2"));
  }

  void Add(std::string warning) {
    if (list_.size() == kMaxWarnings) {
      ++more_;
    } else {
      list_.Add(std::move(warning));
    }
  }

 private:
  google::protobuf::RepeatedPtrField<std::string>& list_;
  int more_ = 0;
};

void TidyInPlace(std::string& text) { text = Tidy(text); }

void NormalisePersonal(std::string_view country, Personal& personal, Warnings& warnings) {
  TidyInPlace(*personal.mutable_display_name());
  TidyInPlace(*personal.mutable_given_name());
  TidyInPlace(*personal.mutable_family_name());
  for (std::string& email : *personal.mutable_emails()) email = *ParseEmail(email);
  for (int i = 0; i < personal.phones_size(); ++i) {
    personal.set_phones(
        i, warnings.Phone(personal.phones(i), country, At("profile.personal.phones", i)));
    for (int j = 0; j < i; ++j) {
      if (personal.phones(j) != personal.phones(i)) continue;
      warnings.Add(absl::StrCat(At("profile.personal.phones", i).ToString(),
                                ": is the same number as profile.personal.phones[", j, "]"));
      break;
    }
  }
  for (int i = 0; i < personal.postal_addresses_size(); ++i) {
    PostalAddress& address = *personal.mutable_postal_addresses(i);
    const At where("profile.personal.postal_addresses", i, "region_code");
    warnings.Region(address.region_code(), where.ToString());
    for (std::string& line : *address.mutable_address_lines()) TidyInPlace(line);
    TidyInPlace(*address.mutable_locality());
    TidyInPlace(*address.mutable_postal_code());
  }
  for (int i = 0; i < personal.contacts_size(); ++i) {
    Contact& contact = *personal.mutable_contacts(i);
    TidyInPlace(*contact.mutable_display_name());
    if (!contact.email().empty()) contact.set_email(*ParseEmail(contact.email()));
    if (!contact.phone().empty()) {
      contact.set_phone(
          warnings.Phone(contact.phone(), country, At("profile.personal.contacts", i, "phone")));
    }
  }
}

}  // namespace

absl::Span<const Leaf> Leaves() { return kLeaves; }

LeafSet LeavesOf(std::string_view path) {
  LeafSet leaves;
  for (size_t i = 0; i < kLeafCount; ++i) {
    const std::string_view leaf = kLeaves[i].path;
    leaves[i] = leaf.starts_with(path) && !path.empty() &&
                (leaf.size() == path.size() || leaf[path.size()] == '.');
  }
  return leaves;
}

void Copy(const Profile& from, LeafSet which, Profile& to) {
  for (size_t i = 0; i < kLeafCount; ++i) {
    if (which[i]) kLeaves[i].copy(from, to);
  }
}

LeafSet Difference(const Profile& a, const Profile& b) {
  LeafSet different;
  for (size_t i = 0; i < kLeafCount; ++i) different[i] = !kLeaves[i].same(a, b);
  return different;
}

void CheckProfile(const Profile& profile, FieldViolations& bad) {
  CheckPersonal(profile.personal(), bad);
  CheckWork(profile, bad);
  if (!profile.region_code().empty())
    Expect(CheckRegion(profile.region_code()), "profile.region_code", bad);
  if (!profile.language_code().empty()) {
    Expect(ParseLanguage(profile.language_code()).status(), "profile.language_code", bad);
  }
}

void CheckShownName(const Personal& personal, FieldViolations& bad) {
  if (!personal.display_name().empty()) return;
  const std::string derived = DerivedName(personal);
  if (derived.empty())
    bad.Add("profile.personal.display_name", "is required, or a given or family name");
  const auto fits = [](const std::string& name) {
    return CharactersOf(Normalise(name)) <= kMaxNameCharacters;
  };
  // A part that is too long is named by itself.
  if (!fits(derived) && fits(personal.given_name()) && fits(personal.family_name())) {
    bad.Add("profile.personal.display_name",
            absl::StrCat("is required: given and family name together exceed ", kMaxNameCharacters,
                         " characters"));
  }
}

void CheckOrganisationOnly(const Profile& profile, FieldViolations& bad) {
  const LeafSet filled = Difference(profile, Profile());
  for (size_t i = 0; i < kLeafCount; ++i) {
    if (filled[i] && kLeaves[i].organisation_only) {
      bad.Add(absl::StrCat("profile.", ToAbsl(kLeaves[i].path)), "is of an organisation only");
    }
  }
}

std::string DerivedName(const Personal& personal) {
  const std::string& given = personal.given_name();
  const std::string& family = personal.family_name();
  if (given.empty()) return family;
  if (family.empty()) return given;
  if (IsCjk(given) && IsCjk(family)) return Normalise(absl::StrCat(family, given));
  return absl::StrCat(given, " ", family);
}

void NormaliseProfile(std::string_view region_code, Profile& profile,
                      google::protobuf::RepeatedPtrField<std::string>& warnings) {
  Warnings said(warnings);
  NormalisePersonal(CountryOf(region_code), *profile.mutable_personal(), said);
  said.Region(profile.region_code(), "profile.region_code");
  if (!profile.language_code().empty()) {
    const Language language = *ParseLanguage(profile.language_code());
    if (language.replaced) {
      said.Add(
          absl::StrCat("profile.language_code: is not the code of today, which is ", language.tag));
    }
    profile.set_language_code(language.tag);
  }
  if (profile.has_industry()) {
    TidyInPlace(*profile.mutable_industry()->mutable_code());
    TidyInPlace(*profile.mutable_industry()->mutable_label());
  }
}

}  // namespace daybook::customer
