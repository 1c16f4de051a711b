// Ways to reach somebody: e-mail addresses and telephone numbers.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace daybook {

inline constexpr size_t kMaxEmailOctets = 254;  // RFC 5321: a path of 256 with its angle brackets
inline constexpr size_t kMaxPhoneCharacters = 64;

// The address as it is stored: local part as written, in NFC, domain in lower-case ASCII by UTS #46
// (`BÜCHER.example` becomes `xn--bcher-kva.example`); white space around it is dropped. The form is
// that of the HTML standard's <input type=email>, with what RFC 6531 adds: letters, digits and
// signs of any script before the `@`. Local part at most 64 octets of UTF-8, domain at most 253,
// all of it kMaxEmailOctets. INVALID_ARGUMENT, plain, for anything else.
absl::StatusOr<std::string> ParseEmail(std::string_view text);

// A telephone number as it is stored. `text` is fine by CheckName(text, kMaxPhoneCharacters).
struct Phone {
  std::string text;  // E.164 (with `;ext=12` if there is an extension), or the NFC text as written
  bool plausible;    // whether the number can exist in its region
};

// `region`: ISO 3166-1 alpha-2 for a number without country code; empty = such a number is not
// plausible. Costs some 10 µs.
Phone ParsePhone(std::string_view text, std::string_view region);

}  // namespace daybook
