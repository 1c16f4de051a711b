#include "common/base/suggestion.h"

#include <algorithm>

#include "common/base/text.h"

namespace daybook {
namespace {

constexpr size_t kLongest = 64;  // nobody mistypes more; bounds the work

// Letters that differ, are missing, too many or swapped with their neighbour.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& known) {
  if (word.size() > kLongest) return "";
  // In half letters: people seldom mistype the first one, so it settles a tie.
  size_t best = 2 * std::max<size_t>(word.size() / 3, 1) + 2;
  std::string nearest;
  for (const std::string& candidate : known) {
    const bool begins_alike = candidate.substr(0, 1) == word.substr(0, 1);
    const size_t distance = 2 * Distance(word, candidate) + (begins_alike ? 0 : 1);
    if (distance >= best) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : Cat("; did you mean '", nearest, "'?");
}

}  // namespace daybook
