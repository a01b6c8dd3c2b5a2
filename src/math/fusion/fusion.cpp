#include "math/fusion/fusion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "math/numerics/vector.h"

namespace soma::math {

Result<std::vector<FusedItem>> reciprocal_rank_fusion(
    std::span<const std::vector<std::size_t>> rankings, double k) {
    if (!(k >= 0) || !std::isfinite(k)) {
        return MathError{MathFault::out_of_range, "k is finite and not negative", "k"};
    }
    struct Entry {
        double score = 0;
        std::size_t seen_in = 0;  ///< the last ranking that held it, from 1
    };
    std::map<std::size_t, Entry> scores;
    for (std::size_t r = 0; r < rankings.size(); ++r) {
        for (std::size_t rank = 1; rank <= rankings[r].size(); ++rank) {
            Entry& entry = scores[rankings[r][rank - 1]];
            if (entry.seen_in == r + 1) {
                return MathError{MathFault::out_of_range, "an item stands twice in one ranking",
                                 at_index("rankings", r)};
            }
            entry.seen_in = r + 1;
            entry.score += 1 / (k + static_cast<double>(rank));
        }
    }
    std::vector<FusedItem> result;
    result.reserve(scores.size());
    for (const auto& [item, entry] : scores) {
        result.push_back({item, entry.score});
    }
    std::stable_sort(result.begin(), result.end(),
                     [](const FusedItem& a, const FusedItem& b) { return a.score > b.score; });
    return result;
}

Result<std::vector<FusedItem>> maximal_marginal_relevance(std::span<const double> relevance,
                                                          std::span<const double> similarity,
                                                          double lambda, std::size_t count) {
    const std::size_t n = relevance.size();
    if (n > 4096 || similarity.size() != n * n) {
        return MathError{MathFault::wrong_shape, "similarity is n × n, n ≤ 4096", "similarity"};
    }
    if (!(lambda >= 0 && lambda <= 1)) {
        return MathError{MathFault::out_of_range, "lambda is in [0, 1]", "lambda"};
    }
    if (auto finite = require_finite(relevance, "relevance"); !finite) {
        return finite.error();
    }
    if (auto finite = require_finite(similarity, "similarity"); !finite) {
        return finite.error();
    }
    std::vector<double> nearest(n, -std::numeric_limits<double>::infinity());
    std::vector<char> picked(n, 0);
    std::vector<FusedItem> result;
    while (result.size() < std::min(count, n)) {
        FusedItem best{n, 0};
        for (std::size_t i = 0; i < n; ++i) {
            const double penalty = result.empty() ? 0 : (1 - lambda) * nearest[i];
            const double score = lambda * relevance[i] - penalty;
            if (picked[i] == 0 && (best.item == n || score > best.score)) {
                best = {i, score};
            }
        }
        picked[best.item] = 1;
        result.push_back(best);
        for (std::size_t i = 0; i < n; ++i) {
            nearest[i] = std::max(nearest[i], similarity[i * n + best.item]);
        }
    }
    return result;
}

}  // namespace soma::math
