#include "math/fusion/fusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "support/math/cases.h"
#include "support/property.h"

namespace soma::math {
namespace {

using test::case_random;
using test::normal_vector;
using test::property;
using Rankings = std::vector<std::vector<std::size_t>>;

std::vector<std::size_t> shuffled(Random& random, std::size_t n) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) {
        std::swap(order[i - 1], order[random.below(i)]);
    }
    return order;
}

TEST(ReciprocalRankFusion, KnownAnswer) {
    // Items a=0, b=1, c=2; rankings (a, b) and (b, c): b stands 2nd and 1st.
    const auto fused = reciprocal_rank_fusion(Rankings{{0, 1}, {1, 2}}).value();
    ASSERT_EQ(fused.size(), 3);
    EXPECT_EQ(fused[0], (FusedItem{1, 1.0 / 62 + 1.0 / 61}));
    EXPECT_EQ(fused[1], (FusedItem{0, 1.0 / 61}));
    EXPECT_EQ(fused[2], (FusedItem{2, 1.0 / 62}));
    EXPECT_TRUE(reciprocal_rank_fusion(Rankings{}).value().empty());
}

TEST(ReciprocalRankFusion, OneRankingIsKeptAndTheSumIsBlindToOrder) {
    property([] {
        auto random = case_random();
        Rankings rankings(1 + random.below(4));
        const double k = random.uniform(0, 100);
        for (auto& ranking : rankings) {
            ranking = shuffled(random, random.below(30));
        }
        const auto one = reciprocal_rank_fusion(std::span(rankings).first(1), k).value();
        for (std::size_t i = 0; i < one.size(); ++i) {
            RC_ASSERT(one[i].item == rankings[0][i]);
        }
        const auto fused = reciprocal_rank_fusion(rankings, k).value();
        double total = 0;
        for (const auto& ranking : rankings) {
            for (std::size_t r = 1; r <= ranking.size(); ++r) {
                total += 1 / (k + static_cast<double>(r));
            }
        }
        for (std::size_t i = 0; i < fused.size(); ++i) {
            total -= fused[i].score;
            const bool ordered =
                i == 0 || fused[i - 1].score > fused[i].score ||
                (fused[i - 1].score == fused[i].score && fused[i - 1].item < fused[i].item);
            RC_ASSERT(ordered);
        }
        RC_ASSERT(std::fabs(total) <= 1e-12);
    });
}

TEST(MaximalMarginalRelevance, TradesRelevanceAgainstRepetition) {
    // 0 and 1 are near twins, 2 is different and a little less relevant.
    const std::vector<double> relevance{0.9, 0.85, 0.6};
    const std::vector<double> similarity{1, 0.95, 0.1, 0.95, 1, 0.1, 0.1, 0.1, 1};
    const auto picked = maximal_marginal_relevance(relevance, similarity, 0.5, 3).value();
    ASSERT_EQ(picked.size(), 3);
    EXPECT_EQ(picked[0].item, 0);
    EXPECT_EQ(picked[1].item, 2);
    EXPECT_NEAR(picked[1].score, 0.5 * 0.6 - 0.5 * 0.1, 1e-15);
    EXPECT_NEAR(picked[2].score, 0.5 * 0.85 - 0.5 * 0.95, 1e-15);
}

TEST(MaximalMarginalRelevance, IsGreedyAndWithLambdaOneASort) {
    property([] {
        auto random = case_random();
        const std::size_t n = random.below(25);
        const auto relevance = normal_vector(random, n);
        const auto similarity = normal_vector(random, n * n);
        const std::size_t count = random.below(30);
        const auto sorted = maximal_marginal_relevance(relevance, similarity, 1, count).value();
        RC_ASSERT(sorted.size() == std::min(n, count));
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            RC_ASSERT(sorted[i - 1].score >= sorted[i].score);
        }
        const double lambda = random.uniform();
        const auto picked =
            maximal_marginal_relevance(relevance, similarity, lambda, count).value();
        std::vector<std::size_t> before;
        for (const auto& pick : picked) {  // by the definition, slowly
            for (std::size_t i = 0; i < n; ++i) {
                if (std::count(before.begin(), before.end(), i) > 0) {
                    continue;
                }
                double nearest = before.empty() ? 0 : -HUGE_VAL;
                for (const std::size_t j : before) {
                    nearest = std::max(nearest, similarity[i * n + j]);
                }
                RC_ASSERT(lambda * relevance[i] - (1 - lambda) * nearest <= pick.score + 1e-12);
            }
            before.push_back(pick.item);
        }
        RC_ASSERT(std::set<std::size_t>(before.begin(), before.end()).size() == before.size());
    });
}

TEST(Fusion, BadInputIsAnErrorValue) {
    EXPECT_EQ(reciprocal_rank_fusion(Rankings{{1}, {2, 2}}).error().where, "rankings[1]");
    EXPECT_EQ(reciprocal_rank_fusion(Rankings{}, -1).error().where, "k");
    const std::vector<double> two{1, 2};
    EXPECT_EQ(maximal_marginal_relevance(two, two, 0.5, 1).error().where, "similarity");
    EXPECT_EQ(maximal_marginal_relevance({}, {}, 1.5, 1).error().where, "lambda");
    EXPECT_EQ(maximal_marginal_relevance(std::vector<double>{std::nan("")}, std::vector<double>{1},
                                         0.5, 1)
                  .error()
                  .where,
              "relevance[0]");
}

}  // namespace
}  // namespace soma::math
