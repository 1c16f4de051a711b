#include "common/base/text.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
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

absl::Status TooLong(size_t max_bytes) {
  return absl::InvalidArgumentError(absl::StrCat("is longer than ", max_bytes, " bytes"));
}

absl::Status Forbidden(UChar32 c) {
  return absl::InvalidArgumentError(absl::StrCat("has the character U+",
                                                 absl::Hex(c, absl::kZeroPad4),
                                                 ", a control, line break or bidi override"));
}

bool IsForbidden(UChar32 c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f)  // C0, DEL, C1
         || (c >= 0x202a && c <= 0x202e)       // bidi embeddings and overrides
         || (c >= 0x2066 && c <= 0x2069)       // bidi isolates
         || c == 0x2028 || c == 0x2029         // line and paragraph separator
         || c == 0xfeff                        // byte order mark
         || U_IS_UNICODE_NONCHAR(c);
}

absl::Status CheckUnicode(std::string_view text, size_t max_bytes) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    if (c < 0) return absl::InvalidArgumentError("is not valid UTF-8");
    if (IsForbidden(c)) return Forbidden(c);
  }
  if (Normalise(text).size() > max_bytes) return TooLong(max_bytes);
  return absl::OkStatus();
}

bool IsBlank(std::string_view text) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    if (!u_isUWhiteSpace(c) && !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) {
      return false;
    }
  }
  return true;
}

}  // namespace

absl::Status CheckText(std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) return TooLong(max_bytes);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return CheckUnicode(text, max_bytes);
    if (byte < 0x20 || byte == 0x7f) return Forbidden(byte);
  }
  return absl::OkStatus();
}

absl::Status CheckName(std::string_view text, size_t max_bytes) {
  RETURN_IF_ERROR(CheckText(text, max_bytes));
  return IsBlank(text) ? absl::InvalidArgumentError("is empty") : absl::OkStatus();
}

absl::Status CheckId(std::string_view id, size_t max_bytes) {
  if (id.empty()) return absl::InvalidArgumentError("is required");
  if (id.size() > max_bytes) return TooLong(max_bytes);
  for (const char c : id) {
    if (c <= 0x20 || c >= 0x7f) {
      return absl::InvalidArgumentError("has a character other than printable ASCII, or a space");
    }
  }
  return absl::OkStatus();
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

std::string Tidy(std::string_view text) {
  const std::string normal = Normalise(text);
  const auto* bytes = reinterpret_cast<const uint8_t*>(normal.data());
  const auto size = static_cast<int32_t>(normal.size());
  std::string tidy;
  std::string_view space;  // the first of a run; written when something follows
  for (int32_t i = 0; i < size;) {
    const int32_t begin = i;
    UChar32 c;
    U8_NEXT(bytes, i, size, c);
    const auto character = std::string_view(normal).substr(begin, i - begin);
    if (u_isUWhiteSpace(c)) {
      if (space.empty()) space = character;
      continue;
    }
    if (!tidy.empty()) tidy.append(space);
    space = {};
    tidy.append(character);
  }
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

}  // namespace daybook
