// Text of people and ids of machines, before they go into the book for ever.
//
// Text is valid UTF-8, NFC, without control characters, line breaks and bidi embeddings, overrides
// or isolates (they make a name show as something else); direction marks (U+200E, U+200F, U+061C)
// are fine. ASCII takes a short way that needs no Unicode library.
//
// Lengths are counted in characters, which are code points after NFC: a name has the same room in
// every script. None takes more than four bytes.
//
// Errors are plain INVALID_ARGUMENT whose message stands beside a field's name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace daybook {

// Fine to store: as above, at most `max_characters`. Empty is fine.
absl::Status CheckText(std::string_view text, size_t max_characters);

// The same and something to see: not empty and not only spaces.
absl::Status CheckName(std::string_view text, size_t max_characters);

// An id that somebody has given: 1 to `max_characters` that show, or white space between such. What
// it spells is nobody's business: `4711`, `Müller & Söhne` and `../x` are ids like others.
//
// Ids are compared byte by byte, so what is seen as the same must have one spelling. The others are
// refused rather than mended, for an id comes back in other requests: text that is not NFC, white
// space at either end, characters that do not show (control, format, ignorable), and code points
// that this build's Unicode does not know, whose NFC is not settled.
absl::Status CheckId(std::string_view id, size_t max_characters);

// Characters of valid UTF-8, as it is: NFC may have fewer or more.
size_t CharactersOf(std::string_view text);

// NFC of text that CheckText found fine.
std::string Normalise(std::string_view text);

// NFC without white space (the property White_Space of Unicode, no-break and ideographic spaces
// included) at either end. Text that CheckText found fine; never longer than its NFC.
std::string Trim(std::string_view text);

// As names are stored: trimmed, and of a run of white space inside only the first character. Text
// that CheckText found fine; never longer than its NFC.
std::string Tidy(std::string_view text);

// For comparing without regard to upper and lower case: full case folding of Unicode, then NFC.
// Text that CheckText found fine; at most three times as long.
std::string FoldCase(std::string_view text);

// Whether the text begins with a letter of a script that writes the family name first and no space
// between names (Han, Hangul, kana).
bool IsCjk(std::string_view text);

inline bool IsAscii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// Abseil's strings have their own string_view in this build; ours is the standard one.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

namespace text_internal {
template <class T>
decltype(auto) ForCat(const T& part) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return ToAbsl(part);
  } else {
    return (part);
  }
}
}  // namespace text_internal

// absl::StrCat that also takes std::string_view.
template <class... Parts>
std::string Cat(const Parts&... parts) {
  return absl::StrCat(text_internal::ForCat(parts)...);
}

// `1234567` -> `1,234,567`.
std::string Grouped(int64_t number);

}  // namespace daybook
