#include "cli/usage/nearest.h"

#include <algorithm>
#include <vector>

namespace soma::cli {
namespace {

constexpr std::size_t kMaxWord = 64;

/// Edits between two words, a swap of neighbours counting as one (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> edits(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                edits[i][j] = i + j;
                continue;
            }
            const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            edits[i][j] =
                std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
            }
        }
    }
    return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> names) {
    std::optional<std::string> best;
    std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto& name : names) {
        if (word.size() > kMaxWord) {
            break;
        }
        const std::size_t edits = distance(word, name);
        if (edits < least) {
            least = edits;
            best = name;
        }
    }
    return best;
}

}  // namespace soma::cli
