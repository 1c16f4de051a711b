// What somebody may have meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace daybook {

// The word of `known` that is nearest to `word`: at most a third of its letters, and one at least,
// differ, are missing, too many or swapped; of several that are as near one that begins alike.
// Empty if none is that near.
std::string Nearest(std::string_view word, const std::vector<std::string>& known);

// `; did you mean 'serve'?`, or nothing.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

}  // namespace daybook
