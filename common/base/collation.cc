#include "common/base/collation.h"

#include <unicode/bytestream.h>
#include <unicode/coll.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/status.h"
#include "common/base/text.h"

namespace daybook {
namespace {

icu::UnicodeString ToUtf16(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
}

// A collator of its own for each thread: they are not said to be safe for several.
const icu::Collator& RootCollator() {
  thread_local const std::unique_ptr<icu::Collator> collator = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<icu::Collator> root(
        icu::Collator::createInstance(icu::Locale::getRoot(), status));
    DAYBOOK_CHECK(U_SUCCESS(status));
    return root;
  }();
  return *collator;
}

struct Folding {
  UChar32 from;
  const char16_t* to;
};

// What is written for another letter or sign though Unicode does not take it apart. Sorted.
constexpr Folding kFoldings[] = {
    {u'\u00ab', u"\""},  // «
    {u'\u00bb', u"\""},  // »
    {u'\u00e6', u"ae"},  // æ
    {u'\u00f0', u"d"},   // ð
    {u'\u00f8', u"o"},   // ø
    {u'\u00fe', u"th"},  // þ
    {u'\u0111', u"d"},   // đ
    {u'\u0127', u"h"},   // ħ
    {u'\u0131', u"i"},   // ı
    {u'\u0142', u"l"},   // ł
    {u'\u014b', u"n"},   // ŋ
    {u'\u0153', u"oe"},  // œ
    {u'\u0167', u"t"},   // ŧ
    {u'\u01b6', u"z"},   // ƶ
    {u'\u02bc', u"'"},   // modifier apostrophe
    {u'\u2010', u"-"},   // hyphen
    {u'\u2012', u"-"},   // figure dash
    {u'\u2013', u"-"},   // en dash
    {u'\u2014', u"-"},   // em dash
    {u'\u2018', u"'"},   // quotation marks
    {u'\u2019', u"'"},  {u'\u201a', u"'"},  {u'\u201c', u"\""},
    {u'\u201d', u"\""}, {u'\u201e', u"\""},
};

const Folding* FoldingOf(UChar32 c) {
  const auto* at =
      std::lower_bound(std::begin(kFoldings), std::end(kFoldings), c,
                       [](const Folding& folding, UChar32 from) { return folding.from < from; });
  return at != std::end(kFoldings) && at->from == c ? at : nullptr;
}

// A mark that people leave out when they look for something.
bool IsAccent(UChar32 c) {
  constexpr UChar32 kVoiced = 0x3099, kHalfVoiced = 0x309a;  // of kana: another syllable
  if (u_charType(c) != U_NON_SPACING_MARK || c == kVoiced || c == kHalfVoiced) return false;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_INHERITED:
    case USCRIPT_LATIN:
    case USCRIPT_GREEK:
    case USCRIPT_CYRILLIC:
    case USCRIPT_HEBREW:
    case USCRIPT_ARABIC:
      return true;
    default:
      return false;
  }
}

const icu::Normalizer2& Instance(const icu::Normalizer2* (*get)(UErrorCode&)) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* instance = get(status);
  DAYBOOK_CHECK(U_SUCCESS(status));
  return *instance;
}

icu::UnicodeString Normalised(const icu::Normalizer2& form, const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString normal = form.normalize(text, status);
  DAYBOOK_CHECK(U_SUCCESS(status));
  return normal;
}

}  // namespace

std::string SortKey(std::string_view text) {
  const icu::UnicodeString utf16 = ToUtf16(text);
  std::string key(256, '\0');
  const auto fill = [&] {
    return static_cast<size_t>(RootCollator().getSortKey(
        utf16, reinterpret_cast<uint8_t*>(key.data()), static_cast<int32_t>(key.size())));
  };
  const size_t size = fill();  // with a zero at the end
  if (size > key.size()) {
    key.resize(size);
    fill();
  }
  key.resize(std::min(size - 1, kMaxSortKeyBytes));
  return key;
}

std::string SearchForm(std::string_view text) {
  if (IsAscii(text)) return absl::AsciiStrToLower(ToAbsl(text));
  static const icu::Normalizer2& folded = Instance(icu::Normalizer2::getNFKCCasefoldInstance);
  static const icu::Normalizer2& apart = Instance(icu::Normalizer2::getNFDInstance);
  static const icu::Normalizer2& together = Instance(icu::Normalizer2::getNFCInstance);
  const icu::UnicodeString letters = Normalised(apart, Normalised(folded, ToUtf16(text)));
  icu::UnicodeString kept;
  for (int32_t i = 0; i < letters.length(); i = letters.moveIndex32(i, 1)) {
    const UChar32 c = letters.char32At(i);
    if (IsAccent(c)) continue;
    if (const Folding* folding = FoldingOf(c)) {
      kept.append(folding->to, -1);
    } else {
      kept.append(c);
    }
  }
  std::string form;
  Normalised(together, kept).toUTF8String(form);
  return form;
}

int LibraryVersion() {
  UVersionInfo version;
  u_getVersion(version);
  return version[0] * 100 + version[1];
}

}  // namespace daybook
