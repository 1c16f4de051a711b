// Codes that must exist: regions, languages, time zones. Each kind has one table that decides, and
// each table ages: ICU's for regions and languages, the system's tz database for zones. Currencies:
// money.h.
//
// Errors are plain INVALID_ARGUMENT whose message stands beside a field's name.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook {

// ISO 3166-1 alpha-2 of a country there is, or of the form of ISO 3166-2: such a country and one to
// three A-Z and 0-9 (`CN-GD`, `DE-BY`). Upper case only. Counties are redrawn every year, so that a
// subdivision need not stand in a table: IsKnownRegion.
absl::Status CheckRegion(std::string_view code);

// Of a code that passed: a country, or a subdivision that there is or was by CLDR's list in ICU,
// which holds what ISO has taken out as well. Where ICU was built without the list, any.
bool IsKnownRegion(std::string_view code);

// `CN` of `CN` and of `CN-GD`.
std::string_view CountryOf(std::string_view region);

// A language tag of BCP 47.
struct Language {
  std::string tag;  // canonical: spelled so (`zh-Hans`), and the codes of today (`he` for `iw`)
  bool replaced;    // something else than upper and lower case was changed
};

// `tag` is well-formed, and language, script and region exist, by CLDR's tables in ICU. At most 35
// bytes.
absl::StatusOr<Language> ParseLanguage(std::string_view tag);

// A time zone of the system's tz database (TZDIR, else /usr/share/zoneinfo), which alone decides;
// empty = UTC. Never touches a file outside of it, and remembers only names that exist. `right/`,
// `posix/` and the system's own zone are none. Cached: a lock and a lookup.
absl::StatusOr<absl::TimeZone> FindTimeZone(std::string_view name);

}  // namespace daybook
