#include "common/base/codes.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>
#include <unicode/ures.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
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

bool IsOfSubdivision(std::string_view code) {
  return !code.empty() && code.size() <= 3 && std::all_of(code.begin(), code.end(), IsUpperOrDigit);
}

// Of `CN-GD`, `GD`; of `CN`, nothing.
std::string_view SubdivisionOf(std::string_view region) {
  const size_t dash = region.find('-');
  return dash == std::string_view::npos ? "" : region.substr(dash + 1);
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

// Letters, digits and `_+-` in parts with one slash between: a name of the tz database, no path.
bool IsZoneShaped(std::string_view name) {
  if (name.empty() || name.size() > kMaxZoneBytes || name.front() == '/' || name.back() == '/' ||
      absl::StrContains(ToAbsl(name), "//")) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return IsUpperOrDigit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '+' || c == '-' ||
           c == '/';
  });
}

// What stands in the directory of zones and is none, or is one under another name: the system's own
// zone, and the whole database again, once with leap seconds.
bool IsNoZone(std::string_view name) {
  return name == "localtime" || name == "posixrules" || name == "Factory" ||
         name.starts_with("posix/") || name.starts_with("right/");
}

// Whether the tz database has a zone of this shape, as Abseil looks for it.
bool IsInDatabase(std::string_view name) {
  const char* const set = std::getenv("TZDIR");
  const std::string directory = set != nullptr && *set != '\0' ? set : "/usr/share/zoneinfo";
  std::ifstream file(absl::StrCat(directory, "/", ToAbsl(name)), std::ios::binary);
  std::array<char, 4> magic{};
  file.read(magic.data(), magic.size());
  return file.good() && std::string_view(magic.data(), magic.size()) == "TZif";
}

}  // namespace

absl::Status CheckRegion(std::string_view code) {
  const std::string_view country = CountryOf(code);
  if (!IsCountry(country)) {
    return absl::InvalidArgumentError("is no country of ISO 3166-1 such as DE, nor CN-GD");
  }
  if (code.size() == country.size() || IsOfSubdivision(SubdivisionOf(code))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("is no subdivision of ISO 3166-2 such as CN-GD");
}

bool IsKnownRegion(std::string_view code) {
  const std::string_view subdivision = SubdivisionOf(code);
  const std::vector<uint64_t>& known = Subdivisions();
  return subdivision.empty() || known.empty() ||
         std::binary_search(known.begin(), known.end(), Packed(CountryOf(code), subdivision));
}

std::string_view CountryOf(std::string_view region) { return region.substr(0, region.find('-')); }

absl::StatusOr<Language> ParseLanguage(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxLanguageBytes || !IsAscii(tag) ||
      tag.find('\0') != std::string_view::npos) {
    return NoSuchLanguage();
  }
  std::array<char, ULOC_FULLNAME_CAPACITY> name{};
  int32_t parsed = 0;
  UErrorCode status = U_ZERO_ERROR;
  uloc_forLanguageTag(std::string(tag).c_str(), name.data(), name.size(), &parsed, &status);
  if (U_FAILURE(status) || parsed != static_cast<int32_t>(tag.size())) return NoSuchLanguage();

  icu::Locale locale(name.data());
  locale.canonicalize(status);
  auto canonical = locale.toLanguageTag<std::string>(status);
  if (U_FAILURE(status) || locale.isBogus()) return NoSuchLanguage();
  if (!IsLanguage(locale.getLanguage())) {
    return absl::InvalidArgumentError("names an unknown language");
  }
  if (*locale.getScript() != '\0' && !IsScript(locale.getScript())) {
    return absl::InvalidArgumentError("names an unknown script");
  }
  if (const char* region = locale.getCountry();
      *region != '\0' && !IsCountry(region) && !IsArea(region)) {
    return absl::InvalidArgumentError("names an unknown region");
  }
  const bool replaced = !absl::EqualsIgnoreCase(canonical, ToAbsl(tag));
  return Language{std::move(canonical), replaced};
}

absl::StatusOr<absl::TimeZone> FindTimeZone(std::string_view name) {
  if (name.empty() || name == "UTC") return absl::UTCTimeZone();
  if (!IsZoneShaped(name) || IsNoZone(name)) return NoSuchZone();
  static absl::Mutex mutex(absl::kConstInit);
  static auto* const known = new absl::flat_hash_map<std::string, absl::TimeZone>;
  {
    const absl::ReaderMutexLock lock(&mutex);
    if (const auto found = known->find(ToAbsl(name)); found != known->end()) return found->second;
  }
  // Abseil remembers for ever what it does not find: ask it only for what is there.
  absl::TimeZone zone;
  if (!IsInDatabase(name) || !absl::LoadTimeZone(ToAbsl(name), &zone)) return NoSuchZone();
  const absl::MutexLock lock(&mutex);
  known->emplace(std::string(name), zone);
  return zone;
}

}  // namespace daybook
