// Names as people look for them: in which order they stand, and how they are found.
//
// Both come from ICU's tables and may change with its version: what is kept of them must be made
// anew then (LibraryVersion).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace daybook {

// Longest key. What two long names have in common beyond it puts them in no order.
inline constexpr size_t kMaxSortKeyBytes = 1024;

// Key whose bytes compare as the texts do in the root collation of CLDR, which is the order of most
// languages: `Ada`, `ärzte`, `Ärzte`, `Zoë`; accents and case count where nothing else differs.
// Text that CheckText found fine.
std::string SortKey(std::string_view text);

// The text as it is looked for: `istanbul` for İstanbul and ISTANBUL, `lodz` for Łódź, `o'neill`
// for O’Neill. Without case, accents and vowel points of Latin, Greek, Cyrillic, Hebrew and Arabic,
// forms of presentation (width, ligatures) and what does not show; vowel signs of other scripts and
// the marks of kana are letters. Text that CheckText found fine.
std::string SearchForm(std::string_view text);

// Version of the tables that both come from, 7201 for ICU 72.1.
int LibraryVersion();

}  // namespace daybook
