// Codes that must exist: regions, languages, time zones. What a code is known by comes from ICU's
// and the system's tables. Currencies: money.h.
//
// Errors are plain INVALID_ARGUMENT whose message stands beside a field's name.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace daybook {

// ISO 3166-1 alpha-2 of a country there is, or ISO 3166-2 of a subdivision that there is or was
// (`CN-GD`, `DE-BY`; by CLDR's list in ICU, which holds what ISO has taken out as well). Upper case
// only. Where ICU was built without the list, any subdivision of one to three A-Z and 0-9 passes.
absl::Status CheckRegion(std::string_view code);

// `CN` of `CN` and of `CN-GD`.
std::string_view CountryOf(std::string_view region);

// BCP 47 in its canonical spelling (`zh-hans` -> `zh-Hans`): well-formed, and language, script and
// region exist. At most 35 bytes.
absl::StatusOr<std::string> ParseLanguage(std::string_view tag);

// An IANA time zone that the system has; empty = UTC. Never touches a file outside the tz database,
// and remembers only names that exist. Cached: a lock and a lookup.
absl::StatusOr<absl::TimeZone> FindTimeZone(std::string_view name);

}  // namespace daybook
