#include "common/base/contact.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumberutil.h>
#include <unicode/bytestream.h>
#include <unicode/idna.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxLocalBytes = 64;
constexpr size_t kMaxDomainBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

absl::Status NoEmail() {
  return absl::InvalidArgumentError("is no e-mail address such as name@example.com");
}

bool IsLocalCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}

bool IsLabel(absl::string_view label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
         });
}

// Lower-case ASCII form by UTS #46; empty if there is none.
std::string ToAsciiDomain(std::string_view domain) {
  if (IsAscii(domain)) return absl::AsciiStrToLower(ToAbsl(domain));
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
  RETURN_IF_ERROR(CheckName(text, kMaxEmailBytes));
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return NoEmail();
  const std::string_view local = text.substr(0, at);
  if (local.empty() || local.size() > kMaxLocalBytes ||
      !std::all_of(local.begin(), local.end(), IsLocalCharacter)) {
    return NoEmail();
  }
  const std::string domain = ToAsciiDomain(text.substr(at + 1));
  if (domain.empty() || domain.size() > kMaxDomainBytes) return NoEmail();
  for (const absl::string_view label : absl::StrSplit(domain, '.')) {
    if (!IsLabel(label)) return NoEmail();
  }
  std::string address = absl::StrCat(ToAbsl(local), "@", domain);
  if (address.size() > kMaxEmailBytes) return NoEmail();
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
