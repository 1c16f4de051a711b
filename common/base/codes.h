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

// ISO 3166-1 alpha-2 of a country there is, or ISO 3166-2 (`CN-GD`): the country must exist, the
// subdivision be one to three of A-Z and 0-9. Upper case only.
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
