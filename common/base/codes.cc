#include "common/base/codes.h"

#include <unicode/timezone.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>
#include <unicode/ures.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/text.h"

namespace daybook {
namespace {

constexpr size_t kMaxLanguageBytes = 35;
constexpr size_t kMaxZoneBytes = 64;
constexpr int kLetters = 26;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsUpperOrDigit(char c) { return IsUpper(c) || (c >= '0' && c <= '9'); }

bool IsCountry(std::string_view code) {
  static const auto known = [] {
    std::array<bool, kLetters * kLetters> set{};
    for (const char* const* country = uloc_getISOCountries(); *country != nullptr; ++country) {
      set[((*country)[0] - 'A') * kLetters + (*country)[1] - 'A'] = true;
    }
    return set;
  }();
  return code.size() == 2 && IsUpper(code[0]) && IsUpper(code[1]) &&
         known[(code[0] - 'A') * kLetters + code[1] - 'A'];
}

// Country and subdivision in one number.
uint64_t Packed(std::string_view country, std::string_view subdivision) {
  uint64_t packed = 0;
  for (const char c : country) packed = packed << 8 | static_cast<unsigned char>(c);
  for (const char c : subdivision) packed = packed << 8 | static_cast<unsigned char>(c);
  return packed;
}

// Adds `debb` as `DE`, `BB`; of `detha~c` what lies between as well. ICU's list is of that form.
void AddSubdivisions(const icu::UnicodeString& item, std::vector<uint64_t>* all) {
  std::string code;
  item.toUTF8String(code);
  char last = '\0';
  if (const size_t range = code.find('~'); range != std::string::npos && range + 1 < code.size()) {
    last = code[range + 1];
    code.resize(range);
  }
  if (code.size() < 3) return;
  do {
    const std::string upper = absl::AsciiStrToUpper(code);
    all->push_back(Packed(upper.substr(0, 2), upper.substr(2)));
  } while (code.back()++ < last);
}

// Subdivisions that are or were, sorted; empty if ICU does not have them.
const std::vector<uint64_t>& Subdivisions() {
  static const auto* const known = [] {
    auto* all = new std::vector<uint64_t>;
    UErrorCode status = U_ZERO_ERROR;
    const icu::LocalUResourceBundlePointer data(
        ures_openDirect(nullptr, "supplementalData", &status));
    const icu::LocalUResourceBundlePointer valid(
        ures_getByKey(data.getAlias(), "idValidity", nullptr, &status));
    const icu::LocalUResourceBundlePointer lists(
        ures_getByKey(valid.getAlias(), "subdivision", nullptr, &status));
    for (const char* name : {"regular", "deprecated"}) {
      const icu::LocalUResourceBundlePointer list(
          ures_getByKey(lists.getAlias(), name, nullptr, &status));
      if (U_FAILURE(status)) break;
      for (int32_t i = 0; i < ures_getSize(list.getAlias()) && U_SUCCESS(status); ++i) {
        AddSubdivisions(icu::ures_getUnicodeStringByIndex(list.getAlias(), i, &status), all);
      }
    }
    if (U_FAILURE(status)) all->clear();
    std::sort(all->begin(), all->end());
    return all;
  }();
  return *known;
}

bool IsSubdivision(std::string_view country, std::string_view subdivision) {
  if (subdivision.empty() || subdivision.size() > 3 ||
      !std::all_of(subdivision.begin(), subdivision.end(), IsUpperOrDigit)) {
    return false;
  }
  const std::vector<uint64_t>& known = Subdivisions();
  return known.empty() ||
         std::binary_search(known.begin(), known.end(), Packed(country, subdivision));
}

bool IsLanguage(std::string_view code) {
  static const auto* const known = [] {
    auto* set = new std::set<std::string, std::less<>>;
    for (const char* const* language = uloc_getISOLanguages(); *language != nullptr; ++language) {
      set->emplace(*language);
    }
    return set;
  }();
  return known->contains(code);
}

bool IsScript(const char* code) { return u_getPropertyValueEnum(UCHAR_SCRIPT, code) >= 0; }

// UN M.49 areas (`es-419`) are three digits.
bool IsArea(std::string_view code) {
  return code.size() == 3 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::Status NoSuchLanguage() {
  return absl::InvalidArgumentError("is no BCP 47 language tag such as de or zh-Hans");
}

absl::Status NoSuchZone() {
  return absl::InvalidArgumentError("is no IANA time zone such as Europe/Berlin");
}

// Letters, digits and `_+-/`, not beginning with a slash: a name of the tz database and no path.
bool IsZoneShaped(std::string_view name) {
  if (name.size() > kMaxZoneBytes || name.front() == '/') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsUpperOrDigit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '+' || c == '-' ||
           c == '/';
  });
}

bool IsZoneOfIcu(std::string_view name) {
  const auto id = icu::UnicodeString(name.data(), static_cast<int32_t>(name.size()), US_INV);
  icu::UnicodeString canonical;
  UBool is_system_id = false;
  UErrorCode status = U_ZERO_ERROR;
  icu::TimeZone::getCanonicalID(id, canonical, is_system_id, status);
  return U_SUCCESS(status) && is_system_id;
}

}  // namespace

absl::Status CheckRegion(std::string_view code) {
  const std::string_view country = CountryOf(code);
  if (!IsCountry(country)) {
    return absl::InvalidArgumentError("is no country of ISO 3166-1 such as DE, nor CN-GD");
  }
  if (code.size() == country.size()) return absl::OkStatus();
  if (!IsSubdivision(country, code.substr(country.size() + 1))) {
    return absl::InvalidArgumentError("is no subdivision of ISO 3166-2 such as CN-GD");
  }
  return absl::OkStatus();
}

std::string_view CountryOf(std::string_view region) { return region.substr(0, region.find('-')); }

absl::StatusOr<std::string> ParseLanguage(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxLanguageBytes || !IsAscii(tag) ||
      tag.find('\0') != std::string_view::npos) {
    return NoSuchLanguage();
  }
  std::array<char, ULOC_FULLNAME_CAPACITY> locale{};
  int32_t parsed = 0;
  UErrorCode status = U_ZERO_ERROR;
  uloc_forLanguageTag(std::string(tag).c_str(), locale.data(), locale.size(), &parsed, &status);
  if (U_FAILURE(status) || parsed != static_cast<int32_t>(tag.size())) return NoSuchLanguage();

  std::array<char, ULOC_FULLNAME_CAPACITY> part{};
  uloc_getLanguage(locale.data(), part.data(), part.size(), &status);
  if (!IsLanguage(part.data())) return absl::InvalidArgumentError("names an unknown language");
  if (uloc_getScript(locale.data(), part.data(), part.size(), &status) > 0 &&
      !IsScript(part.data())) {
    return absl::InvalidArgumentError("names an unknown script");
  }
  if (uloc_getCountry(locale.data(), part.data(), part.size(), &status) > 0 &&
      !IsCountry(part.data()) && !IsArea(part.data())) {
    return absl::InvalidArgumentError("names an unknown region");
  }

  std::array<char, ULOC_FULLNAME_CAPACITY> canonical{};
  uloc_toLanguageTag(locale.data(), canonical.data(), canonical.size(), true, &status);
  if (U_FAILURE(status)) return NoSuchLanguage();
  return std::string(canonical.data());
}

absl::StatusOr<absl::TimeZone> FindTimeZone(std::string_view name) {
  if (name.empty() || name == "UTC") return absl::UTCTimeZone();
  // Most callers ask for the zone that they asked for last.
  thread_local std::string last_name;
  thread_local absl::TimeZone last_zone;
  if (name == last_name) return last_zone;
  // Abseil opens absolute paths, takes `localtime` and remembers failures for ever: ask it only for
  // names that are known to be zones.
  if (!IsZoneShaped(name) || !IsZoneOfIcu(name)) return NoSuchZone();
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(ToAbsl(name), &zone)) return NoSuchZone();
  last_name = std::string(name);
  last_zone = zone;
  return zone;
}

}  // namespace daybook
