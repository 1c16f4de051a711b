#include "common/base/text.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status.h"

namespace daybook {
namespace {

const icu::Normalizer2& Nfc() {
  static const icu::Normalizer2* const nfc = [] {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* instance = icu::Normalizer2::getNFCInstance(status);
    DAYBOOK_CHECK(U_SUCCESS(status));
    return instance;
  }();
  return *nfc;
}

icu::StringPiece ToIcu(std::string_view text) {
  return {text.data(), static_cast<int32_t>(text.size())};
}

// `each(c, bytes)` for one character after the other, until it returns false; c < 0 stands for
// bytes that are no UTF-8. Whether it went to the end.
template <class Each>
bool EachCharacter(std::string_view text, Each each) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    const int32_t begin = i;
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    if (!each(c, text.substr(begin, i - begin))) return false;
  }
  return true;
}

absl::Status NoUtf8() { return absl::InvalidArgumentError("is not valid UTF-8"); }

absl::Status TooLong(size_t max_characters) {
  return absl::InvalidArgumentError(absl::StrCat("is longer than ", max_characters, " characters"));
}

absl::Status Forbidden(UChar32 c) {
  return absl::InvalidArgumentError(
      absl::StrFormat("has the character U+%04X, a control, line break or bidi override", c));
}

bool IsForbidden(UChar32 c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f)  // C0, DEL, C1
         || (c >= 0x202a && c <= 0x202e)       // bidi embeddings and overrides
         || (c >= 0x2066 && c <= 0x2069)       // bidi isolates
         || c == 0x2028 || c == 0x2029         // line and paragraph separator
         || c == 0xfeff                        // byte order mark
         || U_IS_UNICODE_NONCHAR(c);
}

absl::Status CheckUnicode(std::string_view text, size_t max_characters) {
  absl::Status status;
  EachCharacter(text, [&](UChar32 c, std::string_view) {
    if (c < 0) {
      status = NoUtf8();
    } else if (IsForbidden(c)) {
      status = Forbidden(c);
    }
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  // NFC makes no text longer, in characters, than it was in bytes.
  if (text.size() > max_characters && CharactersOf(Normalise(text)) > max_characters) {
    return TooLong(max_characters);
  }
  return absl::OkStatus();
}

absl::Status Unseen(UChar32 c) {
  return absl::InvalidArgumentError(
      absl::StrFormat("has the character U+%04X, which does not show", c));
}

absl::Status BlankAtTheEnd() {
  return absl::InvalidArgumentError("begins or ends with white space");
}

// Whether there is something to see of a character, be it a gap.
bool Shows(UChar32 c) {
  constexpr uint32_t kUnseen =
      U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CN_MASK | U_GC_CS_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
  return (U_GET_GC_MASK(c) & kUnseen) == 0 &&
         !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

absl::Status CheckUnicodeId(std::string_view id, size_t max_characters) {
  absl::Status status;
  size_t characters = 0;
  EachCharacter(id, [&](UChar32 c, std::string_view bytes) {
    const bool at_the_end = bytes.begin() == id.begin() || bytes.end() == id.end();
    if (c < 0) {
      status = NoUtf8();
    } else if (!Shows(c)) {
      status = Unseen(c);
    } else if (at_the_end && u_isUWhiteSpace(c)) {
      status = BlankAtTheEnd();
    } else if (++characters > max_characters) {
      status = TooLong(max_characters);
    }
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  UErrorCode error = U_ZERO_ERROR;
  if (Nfc().isNormalizedUTF8(ToIcu(id), error)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "is not in Unicode's normal form C: write a letter and its accents as one character");
}

bool IsBlank(std::string_view text) {
  return EachCharacter(text, [](UChar32 c, std::string_view) {
    return u_isUWhiteSpace(c) || u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
  });
}

// As nearly all ids are: quick to see.
bool IsTidyAscii(std::string_view text) {
  char before = ' ';
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80 || (c == ' ' && before == ' ')) return false;
    before = c;
  }
  return text.empty() || before != ' ';
}

}  // namespace

absl::Status CheckText(std::string_view text, size_t max_characters) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return CheckUnicode(text, max_characters);
    if (byte < 0x20 || byte == 0x7f) return Forbidden(byte);
  }
  return text.size() > max_characters ? TooLong(max_characters) : absl::OkStatus();
}

absl::Status CheckName(std::string_view text, size_t max_characters) {
  RETURN_IF_ERROR(CheckText(text, max_characters));
  return IsBlank(text) ? absl::InvalidArgumentError("is empty") : absl::OkStatus();
}

absl::Status CheckId(std::string_view id, size_t max_characters) {
  if (id.empty()) return absl::InvalidArgumentError("is required");
  if (!IsAscii(id)) return CheckUnicodeId(id, max_characters);
  if (id.size() > max_characters) return TooLong(max_characters);
  for (const char c : id) {
    if (c < 0x20 || c == 0x7f) return Unseen(c);
  }
  if (id.front() == ' ' || id.back() == ' ') return BlankAtTheEnd();
  return absl::OkStatus();
}

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // not one that goes on
  }));
}

std::string Normalise(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal, static_cast<int32_t>(text.size()));
  UErrorCode status = U_ZERO_ERROR;
  Nfc().normalizeUTF8(0, ToIcu(text), sink, nullptr, status);
  DAYBOOK_CHECK(U_SUCCESS(status));
  return normal;
}

std::string Trim(std::string_view text) {
  const std::string normal = Normalise(text);
  size_t at = 0, begin = normal.size(), end = 0;  // of what is no white space
  EachCharacter(normal, [&](UChar32 c, std::string_view bytes) {
    if (!u_isUWhiteSpace(c)) {
      begin = std::min(begin, at);
      end = at + bytes.size();
    }
    at += bytes.size();
    return true;
  });
  return begin < end ? normal.substr(begin, end - begin) : "";
}

std::string Tidy(std::string_view text) {
  if (IsTidyAscii(text)) return std::string(text);
  const std::string trimmed = Trim(text);
  std::string tidy;
  bool in_gap = false;
  EachCharacter(trimmed, [&](UChar32 c, std::string_view bytes) {
    const bool was_in_gap = in_gap;
    in_gap = u_isUWhiteSpace(c);
    if (!in_gap || !was_in_gap) tidy.append(bytes);
    return true;
  });
  return tidy;
}

std::string FoldCase(std::string_view text) {
  if (IsAscii(text)) return absl::AsciiStrToLower(ToAbsl(text));
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded, static_cast<int32_t>(text.size()));
  UErrorCode status = U_ZERO_ERROR;
  icu::CaseMap::utf8Fold(0, ToIcu(text), sink, nullptr, status);
  DAYBOOK_CHECK(U_SUCCESS(status));
  return Normalise(folded);
}

bool IsCjk(std::string_view text) {
  if (text.empty() || IsAscii(text)) return false;
  UChar32 c;
  int32_t i = 0;
  U8_NEXT(reinterpret_cast<const uint8_t*>(text.data()), i, static_cast<int32_t>(text.size()), c);
  if (c < 0) return false;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &status);
  return script == USCRIPT_HAN || script == USCRIPT_HANGUL || script == USCRIPT_HIRAGANA ||
         script == USCRIPT_KATAKANA;
}

std::string Grouped(int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t left = digits.size() - i;
    if (i > 0 && left % 3 == 0 && digits[i - 1] != '-') text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace daybook
