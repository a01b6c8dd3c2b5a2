#include "math/hrr/similarity.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::property;

std::vector<float> normal_floats(Random& random, std::size_t size) {
    const auto x = test::normal_vector(random, size);
    return {x.begin(), x.end()};
}

void check_table(const std::vector<float>& items, const std::vector<float>& queries,
                 std::size_t d) {
    const std::size_t n = items.size() / d;
    std::vector<float> scores(n * (queries.size() / d), 7.0F);
    dot_table(items, queries, d, scores);
    for (std::size_t pair = 0; pair < scores.size(); ++pair) {
        double sum = 0;
        for (std::size_t k = 0; k < d; ++k) {
            sum += double{items[pair % n * d + k]} * double{queries[pair / n * d + k]};
        }
        RC_ASSERT(std::fabs(scores[pair] - sum) <= 1e-5 * std::sqrt(static_cast<double>(d)));
    }
}

TEST(Similarity, EveryScoreIsTheDotProductOfItsPair) {
    property([] {
        auto random = case_random();
        const std::size_t d = 1 + random.below(70);
        const auto items = normal_floats(random, d * random.below(12));
        const auto queries = normal_floats(random, d * random.below(6));
        check_table(items, queries, d);
    });
}

TEST(Similarity, RowsLongerThanABlockAreSummedOverAllBlocks) {
    property([] {
        auto random = case_random();
        const std::size_t d = 1000 + random.below(1200);
        check_table(normal_floats(random, d * 2), normal_floats(random, d * 3), d);
    });
}

}  // namespace
}  // namespace soma::math
