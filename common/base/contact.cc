#include "common/base/contact.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>
#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxLocalOctets = 64;
constexpr size_t kMaxDomainOctets = 253;
constexpr size_t kMaxLabelBytes = 63;

absl::Status NoEmail() {
  return absl::InvalidArgumentError("is no e-mail address such as name@example.com");
}

absl::Status TooLong(size_t octets, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("has more than ", octets, " octets ", ToAbsl(what)));
}

bool IsLocalCharacter(UChar32 c) {
  if (c >= 0x80) return !u_isUWhiteSpace(c);
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view(".!#$%&'*+/=?^_`{|}~-").find(static_cast<char>(c)) !=
             std::string_view::npos;
}

// In NFC.
bool IsLocalPart(std::string_view local) {
  if (!CheckId(local, kMaxLocalOctets).ok()) return false;  // something that does not show
  const auto* bytes = reinterpret_cast<const uint8_t*>(local.data());
  const auto size = static_cast<int32_t>(local.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    if (!IsLocalCharacter(c)) return false;
  }
  return true;
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
         });
}

// Lower-case ASCII form by UTS #46; empty if there is none.
std::string ToAsciiDomain(std::string_view domain) {
  if (IsAscii(domain)) {
    std::string lower = absl::AsciiStrToLower(ToAbsl(domain));
    if (!absl::StrContains(lower, "xn--")) return lower;
  }
  static const icu::IDNA* const idna = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::IDNA* instance =
        icu::IDNA::createUTS46Instance(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                           UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_USE_STD3_RULES,
                                       status);
    DAYBOOK_CHECK(U_SUCCESS(status));
    return instance;
  }();
  std::string ascii;
  icu::StringByteSink<std::string> sink(&ascii);
  icu::IDNAInfo info;
  UErrorCode status = U_ZERO_ERROR;
  idna->nameToASCII_UTF8({domain.data(), static_cast<int32_t>(domain.size())}, sink, info, status);
  return U_SUCCESS(status) && !info.hasErrors() ? ascii : "";
}

PhoneNumberUtil& Phones() {
  static PhoneNumberUtil& phones = []() -> PhoneNumberUtil& {
    PhoneNumberUtil* instance = PhoneNumberUtil::GetInstance();
    // Its default logger writes to stdout, which belongs to data.
    instance->SetLogger(new i18n::phonenumbers::NullLogger);
    return *instance;
  }();
  return phones;
}

}  // namespace

absl::StatusOr<std::string> ParseEmail(std::string_view text) {
  RETURN_IF_ERROR(CheckName(text, kMaxEmailOctets));
  const std::string trimmed = Trim(text);
  const size_t at = trimmed.rfind('@');
  if (at == std::string::npos) return NoEmail();
  const std::string_view local = std::string_view(trimmed).substr(0, at);
  if (local.size() > kMaxLocalOctets) return TooLong(kMaxLocalOctets, "before the @");
  if (!IsLocalPart(local)) return NoEmail();
  const std::string domain = ToAsciiDomain(std::string_view(trimmed).substr(at + 1));
  if (domain.empty() || domain.size() > kMaxDomainOctets) return NoEmail();
  for (const absl::string_view label : absl::StrSplit(domain, '.')) {
    if (!IsLabel(label)) return NoEmail();
  }
  std::string address = absl::StrCat(ToAbsl(local), "@", domain);
  if (address.size() > kMaxEmailOctets) return TooLong(kMaxEmailOctets, "with its domain in ASCII");
  return address;
}

Phone ParsePhone(std::string_view text, std::string_view region) {
  PhoneNumber number;
  const auto error =
      Phones().Parse(std::string(text), region.empty() ? "ZZ" : std::string(region), &number);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR || !Phones().IsValidNumber(number)) {
    return {.text = Normalise(text), .plausible = false};
  }
  Phone phone{.text = "", .plausible = true};
  Phones().Format(number, PhoneNumberUtil::E164, &phone.text);
  if (number.has_extension()) absl::StrAppend(&phone.text, ";ext=", number.extension());
  return phone;
}

}  // namespace daybook
